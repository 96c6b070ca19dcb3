"""Answers as records: begun here, followed on one connection, found again, made again. Only a person ends one."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from malmoi.serve.http_errors import ApiError, bad
from malmoi.serve.http_schema import PlainTable, Strict
from malmoi.serve.http_stream import check_draining
from malmoi.serve.http_trace import Trace, trace_of
from malmoi.studio.answers import export, listing, store
from malmoi.studio.answers.live import Live, Place
from malmoi.studio.answers.making import Maker
from malmoi.studio.answers.open_answers import OpenAnswers
from malmoi.studio.answers.replies import AnswerDetail, AnswerEvent, AnswerList, Begun, Kind, compared
from malmoi.studio.answers.tables import RUNNING, HistoryRow
from malmoi.studio.needs import ServedNeed, StoreNeed

MAX_FOLLOWED = 128
_ID = r"^[0-9a-f]{32}$"
_PLACE = re.compile(r"[0-9]{1,12}\.[0-9]{1,12}")
AnswerId = Annotated[str, Path(pattern=_ID)]

router = APIRouter(prefix="/api")


class Source(Strict):
    """Where an answer was asked: a saved prompt and its version, or what was being written."""

    prompt: str | None = Field(default=None, max_length=80)
    version: int | None = Field(default=None, ge=1)
    draft: str | None = Field(default=None, max_length=80)
    column: int | None = Field(default=None, ge=0, le=64)


class AnswerBody(Strict):
    """What is asked. body: as /v1 takes it, or {card, inputs, decoding}."""

    kind: Kind
    body: PlainTable
    source: Source = Source()


def _open_answers(request: Request) -> OpenAnswers:
    """The answers under way. The application has one such object, for all of its readers and one writer."""
    return request.app.state.answers


def _maker(request: Request, served: ServedNeed) -> Maker:
    """What makes answers. It needs the model, so a studio without one says so (503) before anything else."""
    return Maker(request.app.state.shadows, served, request.app.state.cards)


def _wanted(
    q: Annotated[str, Query(max_length=200)] = "",
    kind: Kind | None = None,
    model: Annotated[str | None, Query(max_length=200)] = None,
    subject: Annotated[str | None, Query(max_length=80)] = None,
    since: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    trash: bool = False,
) -> listing.Wanted:
    """Which answers are asked for."""
    try:
        moment = None if since is None else datetime.fromisoformat(since)
    except ValueError:
        raise bad("from", f"from is {since!r}; expected a date, as 2026-11-30", "bad_date") from None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return listing.Wanted(q, kind, model, subject, moment, trash)


AnswersNeed = Annotated[OpenAnswers, Depends(_open_answers)]
MakerNeed = Annotated[Maker, Depends(_maker)]
WantedNeed = Annotated[listing.Wanted, Depends(_wanted)]


@router.post("/answers", status_code=201)
async def ask(body: AnswerBody, request: Request, answers: AnswersNeed, maker: MakerNeed, database: StoreNeed) -> Begun:
    """Begins an answer, which goes on whatever its reader does. What is wrong with the request is told at once."""
    return await _begin(request, answers, maker, database, body)


@router.post("/answers/{answer_id}/again", status_code=201)
async def make_again(
    answer_id: AnswerId, request: Request, answers: AnswersNeed, maker: MakerNeed, database: StoreNeed
) -> Begun:
    """Asks the same again with the same seed; the new answer says whether it is equal."""
    row = _found(await asyncio.to_thread(store.read, database, answer_id))
    if row.kind == "card":
        table = row.body | {"decoding": row.body.get("decoding", {}) | {"seed": row.seed}}
    else:
        table = row.body | {"seed": row.seed}
    body = AnswerBody.model_construct(kind=row.kind, body=table, source=Source(**row.source))
    return await _begin(request, answers, maker, database, body, again_of=row.id)


async def _begin(
    request: Request,
    answers: OpenAnswers,
    maker: Maker,
    database: StoreNeed,
    body: AnswerBody,
    again_of: str | None = None,
) -> Begun:
    """Takes a place, writes the row, and lets the answer go on by itself; in this order.

    A request that is refused leaves no row, and a row that cannot be written gives its place back: nothing is half
    begun. again_of: the answer that is made again. Raises ApiError for what can be told before the first token.
    """
    server = maker.shadows.models.server
    check_draining(server)
    answers.check_room()
    trace = Trace(trace_of(request).request_id, reply_id=store.new_id())
    making = await maker.begin(body.kind, body.body, trace)
    try:
        row = HistoryRow(
            id=trace.reply_id,
            at=store.now(),
            kind=body.kind,
            model=making.model,
            subject=making.subject or body.source.prompt,
            source=body.source.model_dump(exclude_none=True),
            asked=making.asked,
            state=RUNNING,
            seed=making.seed,
            prompt_tokens=making.prompt_tokens,
            answer_tokens=0,
            seconds=0.0,
            again_of=again_of,
            text="",
            body=body.body,
            told={},
        )
        await asyncio.to_thread(store.insert, database, row)
    except BaseException:
        making.place.release()
        raise
    answers.begin(Live(trace.reply_id, making.prompt_tokens), making, trace, server, request.scope)
    return Begun(id=trace.reply_id)


class EventsOfAnswers(StreamingResponse):
    """A connection that follows answers. The end of the server ends it as a whole reply: no answer is lost by that."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the stream."""
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:  # its time for streams is over (malmoi/serve/server.py)
            await send({"type": "http.response.body", "body": b"", "more_body": False})


@router.get("/events", response_class=EventsOfAnswers, responses={200: {"model": AnswerEvent}})
async def follow(
    answers: AnswersNeed,
    wanted: Annotated[str, Query(alias="answers", max_length=33 * MAX_FOLLOWED)],
    last_event_id: Annotated[str | None, Header(max_length=24 * MAX_FOLLOWED)] = None,
) -> EventsOfAnswers:
    """Follows answers on one connection. Last-Event-ID: the places that the reader has come to, as in the ids."""
    ids = wanted.split(",")
    if len(ids) > MAX_FOLLOWED or len(set(ids)) < len(ids) or not all(re.fullmatch(_ID, one) for one in ids):
        raise bad("answers", f"answers must be up to {MAX_FOLLOWED} different ids with commas between them")
    places = _places(last_event_id, len(ids))
    answers.check_readers()
    events = answers.follow(dict(zip(ids, places, strict=True)))
    shown = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventsOfAnswers(events, media_type="text/event-stream", headers=shown)


def _places(text: str | None, number: int) -> list[Place]:
    """How far a reader has come in each of the answers, from the last event's id; without one, their beginnings.

    Raises ApiError (400) for an id of another form, or of another number of answers.
    """
    if not text:
        return [Place() for _ in range(number)]
    parts = [part.partition(".") for part in text.split(",")]
    if len(parts) != number or not all(map(_PLACE.fullmatch, text.split(","))):
        raise bad("Last-Event-ID", f"Last-Event-ID must have a place, as 120.7, for each of the {number} answers")
    return [Place(int(one), int(two)) for one, _, two in parts]


@router.post("/answers/{answer_id}/stop", status_code=204)
async def stop(answer_id: AnswerId, answers: AnswersNeed) -> None:
    """Ends an answer; what it has stays. One that is over already stays as it is."""
    await answers.stop(answer_id)


@router.get("/answers")
def list_answers(
    answers: AnswersNeed,
    database: StoreNeed,
    wanted: WantedNeed,
    after: Annotated[str | None, Query(pattern=_ID)] = None,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AnswerList:
    """A page of answers, newest first."""
    found = listing.page(database, wanted, after, size)
    for line in found.answers:
        if (live := answers.live(line["id"])) is not None:
            begun = {"answer_tokens": live.num_tokens, "seconds": live.seconds}
            line |= (live.end or begun) | {"text": live.text()[: listing.EXCERPT]}
    return AnswerList.model_validate(vars(found))


@router.get("/answers/export", response_class=PlainTextResponse)
def export_answers(
    database: StoreNeed,
    wanted: WantedNeed,
    form: Annotated[Literal["txt", "md", "jsonl", "csv"], Query(alias="format")],
    ids: Annotated[str, Query(max_length=33 * 500)] = "",
    language: Literal["ko", "en"] = "ko",
) -> StreamingResponse:
    """Answers as a file, written while it is read: those of `ids`, or all that are found."""
    chosen = tuple(ids.split(",")) if ids else ()
    if not all(re.fullmatch(_ID, one) for one in chosen):
        raise bad("ids", "ids must be ids of answers with commas between them")
    wanted = listing.Wanted(ids=chosen) if chosen else wanted
    lines: Iterator[str] = export.lines(listing.whole(database, wanted), form, language)
    name = f"malmoi-{datetime.now(UTC):%Y%m%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type=export.TYPES[form], headers=headers)


@router.get("/answers/{answer_id}")
def read_answer(answer_id: AnswerId, answers: AnswersNeed, database: StoreNeed) -> AnswerDetail:
    """One answer, whole; of one under way, what has come so far."""
    live = answers.live(answer_id)
    row = _found(store.read(database, answer_id))
    table: dict[str, Any] = {name: getattr(row, name) for name in HistoryRow.__table__.columns.keys()}  # noqa: SIM118
    if live is not None:
        table |= {"text": live.text(), "tokens": list(live.tokens) or None, "told": live.told, "seconds": live.seconds}
        table |= live.end or {"answer_tokens": live.num_tokens}
    first = None if row.again_of is None else store.twin(database, row.again_of)
    again = None if table["state"] == RUNNING else compared(table["text"], table["result"], first)
    table |= {"seed": str(row.seed), "made_with": store.made_with(database, answer_id), "again": again}
    return AnswerDetail.model_validate(table)


@router.delete("/answers/{answer_id}", status_code=204)
def throw_away(answer_id: AnswerId, database: StoreNeed) -> None:
    """Puts an answer in the trash, where it stays for 30 days."""
    _marked(database, answer_id, store.now())


@router.post("/answers/{answer_id}/restore", status_code=204)
def bring_back(answer_id: AnswerId, database: StoreNeed) -> None:
    """Takes an answer out of the trash."""
    _marked(database, answer_id, None)


def _marked(database: StoreNeed, answer_id: str, deleted: str | None) -> None:
    """Puts an answer in the trash, or out of it with None. Raises ApiError: 404 for none, 409 for one under way."""
    if not store.mark(database, answer_id, deleted):
        _found(store.read(database, answer_id))
        raise ApiError(409, "the answer is being made", "answer_id", "answer_running")


def _found(row: HistoryRow | None) -> HistoryRow:
    """The answer; ApiError 404 where there is none, whether it was erased or never was."""
    if row is None:
        raise ApiError(404, "there is no such answer", "answer_id", "answer_not_found")
    return row
