"""`malmoi sample`: raw files with planted faults, and their truth."""

import argparse
import sys
from pathlib import Path

from malmoi.cli.arguments import add_verb, verbs_of
from malmoi.kit.paths import to_local_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs of the room."""
    verbs = verbs_of(parser)
    build = add_verb(verbs, "build", "make samples/raw and samples/truth.jsonl from samples/written", _build)
    build.add_argument("samples", type=to_local_path, help="the folder that holds written/")
    build.add_argument("--check", action="store_true", help="change nothing; fail where the files are not up to date")
    grow = add_verb(verbs, "grow", "make any number of raw documents (HTML, JSONL, WARC) with their truth", _grow)
    grow.add_argument("--documents", type=int, required=True, metavar="N")
    grow.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same bytes")
    grow.add_argument("--out", type=to_local_path, default=Path("grown"), metavar="DIR", help="a new folder (grown)")


def _build(arguments: argparse.Namespace) -> int:
    from malmoi.sample import build

    changed = build.differences(arguments.samples) if arguments.check else []
    if not arguments.check:
        records = build.build(arguments.samples)
        print(f"{len(records)} documents in {arguments.samples / 'raw'}", file=sys.stderr)
    elif changed:
        print(f"not up to date: {', '.join(changed[:5])}; run malmoi sample build {arguments.samples}", file=sys.stderr)
    return 1 if changed else 0


def _grow(arguments: argparse.Namespace) -> None:
    from malmoi.cli.progress import bar
    from malmoi.sample.grow import grow

    with bar("documents") as progress:
        grow(arguments.out, arguments.documents, arguments.seed, progress)
    print(arguments.out)
