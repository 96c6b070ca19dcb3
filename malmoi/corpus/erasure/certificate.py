"""The certificate of an erasure: what went, from where, when, and the hashes of the files before and after.

It holds no text and no name in clear. What was asked for is there as a hash under the corpus's secret, so that
`malmoi corpus where` finds it by the same name later, and nobody can read the name out of it. Each is a JSON
file in `erasures/`; its hash stands in a journal, whose lines are chained (kit/journal.py).
"""

import contextlib
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from malmoi.corpus.erasure.request import Request
from malmoi.corpus.ledger.erased_texts import key_of, keyed
from malmoi.corpus.text.fold import fold_address, squeezed
from malmoi.kit import journal
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed, make_folder, read_json, sha256_of, write_json, writing
from malmoi.kit.manifest import code_version
from malmoi.kit.paths import is_remote
from malmoi.kit.run import id_of

FOLDER, JOURNAL = "erasures", "journal.jsonl"
_NAME = re.compile(r"[0-9]{6,}\.json")
_FIELDS = {"number": int, "time": float, "what": str, "documents": list, "terms": list}
"""What every certificate has."""


def write(folder: Path, body: dict[str, Any]) -> int:
    """Writes a certificate about a corpus and returns its number, from 1.

    body: with `what`, the `request` that it answers, `documents` and `terms` (of `hashed`). A request that was killed
    gets one certificate of a kind. The journal is local: where the corpus is remote the files stand alone.
    """
    with writing(folder):
        make_folder(folder / FOLDER)
        asked = body["request"], body["what"]
        known = (one["number"] for one in read(folder) if (one.get("request"), one["what"]) == asked)
        number = next(known, None) or 1 + max((int(path.stem) for path in _files(folder)), default=0)
        path = folder / FOLDER / f"{number:06d}.json"
        if not path.exists():
            told = {"number": number, "time": time.time(), "tool": code_version(), "run_id": id_of(folder)}
            write_json(path, body | told)
        if not is_remote(folder) and path.name not in _journaled(folder):
            journal.append(folder / FOLDER / JOURNAL, certificate=path.name, certificate_sha256=sha256_of(path))
    return number


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """The certificates of a corpus in order. What cannot be read is left out: `verify` tells of it."""
    for path in _files(folder):
        with contextlib.suppress(UserError):
            found = read_json(path) or {}
            if all(isinstance(found.get(name), kind) for name, kind in _FIELDS.items()):
                yield found


def verify(folder: Path) -> list[str]:
    """What is wrong with the certificates, one sentence each; an empty list where all are as they were written."""
    if is_remote(folder) or not (folder / FOLDER).is_dir():
        return []
    wrong, hashes = journal.verify(folder / FOLDER / JOURNAL), _journaled(folder)
    for name, sha256 in hashes.items():
        file = folder / FOLDER / name
        if not file.exists():
            wrong.append(f"{name} is missing")
        elif sha256_of(file) != sha256:
            wrong.append(f"{name} is not as it was written")
    others = (path.name for path in listed(folder / FOLDER) if not path.name.startswith(JOURNAL))
    return wrong + [f"{name} is in no journal" for name in others if name not in hashes]


def _files(folder: Path) -> list[Path]:
    """The files that are called as certificates are; whatever else lies there is none of ours."""
    return [path for path in listed(folder / FOLDER, ".json") if _NAME.fullmatch(path.name)]


def _journaled(folder: Path) -> dict[str, str]:
    """SHA-256 of each certificate by its file's name, as the journal has them."""
    entries = journal.read(folder / FOLDER / JOURNAL)
    return {str(one["certificate"]): one.get("certificate_sha256", "") for one in entries if "certificate" in one}


def documents_of(folder: Path, requests: Sequence[Request]) -> set[str]:
    """The ids that were erased from a corpus for the same requests."""
    certificates, terms = list(read(folder)), [term for request in requests for term in request.terms]
    key = key_of(folder) if certificates else None
    asked, ids = hashed(key, terms) if key else [], {value for kind, value in terms if kind == "id"}
    found = set[str]()
    for one in certificates:
        documents = set(map(str, one["documents"]))
        found |= documents if any(term in one["terms"] for term in asked) else documents & ids
    return found


def only(folder: Path, number: int) -> dict[str, Any]:
    """One certificate. Raises UserError where there is none of that number."""
    found = read_json(folder / FOLDER / f"{number:06d}.json")
    if found is None:
        last = max((one["number"] for one in read(folder)), default=0)
        raise UserError(f"no certificate {number} in {folder}", f"1 to {last}" if last else "an erasure first")
    return found


def hashed(key: bytes, terms: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """What was asked for, as it stands in a certificate: under the corpus's secret (erased_texts.key_of).

    An id stands as it is. A name is found as an author too, and back.
    """
    return [{"kind": kind, "hash": value if kind == "id" else _hash(key, kind, value)} for kind, value in terms]


def _hash(key: bytes, kind: str, value: str) -> str:
    plain = fold_address(value) if kind == "address" else value if kind == "matching" else squeezed(value)
    return keyed(key, f"asked {'name' if kind == 'author' else kind}", plain).hex()
