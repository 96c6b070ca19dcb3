"""The report of a run as one HTML page: what page.html shows, prepared from the findings (findings.py)."""

import time
from pathlib import Path
from typing import Any

from malmoi.corpus.report.labels import KINDS
from malmoi.kit.page import number, render
from malmoi.kit.plots import curve

TEMPLATE = Path(__file__).with_name("page.html")

Findings = dict[str, Any]
"""What malmoi/evaluate/findings.py gathers, or a part of it. Numbers may be None: a stage may have been cut short."""


def page(findings: Findings) -> str:
    """The whole page."""
    evaluate = findings["evaluate"] or {"total": {}, "by_kind": {}}
    total = evaluate["total"]
    rates = [rate for row in evaluate["by_kind"].values() for rate in row["bits_per_byte"].values()]
    prepared = {
        "written": time.strftime("%Y-%m-%d %H:%M", time.localtime(findings["written_at"])),
        "others": [f"{name} {number(total[name], 3)}" for name in total if name != "model"],
        "highest": max(rates, default=0),
        "loss": _loss((findings["train"] or {}).get("steps", [])),
    }
    return render(TEMPLATE, **findings, **prepared, KINDS=KINDS)


def _loss(steps: list[Findings]) -> Findings | None:
    """The curve; a loss that is not a number is a gap in the line, not an error here."""
    return curve(
        [(step["step"], step["loss"], _title(step)) for step in steps if isinstance(step["loss"], (int, float))]
    )


def _title(step: Findings) -> str:
    """What the pointer shows over a point of the curve."""
    rate, norm = step.get("learning_rate"), step.get("gradient_norm")
    extra = [f"lr {rate:.3g}" if isinstance(rate, float) else "", f"grad {norm:.3g}" if isinstance(norm, float) else ""]
    return " · ".join([f"step {step['step']:,}", f"loss {step['loss']:.4f}", *filter(None, extra)])
