"""An erasure that is under way: its plan, in the corpus that was asked, and a word of it in every other it changes.

The plan says all that is to be done, and no name in clear. It is there from the first change to the last one, so that
an erasure that was killed can be finished without its words, and nothing is made of what is half erased.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from malmoi.kit.errors import GIVE_UP, UserError
from malmoi.kit.files import read_json, remove, write_json
from malmoi.kit.paths import to_path

PLAN = "erasing.json"
Plan = dict[str, Any]
"""corpora: what is to be done in each (`path`, and the rest as corpus/erase.py has it). request: random, its own."""


def begin(owner: Path, plan: Plan) -> None:
    """Writes the plan. From now on it is to be carried out, whatever happens: the word in other corpora comes first,
    and counts for nothing without the plan."""
    for corpus in _others(owner, plan):
        write_json(corpus / PLAN, {"owner": str(owner.absolute()), "request": plan["request"]})
    write_json(owner / PLAN, plan)


def end(owner: Path, plan: Plan) -> None:
    """Removes the plan, and then the word in other corpora, which counts for nothing without it."""
    for corpus in (owner, *_others(owner, plan)):
        remove(corpus / PLAN)


def find(corpus: Path) -> tuple[Path, Plan] | None:
    """The corpus with the plan of an erasure that is under way in `corpus`, or was killed there, and the plan."""
    found = read_json(corpus / PLAN)
    if found is None or "corpora" in found:
        return found and (corpus, found)
    owner = to_path(found.get("owner", ""))
    plan = read_json(owner / PLAN) or {}
    return (owner, plan) if plan.get("request", "") == found.get("request") else None


def require_none(*corpora: Path) -> None:
    """Raises UserError (93) where an erasure of any of the corpora is not finished: what is made of it would bring
    back what is to go."""
    for corpus in corpora:
        if found := find(corpus):
            hint = f"finish it: malmoi corpus erase {found[0]}"
            raise UserError(f"an erasure of {corpus} is not finished", hint=hint, code=GIVE_UP)


def _others(owner: Path, plan: Plan) -> Iterator[Path]:
    paths = (to_path(one["path"]) for one in plan["corpora"])
    yield from (path for path in paths if path.absolute() != owner.absolute())
