"""`malmoi corpus show | why | sample | diff | report | views`: questions to a finished corpus."""

import argparse
import math
import sys
import unicodedata
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from malmoi.cli.arguments import JSON, JSON_LINES, add_verb
from malmoi.cli.terminal import figures, harmless, show, table
from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_path

SHOWN_SOURCES = 20
MOST = 2**31


def add_verbs(verbs: Any) -> None:
    """Adds the verbs to the room's."""
    asked = corpus_verb(verbs, "show", "what was read, kept and dropped", _show)
    asked.add_argument("--truth", type=to_path, help="a truth file: also print how much of what was planted was found")
    asked = corpus_verb(verbs, "why", "every judgement on one item, kept or not, readable or not", _why)
    asked.add_argument("what", help="an id, an address, a file as it was read, or a title")
    purpose = "some of the documents that were dropped for a reason, or kept, or of a site, source or kind"
    asked = corpus_verb(verbs, "sample", purpose, _sample, JSON_LINES)
    asked.add_argument("--site", metavar="HOST", help="of this site and its subdomains")
    asked.add_argument("--source", metavar="NAME", help="of the source of this name")
    asked.add_argument("--kind", help="of this kind: news, blog, web, ...")
    asked.add_argument("--characters", type=int, default=600, help="of each text (default 600)")
    which = asked.add_mutually_exclusive_group()
    which.add_argument("--dropped-by", metavar="REASON", help="too_short, near_duplicate, ...")
    which.add_argument("--kept", action="store_true", help="documents that were kept")
    asked.add_argument("--count", type=int, default=5, help="how many (default 5)")
    asked.add_argument("--seed", type=int, default=0, help="another seed shows others")
    asked = add_verb(verbs, "diff", "what another recipe adds and drops, by reason, with samples", _diff, JSON)
    asked.add_argument("before", type=to_path, help="the folder of a corpus")
    asked.add_argument("after", type=to_path, help="the folder of another one")
    asked.add_argument("--samples", type=int, default=3, help="how many documents of each change (default 3)")
    purpose = "what would come in and what would go with other limits, from the ledger, without a build"
    asked = corpus_verb(verbs, "whatif", purpose, _whatif)
    told = "a score or a reason; may be repeated"
    asked.add_argument("--limit", action="append", required=True, metavar="NAME=NUMBER", help=told)
    asked.add_argument("--kind", help="the limit of this kind only: news, blog, web, ...")
    asked.add_argument("--count", type=int, default=10, help="how many of either to show (default 10)")
    asked.add_argument("--seed", type=int, default=0, help="another seed shows others")
    asked.add_argument("--characters", type=int, default=200, help="of each text (default 200)")
    purpose = "write report.html: flow, composition, limits, distributions, samples"
    corpus_verb(verbs, "report", purpose, _report, "print what the page is drawn from")
    purpose = "pairs of prompt and response that the documents give, for fine-tuning"
    asked = corpus_verb(verbs, "views", purpose, _views, JSON_LINES)
    asked.add_argument("--use", required=True, help="search, dialogue, qa or summary")


def corpus_verb(
    verbs: Any, name: str, purpose: str, action: Callable[[argparse.Namespace], None], json: str = JSON
) -> argparse.ArgumentParser:
    """Adds a verb that is asked of one finished corpus."""
    verb = add_verb(verbs, name, purpose, action, json)
    verb.add_argument("folder", type=to_path, help="the folder of a corpus")
    return verb


def _show(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.report import losses, questions
    from malmoi.sample import truth

    counts = questions.numbers(arguments.folder)
    settings = questions.recipe_of(arguments.folder).losses
    found = losses.losses(counts, settings)
    counts = {**counts, "losses": found, "warnings": [english for _, english in losses.sentences(found, settings)]}
    if arguments.truth is not None:
        counts = {**counts, "truth": truth.measure(arguments.folder, arguments.truth)}
    show(counts, arguments.json, print_counts)


def _why(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.report import questions

    show(questions.explain(arguments.folder, arguments.what), arguments.json, _print_trails)


def _sample(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.report import lookup, questions

    _require(("--count", arguments.count, 1), ("--seed", arguments.seed, 0), ("--characters", arguments.characters, 1))
    among = lookup.Among(arguments.site, arguments.source, arguments.kind)
    reason = None if arguments.kept else arguments.dropped_by or questions.EVERY
    if among != lookup.ANY:
        print(_outcomes_line(questions.outcomes(arguments.folder, among)), file=sys.stderr)
    elif reason == questions.EVERY:
        raise UserError("nothing says which documents", "--dropped-by REASON, --kept, --site, --source or --kind")
    rows = questions.sample(arguments.folder, reason, arguments.count, arguments.seed, among, arguments.characters)
    for row in rows:
        show(row, arguments.json, _print_sample, indent=None)


def _outcomes_line(outcomes: dict[str, int]) -> str:
    parts = (f"{number:,} {outcome}" for outcome, number in outcomes.items())
    return f"{sum(outcomes.values()):,} items: {', '.join(parts) or 'none'}"


def _print_sample(row: dict[str, Any]) -> None:
    print(f"== {row['id'] or '(unreadable)'}  {where(row)}  {', '.join(row['reasons']) or 'kept'}")
    text = row["text"]
    if text and row["characters"] > len(text):
        text += f" … ({row['characters']:,} characters)"
    print(*[harmless(line) for line in (row["title"], row["detail"], text) if line], sep="\n")
    if stays := row.get("stays"):
        fate = "stays" if stays["kept"] else "the best copy, dropped too"
        print(f"-- {fate}: {stays['id']}  {where(stays)}  {harmless(stays['title'] or '')}")
        for gone, instead in row["differs"]:
            print(f"   - {harmless(gone) or '(nothing)'}\n   + {harmless(instead) or '(nothing)'}")
        if row["more_differs"]:
            print(f"   and {row['more_differs']:,} more places")
    print()


def _diff(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.report.difference import difference

    _require(("--samples", arguments.samples, 0))
    show(difference(arguments.before, arguments.after, arguments.samples), arguments.json, _print_difference)


def _print_difference(found: dict[str, Any]) -> None:
    """Both sides, and a line for each change with its samples below."""
    for side, counts in found["counts"].items():
        kept = f"{counts['documents_kept']:,} of {counts['documents_in']:,} kept"
        print(f"{side}: {kept}, {counts['text_bytes_kept']:,} bytes")
    change = itemgetter("change", "reason_a", "reason_b")
    for row in found["changes"]:
        reasons = f"{row['reason_a'] or '-'} -> {row['reason_b'] or '-'}"
        gained = row["bytes_after"] - row["bytes_before"]
        print(f"{row['change']:<13} {reasons:<40} {row['documents']:>10,} {gained:>+16,} bytes")
        for one in (sample for sample in found["samples"] if change(sample) == change(row)):
            line = " ".join((one["text"] or one["detail"] or "").split())[:100]
            print(f"    {one['id'] or where(one)}  {harmless(line)}")
    if not found["changes"]:
        print("no document fares otherwise")
    for name, column in (("kind", "kind"), ("source", "source_name")):
        lines: dict[str, list[str]] = {}
        for row in found[f"by_{name}"]:
            gained = row["bytes_after"] - row["bytes_before"]
            told = f"{row['documents']:,} {row['change']} ({gained:+,} bytes)"
            lines.setdefault(harmless(row[column] or "-"), []).append(told)
        table(f"by {name}", [(group, ", ".join(parts)) for group, parts in list(lines.items())[:SHOWN_SOURCES]])


def _whatif(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.document import require_kind
    from malmoi.corpus.report import other_limits

    _require(("--count", arguments.count, 0), ("--seed", arguments.seed, 0), ("--characters", arguments.characters, 1))
    if arguments.kind is not None:
        require_kind(arguments.kind, "--kind")
    limits = dict(map(_name_and_number, arguments.limit))
    shown = arguments.count, arguments.seed, arguments.characters
    show(other_limits.answer(arguments.folder, limits, arguments.kind, *shown), arguments.json, _print_whatif)


def _name_and_number(given: str) -> tuple[str, float]:
    """Raises UserError for what is no NAME=NUMBER. Names are as a terminal types them: composed or not."""
    name, _, number = unicodedata.normalize("NFC", given).rpartition("=")
    try:
        limit = float(number)
    except ValueError:
        limit = math.nan
    if not name or not math.isfinite(limit):
        raise UserError(f"--limit {given}", "NAME=NUMBER, such as repeated_5gram_share=.3")
    return name.strip(), limit


def _print_whatif(found: dict[str, Any]) -> None:
    """The limits, how many documents would come in and go, by kind and source, and the samples of both."""
    for limit in found["changed"]:
        kinds = (limit["before"] or {}).items()
        before = ", ".join(f"{kind + ' ' if kind else ''}{figures(value)}" for kind, value in kinds) or "no limit"
        print(f"{limit['reason']}: {limit['score']} {limit['bound']} {figures(limit['after'])} (was {before})")
    print(f"come in {found['come_in']:,} documents, {found['bytes_come_in']:,} bytes")
    print(f"go      {found['go']:,} documents, {found['bytes_go']:,} bytes")
    if found["copies_of_what_goes"]:
        print(f"{found['copies_of_what_goes']:,} dropped copies are copies of these: a build would keep some of them")
    shown = "{come_in:>10,} come in {go:>10,} go"
    for name in ("kind", "source"):
        rows = list(found[f"by_{name}"].items())[:SHOWN_SOURCES]
        table(f"by {name}", ((harmless(group), shown.format(**numbers)) for group, numbers in rows))
    for row in found["samples"]:
        scores = ", ".join(f"{score} {figures(value)}" for score, value in row["scores"].items() if value is not None)
        print(f"{row['change'].replace('_', ' ')}: {scores}")
        _print_sample({**row, "reasons": row["before"] or row["after"], "detail": None})


def _report(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.report.findings import gather
    from malmoi.corpus.report.page import write_report

    found = gather(arguments.folder) if arguments.json else write_report(arguments.folder)
    show(found, arguments.json, print)


def _views(arguments: argparse.Namespace) -> None:
    from malmoi.corpus.ledger.pairs import rows

    for row in rows(arguments.folder, arguments.use):
        show(row, arguments.json, _print_pair, indent=None)


def _print_pair(pair: dict[str, Any]) -> None:
    print(harmless(f"== {pair['id']}\n{pair['prompt']}\n-- {pair['response']}\n"))


def _require(*numbers: tuple[str, int, int]) -> None:
    """UserError where a number is less than its least, or larger than anyone can mean."""
    for name, value, least in numbers:
        if not least <= value < MOST:
            raise UserError(f"{name} {value}", f"{least} to {MOST - 1}")


def where(row: dict[str, Any]) -> str:
    """The input, file and offset that a row of the ledger came from, harmless to a terminal."""
    return harmless(f"{row['input']}: {row['origin']['file']}@{row['origin']['offset']}")


def print_counts(counts: dict[str, Any]) -> None:
    """The counts of a manifest for people."""
    kept, dropped = counts["documents_kept"], counts["documents_dropped"]
    print(f"documents in {counts['documents_in']:,} = kept {kept:,} + dropped {dropped:,}")
    text_in, text_kept = counts["text_bytes_in"], counts["text_bytes_kept"]
    print(f"bytes: {counts['raw_bytes_in']:,} raw, {text_in:,} of text, {text_kept:,} kept")
    if "letters_in" in counts:  # corpora of before 2026-11-30 have no account of them
        taken = counts["letters_in"] - counts["letters_kept"]
        print(f"letters: {counts['letters_in']:,} read = {counts['letters_kept']:,} kept + {taken:,} taken by steps")
    clusters, largest = counts["near_duplicate_clusters"], counts["largest_cluster"]
    print(f"clusters of near copies: {clusters:,}, the largest of {largest:,}")
    table("dropped by reason", counts["dropped_by_reason"].items())
    table("masked", ((name, number) for name, number in counts["masked"].items() if number))
    table("kept by kind", _shares(counts["by_kind"]))
    table(f"kept by source (the {SHOWN_SOURCES} that gave most)", _shares(counts["by_source"])[:SHOWN_SOURCES])
    table(f"lost, source by reason (the {SHOWN_SOURCES} largest)", _lost(counts["by_source"])[:SHOWN_SOURCES])
    if "losses" in counts:
        _print_losses(counts["losses"], counts["warnings"])
    if "truth" in counts:
        _print_truth(counts["truth"])


def _lost(sources: dict[str, Any]) -> list[tuple[str, str]]:
    """What was dropped of each source for each reason, the most raw bytes first."""
    rows = [
        (number, name, reason, source["dropped"][reason], source["raw_bytes_in"])
        for name, source in sources.items()
        for reason, number in source.get("dropped_bytes", {}).items()
    ]
    return [
        (harmless(f"{name}  {reason}"), f"{documents:>8,} documents {lost:>14,} bytes {lost / (whole or 1):>7.1%}")
        for lost, name, reason, documents, whole in sorted(rows, key=lambda row: (-row[0], -row[3], row[1:3]))
    ]


def _print_losses(rows: list[dict[str, Any]], warnings: list[str]) -> None:
    """Source by step with letters and shares, the largest; then in words what is more than the recipe expects."""
    shown = "{letters:>12,} {share:>7.1%} in {documents:>7,} documents, most of {documents_mostly:,}"
    largest = [(harmless(f"{row['source']}  {row['step']}"), shown.format(**row)) for row in rows[:SHOWN_SOURCES]]
    table(f"letters taken, source by step (the {SHOWN_SOURCES} largest)", largest)
    for warning in warnings[:SHOWN_SOURCES]:
        print(f"look at {harmless(warning)}")
    if len(warnings) > SHOWN_SOURCES:
        print(f"and {len(warnings) - SHOWN_SOURCES:,} more sources: --json has all")


def _shares(groups: dict[str, Any]) -> list[tuple[str, str]]:
    shown = "{documents:>8,} of {documents_in:>8,} {text_bytes:>14,} bytes"
    largest = sorted(groups.items(), key=lambda item: (-item[1]["documents_in"], item[0]))
    return [(name, shown.format(**group)) for name, group in largest]


def _print_truth(truth: dict[str, Any]) -> None:
    """Found of planted, a line for each fault; for clean documents, lost of all."""
    named = ("exact_duplicates", "near_duplicates", "near_duplicates_jaccard_0.8", "personal_data", "clean_dropped")
    rows = [(name, truth[name]) for name in named]
    rows += [(f"  {name}", share) for name, share in truth["personal_data"]["by_type"].items()]
    rows += [("masked without cause", truth["personal_data"]["false_alarm_documents"])]
    rows += [(f"dropped: {name}", share) for name, share in truth["dropped_by_plant"].items()]
    shown = ((name, f"{share['found']:>6} of {share['of']:>6}  {_percent(share['share'])}") for name, share in rows)
    table(f"against the truth ({truth['planted']} documents, {truth['not_in_corpus']} not in the corpus)", shown)
    if truth["clean_dropped_ids"]:
        print(f"  clean documents that were dropped: {' '.join(truth['clean_dropped_ids'])}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _print_trails(trails: Iterable[dict[str, Any]]) -> None:
    for trail in trails:
        _print_trail(trail)


def _print_trail(trail: dict[str, Any]) -> None:
    """One document: where it came from, what became of it, and a line for each rule with score and limit."""
    verdict = "kept" if trail["kept"] else f"dropped: {', '.join(trail['reasons'])}"
    source = trail["source"] or {}
    print(f"{trail['id'] or '(unreadable)'}  {verdict}")
    of = f"{source.get('kind') or '-'}, {source.get('name') or '-'}"
    print(f"  {where(trail)}, {of}, {trail['text_bytes']:,} bytes of text")
    for line in filter(None, (trail["title"], trail["detail"])):
        print(f"  {harmless(line)}")
    if trail["cluster"]:
        best = "this one" if trail["cluster"] == trail["id"] and trail["kept"] else trail["cluster"]
        print(f"  one of {trail['cluster_size']} copies; the best is {best}")
    if trail["id"] is None:
        return  # it has no text that a rule could judge
    masked = ", ".join(f"{number} {name}" for name, number in trail["masked"].items() if number)
    print(f"  masked: {masked or 'nothing'}")
    _print_judgements(trail["judgements"])


def _print_judgements(judgements: list[dict[str, Any]]) -> None:
    width = max((len(judgement["reason"]) for judgement in judgements), default=0)
    for judgement in judgements:
        value = "-" if judgement["value"] is None else figures(judgement["value"])
        mark = "DROP" if judgement["dropped"] else "ok"
        limit = f"{judgement['bound']} {figures(judgement['limit'])}"
        print(f"  {mark:<4} {judgement['reason']:<{width}} {judgement['score']:<26} {value:>10}  {limit}")
