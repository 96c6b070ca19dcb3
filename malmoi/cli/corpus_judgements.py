"""`malmoi corpus extract | mask | score | duplicates | learn`: one judgement alone, on files that are in no corpus."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from operator import itemgetter
from typing import Any

from malmoi.cli.arguments import JSON_LINES, add_verb
from malmoi.cli.terminal import figures, harmless, show
from malmoi.kit.errors import UserError, did_you_mean
from malmoi.kit.paths import to_local_path

BATCH_DOCUMENTS = 500
Row = dict[str, Any]
Judge = Callable[[list[str]], Iterable[Row]]
"""Says something of each text, in order."""
OF_SOURCE = ("published", "author_hash", "name", "category", "url", "kind", "language")
"""What `extract` tells of where a document comes from."""


def add_verbs(verbs: Any) -> None:
    """Adds the verbs to the room's."""
    extract = _files(verbs, "extract", "text, title, date and more of pages and other files", _extract)
    extract.add_argument("--comments", action="store_true", help="also readers' comments, as documents of their own")
    mask = _files(verbs, "mask", "texts with personal data masked, and where it was", _mask)
    score = _files(verbs, "score", "features, informational value, harm and spam of texts", _score)
    duplicates = _files(verbs, "duplicates", "which texts are copies of which", _duplicates)
    for verb in (mask, score, duplicates):
        verb.add_argument("--lines", action="store_true", help="every line is a text")
    learn = add_verb(verbs, "learn", "learn the weights of a judgement from labelled data", _learn)
    learn.add_argument("what", help="core-region, harm, profanity, human_translation, value, spam")
    learn.add_argument("data", type=to_local_path, help="the folder of the labelled data")
    learn.add_argument("--out", type=to_local_path, required=True, metavar="FILE", help="where the weights go (.npz)")


def _files(verbs: Any, name: str, purpose: str, action: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    verb = add_verb(verbs, name, purpose, action, JSON_LINES)
    verb.add_argument("files", nargs="+", metavar="FILE", help="files, folders, archives; - is standard input")
    verb.add_argument("--text-field", default="text", metavar="NAME", help="which field of rows holds the text")
    return verb


def _extract(arguments: argparse.Namespace) -> int:
    from malmoi.corpus.document import CONFIDENCE
    from malmoi.corpus.sources.loose import read_loose

    failed = 0
    for found in read_loose(arguments.files, comments=arguments.comments, text_field=arguments.text_field):
        if (document := found.document) is None:
            failed += _say_unreadable(found)
            continue
        row = {"file": found.file, "offset": found.offset} | {name: document[name] for name in ("id", "title", "text")}
        row |= {name: document["source"][name] for name in OF_SOURCE}
        row |= {"turns": document["turns"], "segments": document["segments"], "views": document.get("views")}
        row |= {name: document.get(name, False) for name in ("embedded", "cut")}
        row |= {CONFIDENCE: document.get(CONFIDENCE)}
        _print(row, arguments.json, _page_for_people)
    return min(failed, 1)


def _mask(arguments: argparse.Namespace) -> int:
    from malmoi.corpus.steps.masking import find_spans_of
    from malmoi.corpus.steps.personal_data import PersonalData

    def judge(texts: list[str]) -> Iterable[Row]:
        return ({"text": text, "spans": spans} for text, spans in find_spans_of(texts, PersonalData()))

    return _judge(arguments, judge, itemgetter("text"))


def _score(arguments: argparse.Namespace) -> int:
    from malmoi.corpus.classify.ensemble import score_texts

    return _judge(arguments, score_texts, _scores_for_people)


def _judge(arguments: argparse.Namespace, judge: Judge, for_people: Callable[[Row], str]) -> int:
    """Each text with what `judge` says of it, some hundred at a time; 1 where any could not be read."""
    failed, texts = 0, _texts(arguments)
    while batch := list(islice(texts, BATCH_DOCUMENTS)):
        readable, unreadable = _readable(batch)
        failed += unreadable
        for found, said in zip(readable, judge([found.document["text"] for found in readable]), strict=True):
            _print({"file": found.file, "offset": found.offset, **said}, arguments.json, for_people)
    return min(failed, 1)


def _duplicates(arguments: argparse.Namespace) -> int:
    from malmoi.corpus.duplicates import compare

    readable, failed = _readable(_texts(arguments))
    names = _names(readable)
    for name, found in zip(names, compare([each.document["text"] for each in readable]), strict=True):
        cluster = None if found.cluster is None else names[found.cluster]
        row = {"file": name, "cluster": cluster, "representative": names[found.representative]}
        _print(row | {"similarity": found.similarity}, arguments.json, _copy_for_people)
    return min(failed, 1)


def _learn(arguments: argparse.Namespace) -> None:
    from malmoi.cli.progress import bar
    from malmoi.corpus.learning.classifiers import DATASETS, learn_named
    from malmoi.corpus.learning.region_learner import learn_folder
    from malmoi.sample.plant import advertisements

    known = ["core-region", *DATASETS]
    if arguments.what not in known:
        raise UserError(f"no model {arguments.what!r}", ", ".join(known), did_you_mean(arguments.what, known))
    if arguments.what in DATASETS:
        counts = learn_named(arguments.what, arguments.data, arguments.out, advertisements())
    else:
        with bar("learn core-region") as progress:
            counts = learn_folder(arguments.data, arguments.out, progress)
    print(json.dumps(counts, ensure_ascii=False))


def _texts(arguments: argparse.Namespace) -> Iterator[Any]:
    from malmoi.corpus.sources.loose import read_loose

    return read_loose(arguments.files, lines=arguments.lines, text_field=arguments.text_field)


def _readable(documents: Iterable[Any]) -> tuple[list[Any], int]:
    """Those that could be read, and how many could not, which are told."""
    documents = list(documents)
    failed = sum(_say_unreadable(each) for each in documents if each.document is None)
    return [each for each in documents if each.document is not None], failed


def _names(found: list[Any]) -> list[str]:
    """A name for each text: its file, with its place where the file has several, numbered where that is not enough."""
    files, seen, names = Counter(one.file for one in found), Counter[str](), []
    for one in found:
        name = one.file if files[one.file] == 1 else f"{one.file}@{one.offset}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


def _say_unreadable(found: Any) -> int:
    """On stderr, so that data stays data; counts for the exit code."""
    print(harmless(f"{found.file}@{found.offset}: {found.reason}: {found.detail}"), file=sys.stderr)
    return 1


def _print(row: Row, as_json: bool, for_people: Callable[[Row], str]) -> None:
    show(row, as_json, lambda row: print(harmless(for_people(row))), indent=None)


def _page_for_people(row: Row) -> str:
    about = " · ".join(str(row[name]) for name in ("kind", "name", "published", "url") if row[name])
    return f"== {row['file']}\n{row['title'] or ''}\n{about}\n\n{row['text']}\n"


def _scores_for_people(row: Row) -> str:
    scores = (f"  {name:<28} {figures(value)}" for name, value in row.items() if isinstance(value, float))
    return "\n".join((f"== {row['file']}@{row['offset']}", *scores))


def _copy_for_people(row: Row) -> str:
    if row["cluster"] is None:
        return f"{row['file']}  has no copy"
    if row["representative"] == row["file"]:
        return f"{row['file']}  stays, cluster {row['cluster']}"
    return f"{row['file']}  copy of {row['representative']} ({row['similarity']:.2f}), cluster {row['cluster']}"
