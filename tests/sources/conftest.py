"""What the tests of `sources` share: shipped formats, the demo's moment, an embedded broker."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir
from infra.embedded import EmbeddedServices
from infra.kafka import admin_config
from schemas.topics import LISTS, events_topic
from sources.demo_day.calendar_day import NOW
from sources.file_format import FileFormat
from sources.format_folder import read_formats
from streams.rules.catalogue import Catalogue, build_catalogue

PARTITIONS = 4
DEPARTMENT = "11210500105000330M"
COMPANY, OTHER = "91210500MA0BX0015F", "93210521MA0BX0031C"
SHOP = "92210502MA0BX00234"


def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def formats() -> dict[str, FileFormat]:
    return read_formats(data_dir("formats"))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return build_catalogue(read_catalogue(data_dir("catalogue")))


@pytest.fixture(scope="package")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServices]:
    with EmbeddedServices(tmp_path_factory.mktemp("services")) as running:
        names = [LISTS, *(events_topic(f) for f in ("approval", "bidding", "subsidy"))]
        admin = AdminClient(admin_config(running.kafka))
        for made in admin.create_topics([NewTopic(n, PARTITIONS, 1) for n in names]).values():
            made.result()
        yield running


CASE_HEADER = (
    "办件编号,事项编码,事项名称,申请人类型,申请人名称,统一社会信用代码,实施主体编码,"
    "办件状态,申请时间,受理时间,备注"
)


def case_row(number: str = "BJ1", uscc: str = COMPANY, kind: str = "法人", remark: str = "") -> str:
    return (
        f"{number},bx-sj-001,食品经营许可,{kind},本溪示例公司,{uscc},{DEPARTMENT},已受理,"
        f"2026-06-16 08:00:00,2026-06-16 09:30:00,{remark}"
    )


@pytest.fixture
def case_file(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: str, name: str = "cases.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes("\r\n".join([CASE_HEADER, *rows, ""]).encode(encoding))
        return path

    return write
