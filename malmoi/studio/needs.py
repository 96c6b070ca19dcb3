"""What routes ask for: the model, the store, one run. Whether it is there is checked here, once.

A route names a need as the type of a parameter (`folder: RunNeed`) and gets the thing itself, or the request ends with
an error that a person can read.
"""

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from malmoi.cards.card import Card
from malmoi.kit.run import CORPUS
from malmoi.serve.http_errors import ApiError
from malmoi.serve.served import Served
from malmoi.studio import run_folder
from malmoi.studio.roles import Person


def _served(request: Request) -> Served:
    """The model, which a studio may have been opened without."""
    served = request.app.state.served
    if served is None:
        raise no_model()
    return served


def no_model() -> ApiError:
    """Nothing is served in this studio."""
    message = "this studio was opened without a model: malmoi studio --model DIR"
    return ApiError(503, message, code="no_model")


def _person(request: Request) -> Person | None:
    """Who asks: ALONE in a studio without accounts, None for nobody (on the routes that are open to all)."""
    return request.state.person


def _store(request: Request) -> Engine:
    """The database of the studio. A route opens a session of its own on it, as short as can be."""
    return request.app.state.store


def _runs(request: Request) -> Path:
    """The folder of all runs."""
    return request.app.state.runs


def _curves(request: Request) -> run_folder.Curves:
    """The curves that were read before, so that each request reads only the steps that are new."""
    return request.app.state.curves


def _run(run: str, request: Request) -> Path:
    """The folder of a run. Only names that a listing gave are taken, so a name can never lead out of the folder."""
    runs = request.app.state.runs
    if run not in run_folder.run_names(runs):
        raise ApiError(404, f"there is no run {run[:80]!r}", "run", "run_not_found", params={"run": run[:80]})
    return runs / run


def _corpus(run: Annotated[Path, Depends(_run)]) -> Path:
    """The corpus of a run, once it has its manifest: half a ledger would show half the truth."""
    corpus = run / CORPUS
    if not (corpus / "manifest.json").is_file():
        raise ApiError(404, f"the corpus of {run.name} is not finished", "run", "corpus_not_finished")
    return corpus


def _card(card_id: str, request: Request) -> Card:
    """A card of the library. Raises ApiError 404 with its name, cut, for it may be as long as an address."""
    card = request.app.state.cards.get(card_id)
    if card is None:
        message, params = f"there is no card {card_id[:80]!r}", {"card": card_id[:80]}
        raise ApiError(404, message, "card_id", "card_not_found", params=params)
    return card


ServedNeed = Annotated[Served, Depends(_served)]
PersonNeed = Annotated[Person | None, Depends(_person)]
StoreNeed = Annotated[Engine, Depends(_store)]
RunsNeed = Annotated[Path, Depends(_runs)]
CurvesNeed = Annotated[run_folder.Curves, Depends(_curves)]
RunNeed = Annotated[Path, Depends(_run)]
CorpusNeed = Annotated[Path, Depends(_corpus)]
CardNeed = Annotated[Card, Depends(_card)]
