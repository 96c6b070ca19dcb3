"""What is kept of an answer, by policy: nothing, numbers and hashes, texts without personal data, or all of it.

`none`: no row. `metadata`: who, when, with what, how long, and keyed hashes of the ids (which show that a text is the
same, and tell nothing of it). `masked`: texts in which personal data has given way to marks. `whole`: the ids, from
which the answer can be made again.
"""

import datetime
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from malmoi.serve.engine import Guide, Request
from malmoi.serve.records.tables import AnswerRow, RequestRow
from malmoi.serve.utf8 import open_bytes
from malmoi.tokenizer.codec import Codec


@dataclass(frozen=True)
class Answered:
    """One answer that was made. id: of the reply, with the answer's number; request_id: what the access line has.

    made_with: model, tokenizer and engine by name and hash; user: of the request.
    """

    id: str
    request_id: str
    key: str
    user: str | None
    policy: str
    retention_days: int
    made_with: dict[str, Any]
    request: Request
    stops: tuple[str, ...]
    answer_ids: tuple[int, ...]
    finish: str
    at: datetime.datetime


@dataclass(frozen=True)
class Asked:
    """One request when it is over, also one that was refused: what its policy's `metadata` keeps.

    id: of the reply; request_id: what the access line has; user: of the request; told: the other columns of its row.
    """

    id: str
    request_id: str
    key: str
    user: str | None
    policy: str
    retention_days: int
    told: Mapping[str, Any]
    at: datetime.datetime


def request_row(asked: Asked, hash_key: bytes) -> RequestRow:
    """The row of a request. told: its columns route, model, status, code, prompt_tokens, answer_tokens, ms."""
    return RequestRow(
        id=asked.id,
        request_id=asked.request_id,
        **_times(asked),
        key=asked.key,
        user_hmac=None if asked.user is None else user_hash(asked.user, hash_key),
        policy=asked.policy,
        **asked.told,
    )


def _times(kept: "Answered | Asked") -> dict[str, str]:
    expires = kept.at + datetime.timedelta(days=kept.retention_days)
    return {"at": kept.at.isoformat(timespec="milliseconds"), "expires": expires.isoformat(timespec="seconds")}


def row_of(answered: Answered, codec: Codec, hash_key: bytes) -> AnswerRow:
    """The row of an answer, with no more in it than its policy says."""
    ids = (answered.request.prompt_ids, answered.answer_ids)
    row = AnswerRow(
        id=answered.id,
        request_id=answered.request_id,
        **_times(answered),
        key=answered.key,
        user_hmac=None if answered.user is None else user_hash(answered.user, hash_key),
        policy=answered.policy,
        made_with={**answered.made_with, "left_out_bytes": left_out_bytes(ids[0], ids[1], codec)},
        request=_settings(answered),
        finish=answered.finish,
        prompt_tokens=len(ids[0]),
        answer_tokens=len(ids[1]),
        prompt_hmac=ids_hash(ids[0], hash_key),
        answer_hmac=ids_hash(ids[1], hash_key),
    )
    if answered.policy == "whole":
        row.prompt_ids, row.answer_ids = list(ids[0]), list(ids[1])
    if answered.policy == "masked":
        row.prompt_text, row.answer_text = masked(codec.decode(ids[0]), codec.decode(ids[1]))
    return row


def left_out_bytes(prompt_ids: Sequence[int], answer_ids: Sequence[int], codec: Codec) -> int:
    """Bytes of an answer that are no UTF-8, and so not in its text: of an engine that cannot mask them."""
    content = open_bytes(codec, prompt_ids) + b"".join(map(codec.token_bytes, answer_ids))
    return len(content) - len(content.decode("utf-8", "ignore").encode())


def request_of(row: AnswerRow) -> tuple[Request, tuple[str, ...]]:
    """What the engine was asked, and the stop strings. To be called for a row of the policy "whole"."""
    asked = dict(row.request)
    stops = tuple(asked.pop("stops"))
    guide = asked.pop("guide")
    asked["logit_bias"] = tuple((token_id, bias) for token_id, bias in asked["logit_bias"])
    asked["stop_token_ids"] = tuple(asked["stop_token_ids"])
    return Request(tuple(row.prompt_ids or ()), guide=Guide(**guide) if guide else None, **asked), stops


def masked(prompt: str, answer: str) -> tuple[str, str]:
    """Both with marks in place of personal data, by the corpus's own finders.

    What begins in the prompt and goes on in the answer is a mark at the end of the prompt.
    """
    from malmoi.corpus.steps.masking import find_spans_of  # compiled functions: a second to load
    from malmoi.corpus.steps.personal_data import PersonalData

    whole, end = prompt + answer, len(prompt)
    [(_, spans)] = find_spans_of([whole], PersonalData())
    end = next((span["end"] for span in spans if span["start"] < end < span["end"]), end)
    (first, _), (rest, _) = find_spans_of([whole[:end], whole[end:]], PersonalData())
    return first, rest


def ids_hash(ids: Sequence[int], hash_key: bytes) -> str:
    """Keyed hash of token ids as 32-bit numbers, lowest byte first."""
    return keyed(np.asarray(ids, "<u4").tobytes(), hash_key)


def user_hash(user: str, hash_key: bytes) -> str:
    """Keyed hash of a request's `user`."""
    return keyed(user.encode("utf-8", "surrogatepass"), hash_key)


def keyed(content: bytes, hash_key: bytes) -> str:
    """Hex HMAC-SHA-256 of the SHA-256 of `content`: a short text cannot be guessed from it without the key."""
    return hmac.digest(hash_key, hashlib.sha256(content).digest(), hashlib.sha256).hex()


def _settings(answered: Answered) -> dict[str, Any]:
    """What the engine was asked besides the prompt. Guides and stop strings are text of the caller: by policy too."""
    asked, guide = dict(vars(answered.request)), answered.request.guide  # asdict would copy 40,000 choices one by one
    del asked["prompt_ids"], asked["cache_salt"]
    if answered.policy != "whole":
        return {**asked, "stops": len(answered.stops), "guide": None if guide is None else guide.kind}
    return {**asked, "stops": list(answered.stops), "guide": None if guide is None else dict(vars(guide))}
