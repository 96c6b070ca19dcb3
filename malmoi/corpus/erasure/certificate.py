"""The certificate of an erasure: what went, from where, when, and the hashes of the files before and after.

It holds no text and no name in clear. What was asked for is there as a hash under the corpus's secret, so that
`malmoi corpus where` finds it by the same name later, and nobody can read the name out of it. Each is a JSON
file in `erasures/`; its hash stands in a journal, whose lines are chained (kit/journal.py).
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from malmoi.corpus.erasure.request import Request
from malmoi.corpus.ledger.erased_texts import key_of, keyed
from malmoi.corpus.text.fold import fold_address, squeezed
from malmoi.kit import journal
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed, make_folder, read_json, sha256_of, write_json
from malmoi.kit.manifest import code_version
from malmoi.kit.paths import is_remote
from malmoi.kit.run import id_of

FOLDER, JOURNAL = "erasures", "journal.jsonl"


def write(folder: Path, body: dict[str, Any]) -> int:
    """Writes a certificate about a corpus and returns its number, from 1. body: with the `terms` in clear.

    The journal is local: where the corpus is remote the files stand alone.
    """
    make_folder(folder / FOLDER)
    number = 1 + max((int(path.stem) for path in listed(folder / FOLDER, ".json")), default=0)
    key = key_of(folder, create=True)
    assert key is not None
    terms = [{"kind": kind, "hash": _hash(key, kind, value)} for kind, value in body.get("terms", ())]
    told = {"number": number, "time": time.time(), "tool": code_version(), "run_id": id_of(folder)}
    name = f"{number:06d}.json"
    write_json(folder / FOLDER / name, {**body, "terms": terms, **told})
    if not is_remote(folder):
        sha256, what = sha256_of(folder / FOLDER / name), body.get("what", "corpus")
        journal.append(folder / FOLDER / JOURNAL, certificate=name, certificate_sha256=sha256, what=what)
    return number


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """The certificates of a corpus in order."""
    for path in listed(folder / FOLDER, ".json"):
        if (found := read_json(path)) is not None:
            yield found


def verify(folder: Path) -> list[str]:
    """What is wrong with the certificates, one sentence each; an empty list where all are as they were written."""
    if is_remote(folder) or not (folder / FOLDER).is_dir():
        return []
    path = folder / FOLDER / JOURNAL
    wrong = journal.verify(path)
    hashes = {entry["certificate"]: entry["certificate_sha256"] for entry in journal.read(path)}
    for name, sha256 in hashes.items():
        file = folder / FOLDER / name
        if not file.exists():
            wrong.append(f"{name} is missing")
        elif sha256_of(file) != sha256:
            wrong.append(f"{name} is not as it was written")
    wrong += [f"{path.name} is in no journal" for path in listed(folder / FOLDER, ".json") if path.name not in hashes]
    return wrong


def documents_of(folder: Path, requests: Sequence[Request]) -> dict[int, set[str]]:
    """The ids that were erased from a corpus for the same requests, by the request's number."""
    found: dict[int, set[str]] = {}
    certificates = list(read(folder))
    key = key_of(folder) if certificates else None
    for number, request in enumerate(requests):
        asked = {(kind, _hash(key, kind, value)) for kind, value in request.terms} if key else set()
        for one in certificates:
            documents = set(one.get("documents", ()))
            if asked & {(term["kind"], term["hash"]) for term in one["terms"]}:
                found.setdefault(number, set()).update(documents)
            elif same := documents & set(request.ids):
                found.setdefault(number, set()).update(same)
    return found


def only(folder: Path, number: int) -> dict[str, Any]:
    """One certificate. Raises UserError where there is none of that number."""
    found = read_json(folder / FOLDER / f"{number:06d}.json")
    if found is None:
        last = max((one["number"] for one in read(folder)), default=0)
        raise UserError(f"no certificate {number} in {folder}", f"1 to {last}" if last else "an erasure first")
    return found


def _hash(key: bytes, kind: str, value: str) -> str:
    """A term under the corpus's secret, folded; an id stands as it is. A name is found as an author too, and back."""
    if kind == "id":
        return value
    plain = fold_address(value) if kind == "address" else value if kind == "matching" else squeezed(value)
    return keyed(key, f"asked {'name' if kind == 'author' else kind}", plain).hex()
