"""`malmoi corpus build | show | why | sample`: build a corpus and ask it questions."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SHOWN_SOURCES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verbs of the room."""
    verbs = parser.add_subparsers(title="verbs", metavar="<verb>", required=True)
    _add_build(verbs)
    show = verbs.add_parser("show", help="what was read, kept and dropped")
    show.add_argument("folder", type=Path, help="the folder of a corpus")
    show.add_argument("--truth", type=Path, help="a truth file: also print how much of what was planted was found")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(action=_show)
    why = verbs.add_parser("why", help="every judgement on one document, kept or not")
    why.add_argument("folder", type=Path, help="the folder of a corpus")
    why.add_argument("id", help="the id of a document")
    why.add_argument("--json", action="store_true", help="print JSON")
    why.set_defaults(action=_why)
    sample = verbs.add_parser("sample", help="some of the documents that were dropped for a reason")
    sample.add_argument("folder", type=Path, help="the folder of a corpus")
    sample.add_argument("--dropped-by", required=True, metavar="REASON", help="too_short, near_duplicate, ...")
    sample.add_argument("--count", type=int, default=5, help="how many (default 5)")
    sample.add_argument("--seed", type=int, default=0, help="another seed shows others")
    sample.add_argument("--json", action="store_true", help="one JSON object a line")
    sample.set_defaults(action=_sample)


def _add_build(verbs: Any) -> None:
    from malmoi.cli.recipe import add_recipe_arguments

    build = verbs.add_parser("build", help="raw files to shards and a ledger")
    add_recipe_arguments(build)
    build.set_defaults(action=_build)


# Rooms are imported inside the actions: `malmoi corpus --help` must not wait for pyarrow, numba and DuckDB.
def _build(arguments: argparse.Namespace) -> int:
    """Data (the counts) goes to stdout, the bar to stderr; a finished corpus is only shown."""
    from malmoi.cli.progress import bar
    from malmoi.cli.recipe import load
    from malmoi.corpus import run_local

    run = load(arguments)
    if arguments.dry_run:
        _print_plan(run_local.describe(run.corpus), arguments.json)
        return 0
    with bar("corpus") as progress:
        counts = run_local.build(run.corpus, run.folder / "corpus", progress)
    _print_counts(counts, arguments.json)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from malmoi.corpus import report

    counts = report.numbers(arguments.folder)
    if arguments.truth is not None:
        counts = {**counts, "truth": report.measure(arguments.folder, arguments.truth)}
    _print_counts(counts, arguments.json)
    return 0


def _why(arguments: argparse.Namespace) -> int:
    from malmoi.corpus import report

    trails = report.explain(arguments.folder, arguments.id)
    if arguments.json:
        print(json.dumps(trails, ensure_ascii=False, indent=1))
        return 0
    for trail in trails:
        _print_trail(trail)
    return 0


def _sample(arguments: argparse.Namespace) -> int:
    from malmoi.corpus import report
    from malmoi.kit.errors import UserError

    for name, value, least in (("--count", arguments.count, 1), ("--seed", arguments.seed, 0)):
        if not least <= value < 2**31:
            raise UserError(f"{name} {value}", f"{least} to {2**31 - 1}")
    for row in report.sample(arguments.folder, arguments.dropped_by, arguments.count, arguments.seed):
        if arguments.json:
            print(json.dumps(row, ensure_ascii=False))
            continue
        print(f"== {row['id'] or '(unreadable)'}  {_where(row)}  {', '.join(row['reasons'])}")
        print(*[_harmless(line) for line in (row["title"], row["detail"], row["text"]) if line], sep="\n", end="\n\n")
    return 0


def _where(row: dict[str, Any]) -> str:
    return _harmless(f"{row['input']}: {row['origin']['file']}@{row['origin']['offset']}")


def _harmless(text: str) -> str:
    """Without what a terminal would obey: names in archives and broken texts may hold any control character."""
    return "".join(
        sign if sign in "\n\t" or (sign >= " " and not "\x7f" <= sign <= "\x9f") else repr(sign)[1:-1] for sign in text
    )


def _print_plan(plan: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(plan, ensure_ascii=False, indent=1))
        return
    for source in plan["inputs"]:
        print(f"{source['input']:<24} {source['files']:>8,} files {source['bytes']:>15,} bytes")
    print(f"{plan['units']} units, {plan['processes']} processes; reasons: {', '.join(plan['reasons'])}")


def _print_counts(counts: dict[str, Any], as_json: bool) -> None:
    """The counts of a manifest for people, or as they are."""
    if as_json:
        print(json.dumps(counts, ensure_ascii=False, indent=1))
        return
    kept, dropped = counts["documents_kept"], counts["documents_dropped"]
    print(f"documents in {counts['documents_in']:,} = kept {kept:,} + dropped {dropped:,}")
    text_in, text_kept = counts["text_bytes_in"], counts["text_bytes_kept"]
    print(f"bytes: {counts['raw_bytes_in']:,} raw, {text_in:,} of text, {text_kept:,} kept")
    print(
        f"clusters of near copies: {counts['near_duplicate_clusters']:,}, the largest of {counts['largest_cluster']:,}"
    )
    _print_table("dropped by reason", counts["dropped_by_reason"].items())
    _print_table("masked", counts["masked"].items())
    _print_table("kept by kind", _shares(counts["by_kind"]))
    _print_table(f"kept by source (the {SHOWN_SOURCES} that gave most)", _shares(counts["by_source"])[:SHOWN_SOURCES])
    if "truth" in counts:
        _print_truth(counts["truth"])


def _shares(groups: dict[str, Any]) -> list[tuple[str, str]]:
    largest = sorted(groups.items(), key=lambda item: (-item[1]["documents_in"], item[0]))
    return [
        (name, f"{group['documents']:>8,} of {group['documents_in']:>8,} {group['text_bytes']:>14,} bytes")
        for name, group in largest
    ]


def _print_truth(truth: dict[str, Any]) -> None:
    """Found of planted, a line for each fault; for clean documents, lost of all."""
    named = ("exact_duplicates", "near_duplicates", "near_duplicates_jaccard_0.8", "personal_data", "clean_dropped")
    rows = [(name, truth[name]) for name in named]
    rows += [(f"  {name}", share) for name, share in truth["personal_data"]["by_type"].items()]
    rows += [("masked without cause", truth["personal_data"]["false_alarm_documents"])]
    rows += [(f"dropped: {name}", share) for name, share in truth["dropped_by_plant"].items()]
    shown = ((name, f"{share['found']:>6} of {share['of']:>6}  {_percent(share['share'])}") for name, share in rows)
    _print_table(f"against the truth ({truth['planted']} documents, {truth['not_in_corpus']} not in the corpus)", shown)
    if truth["clean_dropped_ids"]:
        print(f"  clean documents that were dropped: {' '.join(truth['clean_dropped_ids'])}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _print_table(title: str, rows: Iterable[tuple[str, Any]]) -> None:
    print(f"{title}:")
    for name, value in rows:
        print(f"  {name:<32} {value:>12,}" if isinstance(value, int) else f"  {name:<32} {value}")


def _print_trail(trail: dict[str, Any]) -> None:
    """One document: where it came from, what became of it, and a line for each rule with score and limit."""
    verdict = "kept" if trail["kept"] else f"dropped: {', '.join(trail['reasons'])}"
    source = trail["source"] or {}
    print(f"{trail['id']}  {verdict}")
    print(
        f"  {_where(trail)}, {source.get('kind')}, {source.get('name') or '-'}, {trail['text_bytes']:,} bytes of text"
    )
    for line in (trail["title"], trail["detail"]):
        if line:
            print(f"  {_harmless(line)}")
    if trail["cluster"]:
        print(f"  one of {trail['cluster_size']} copies; the best is {trail['cluster']}")
    masked = ", ".join(f"{number} {name}" for name, number in trail["masked"].items() if number)
    print(f"  masked: {masked or 'nothing'}")
    for judgement in trail["judgements"]:
        value = "-" if judgement["value"] is None else f"{judgement['value']:.4g}"
        mark = "DROP" if judgement["dropped"] else "ok"
        limit = f"{judgement['bound']} {judgement['limit']:g}"
        print(f"  {mark:<4} {judgement['reason']:<16} {judgement['score']:<26} {value:>10}  {limit}")
