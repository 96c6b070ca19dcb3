"""Makes every recorded answer again, one at a time and several together, with the engine that made it.

    python benchmarks/serve_replay.py RECORDS MODEL_DIR [--together 8] [--threads 1]

RECORDS is the file that `malmoi serve --records FILE --record-policy whole` has written. For each engine of the records
the share of equal answers is printed, and each difference: its first other token and how much likelier (nats, by torch
on the same weights) the model finds the new one than the old one. Exit code 1 where torch in float32 gives another
answer, or OpenVINO fewer than 95 % equal ones. Answers of other weights, and those of other engines, are told and left.
"""

import argparse
import asyncio
import dataclasses
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from malmoi.serve.engine import Engine
from malmoi.serve.engine_choice import same_engine
from malmoi.serve.open_engine import opened
from malmoi.serve.records.answers import request_of
from malmoi.serve.records.database import open_database
from malmoi.serve.records.replay import Replayed, replay
from malmoi.serve.records.tables import AnswerRow
from malmoi.serve.settings import ServeSettings
from malmoi.tokenizer.codec import Codec

LEAST_EQUAL = {"torch": 1.0, "openvino": 0.95}


def main() -> int:
    """Prints the shares and the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--together", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    by_engine: dict[str, list[AnswerRow]] = defaultdict(list)
    for row in rows(given.records):
        by_engine[row.made_with["engine"]].append(row)
    shares = [_replay_all(engine, found, given) for engine, found in sorted(by_engine.items())]
    print(f"{sum(len(found) for found in by_engine.values())} answers, {shares.count(False)} engines below their bar")
    return int(False in shares or not shares)


def rows(records: Path) -> list[AnswerRow]:
    """All answers that can be made again."""
    with Session(open_database(records)) as session:
        found = session.scalars(select(AnswerRow).where(AnswerRow.policy == "whole")).all()
        session.expunge_all()
        return list(found)


def _replay_all(name: str, found: list[AnswerRow], given: argparse.Namespace) -> bool:
    """Both ways with one engine; whether it reached its bar."""
    kind = name.split(maxsplit=1)[0]
    if kind not in LEAST_EQUAL:
        print(f"{name}: {len(found)} answers left")
        return True
    settings = ServeSettings(threads=given.threads, device="cpu")
    settings = dataclasses.replace(same_engine(name, settings), slots=given.together)
    with opened(given.model, settings) as (engine, codec):
        ways = {
            way: asyncio.run(_replayed(engine, codec, found, count))
            for way, count in (("alone", 1), (f"{given.together} together", given.together))
        }
    good = True
    for way, made in ways.items():
        share = sum(each.is_equal for each in made) / len(made)
        good = good and share >= LEAST_EQUAL[kind]
        print(f"{name}, {way}: {share:.4f} of {len(made)} answers equal (wanted {LEAST_EQUAL[kind]:g})")
        for each in made:
            if not each.is_equal:
                told = "unknown" if each.gap is None else f"{each.gap:+.6f} nats"
                print(f"  {each.id} token {each.first_difference}: {each.was!r} is now {each.now!r}, {told}")
    return good


async def _replayed(engine: Engine, codec: Codec, found: Sequence[AnswerRow], count: int) -> list[Replayed]:
    """All answers, `count` at a time, the gaps of those that differ measured."""
    limit = asyncio.Semaphore(count)

    async def one(row: AnswerRow) -> Replayed:
        async with limit:
            return await replay(engine, codec, row)

    made = await asyncio.gather(*(one(row) for row in found))
    return [
        each if each.is_equal else await _with_gap(engine, codec, row, each)
        for row, each in zip(found, made, strict=True)
    ]


async def _with_gap(engine: Engine, codec: Codec, row: AnswerRow, made: Replayed) -> Replayed:
    """A difference with its gap: what the new token has more than the old one after the same beginning."""
    place, was = made.first_difference, row.answer_ids or []
    if made.gap is not None or place is None or place >= len(was) or made.now is None:
        return made
    request, _ = request_of(row)
    new = codec.encode(made.now)
    prefix = [*request.prompt_ids, *was[:place]]
    if len(new) != 1 or not prefix:
        return made
    [[old], [now]] = await engine.score_many(prefix, [[was[place]], new])
    return dataclasses.replace(made, gap=(now.logprob or 0.0) - (old.logprob or 0.0))


if __name__ == "__main__":
    sys.exit(main())
