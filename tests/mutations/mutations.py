"""The list of mutations: one line switched off in a place that matters, and the tests that must notice it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("mutations.toml")


@dataclass(frozen=True)
class Mutation:
    """`before`, a piece of the file that stands in it once, becomes `after`. tests: pytest ids. why: what it breaks."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    why: str


def read_mutations() -> list[Mutation]:
    """All mutations, in the order of the list."""
    table = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return [Mutation(**{**entry, "tests": tuple(entry["tests"])}) for entry in table["mutation"]]


def mutated(mutation: Mutation, root: Path = ROOT) -> str:
    """The content of the file below `root` with the mutation made. Raises ValueError where `before` fits not once."""
    content = (root / mutation.file).read_text(encoding="utf-8")
    times = content.count(mutation.before)
    if times != 1:
        raise ValueError(f"{mutation.name}: `before` stands {times} times in {mutation.file}, not once: mend the list")
    return content.replace(mutation.before, mutation.after)
