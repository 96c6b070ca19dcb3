"""Writes report/report.html and report/report.json of a run from whatever stages its folder holds."""

import json
import math
from pathlib import Path
from typing import Any

from malmoi.evaluate.findings import gather
from malmoi.evaluate.page import page
from malmoi.kit.files import write_text
from malmoi.kit.run import REPORT

HTML, JSON = "report.html", "report.json"


def write_report(folder: Path) -> Path:
    """Writes both files for the run in `folder` and returns the page's path. Raises UserError where there is no run."""
    findings = finite(gather(folder))
    out = folder / REPORT
    write_text(out / JSON, json.dumps(findings, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    write_text(out / HTML, page(findings))
    return out / HTML


def finite(value: Any) -> Any:
    """`value` with null for each number that JSON cannot write: a loss that is not a number is still a finding."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
