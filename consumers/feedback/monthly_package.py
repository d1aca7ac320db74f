"""What the credit office sends up for a month: cases, reports, and a manifest with their digests.

Nothing in it depends on when it was made, so the same topics give the same bytes.
"""

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping

from consumers.feedback.assessment.content import Told, assessment
from consumers.feedback.assessment.html_page import html_bytes
from consumers.feedback.case_table import case_table, csv_bytes, xlsx_bytes
from consumers.feedback.mapping import UNION
from consumers.feedback.told_cases import ToldCases
from schemas.feedback import Feedback
from streams.rules.catalogue import Catalogue

MANIFEST = "manifest.json"
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold


def package_files(
    cases: ToldCases, reports: Told, messages: Iterable[Feedback], catalogue: Catalogue
) -> Mapping[str, bytes]:
    """Return the files of the package by name; the manifest is the last and names the others.

    *messages*: those in which *reports* came.
    """
    table = case_table(UNION, cases.cases)
    lines = [each.model_dump_json(by_alias=True, exclude_unset=True) + "\n" for each in messages]
    files = {
        "cases.csv": csv_bytes(table),
        "cases.xlsx": xlsx_bytes(table),
        "report.html": html_bytes(assessment(reports, catalogue)),
        "reports.jsonl": "".join(lines).encode(),
    }
    return files | {MANIFEST: _manifest(files, cases, reports, catalogue)}


def _manifest(
    files: Mapping[str, bytes], cases: ToldCases, reports: Told, catalogue: Catalogue
) -> bytes:
    span, counts = reports.span, reports.city.counts
    handled = Counter(case.handle_type or "unanswered" for case in cases.cases)
    told = {
        "period": span.period,
        "from": span.first.isoformat(),
        "until": span.end.isoformat(),
        "cases": len(cases.cases),
        "corrections": sum(bool(case.correction_of) for case in cases.cases),
        "by_handle_type": dict(sorted(handled.items())),
        "receipts_in_no_case": cases.findings,
        "reports": {each.department: each.revision for each in reports.reports()},
        "nil_departments": counts.nil_departments,
        "reconciled": all(each.reconciled.agrees for each in reports.reports()),
        "catalogue_version": catalogue.version,
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        ],
    }
    return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()


def zip_bytes(folder: str, files: Mapping[str, bytes]) -> bytes:
    """Return *files* as a zip with fixed times, all in *folder*."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            part = zipfile.ZipInfo(f"{folder}/{name}", _ZIP_DAY)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.create_system = 3  # Unix, on whatever machine: the byte stands in the file
            part.external_attr = 0o644 << 16
            target.writestr(part, content)
    return raw.getvalue()
