"""The runs: their stages, the curve of the loss, and the reports on the corpus and on the evaluation."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from malmoi.serve.http_errors import ApiError
from malmoi.studio import run_folder
from malmoi.studio.headers import REPORT_POLICY
from malmoi.studio.needs import CurvesNeed, RunNeed, RunsNeed

router = APIRouter(prefix="/api/runs")


@dataclass(frozen=True)
class RunList:
    """All runs of the studio's folder."""

    runs: tuple[run_folder.RunSummary, ...]


@router.get("")
def list_runs(runs: RunsNeed) -> RunList:
    """All runs, the one that finished a stage last first."""
    found = [run_folder.summary(runs / name) for name in run_folder.run_names(runs)]
    return RunList(tuple(sorted(found, key=lambda run: -(run.updated or 0))))


@router.get("/{run}")
def read_run(folder: RunNeed, curves: CurvesNeed) -> run_folder.RunDetail:
    """One run with what its manifests say."""
    return run_folder.detail(folder, curves.of(folder))


@router.get("/{run}/loss")
def loss(folder: RunNeed, curves: CurvesNeed, points: Annotated[int, Query(ge=10, le=2000)] = 400) -> run_folder.Loss:
    """The loss of each step, thinned out to `points`."""
    return run_folder.loss_curve(curves.of(folder), points)


@router.get("/{run}/report", response_class=RedirectResponse)
def report(folder: RunNeed) -> Response:  # noqa: ARG001  (a run that is not there is refused)
    """To the evaluation's report."""
    return RedirectResponse("report/report.html")


@router.get("/{run}/{stage}/report.html", response_class=HTMLResponse)
def report_of_stage(folder: RunNeed, stage: Literal["corpus", "report"]) -> Response:
    """The report of the corpus or of the evaluation, in a sandbox of its own.

    The addresses are as the files lie in the run's folder, so that the link from one to the other holds.
    """
    file = folder / stage / run_folder.REPORT_PAGE
    if not file.is_file():
        raise ApiError(404, f"{folder.name} has no report of its stage {stage} yet", "run", "report_not_finished")
    headers = {"Content-Security-Policy": REPORT_POLICY, "Cache-Control": "no-cache"}
    return FileResponse(file, media_type="text/html; charset=utf-8", headers=headers)
