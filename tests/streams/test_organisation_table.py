"""The table of organisations when it is recovered: records are joined, others' are forgotten."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from faust.types import TP

from infra.kafka import murmur2_partition
from streams.app import make_app
from streams.organisation_table import OrganisationTable

CHANGELOG = "test-streams-known-changelog"


def _joined(earlier: bytes, later: bytes) -> bytes:
    return bytes(sorted({*earlier, *later}))


@pytest.fixture
def table(tmp_path: Path) -> OrganisationTable:
    app = make_app(
        "127.0.0.1:1", "test", partitions=4, data_folder=tmp_path, clock=lambda: datetime.now(UTC)
    )
    return OrganisationTable(app, "known", partitions=4, join=_joined)


def _recover(table: OrganisationTable, *records: tuple[bytes, bytes | None]) -> None:
    batch = [
        SimpleNamespace(key=key, value=value, message=SimpleNamespace(value=value))
        for key, value in records
    ]
    table.apply_changelog_batch(batch)  # type: ignore[arg-type]  # as much of an event as it reads


def test_a_last_record_that_knows_less_is_joined_and_written_again(
    table: OrganisationTable,
) -> None:
    """A worker that had lost the partition wrote it; one that knows more is taken as it is."""
    _recover(table, (b"k", b"a"), (b"k", b"ab"), (b"m", b"ab"), (b"m", b"ac"))
    assert dict(table.held) == {b"k": b"ab", b"m": b"abc"}
    assert table.mended == {b"m"}


def test_a_record_without_a_value_empties_its_key(table: OrganisationTable) -> None:
    """What comes after it begins anew."""
    _recover(table, (b"k", b"a"), (b"k", None))
    assert not table.held
    _recover(table, (b"k", b"b"))
    assert dict(table.held) == {b"k": b"b"}


def test_organisations_of_other_workers_are_forgotten_after_a_rebalance(
    table: OrganisationTable,
) -> None:
    """They are read anew when their partition comes back, so nothing old is left among them."""
    keys = [b"key-%d" % number for number in range(40)]
    _recover(table, *((key, b"a") for key in keys), *((key, b"b") for key in keys))
    asyncio.run(table.data.on_recovery_completed({TP(CHANGELOG, 2)}, set()))
    mine = {key for key in keys if murmur2_partition(key, 4) == 2}
    assert mine
    assert set(table.held) == table.mended == mine
