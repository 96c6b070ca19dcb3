"""What a source itself says of a row: whether it is spam, how popular it is, under which category it stands."""

from collections.abc import Mapping
from typing import Any

from malmoi.corpus.sources.fields import number
from malmoi.corpus.sources.input import Input
from malmoi.corpus.text.lines import one_line

YES = frozenset("true yes y t spam 스팸 광고 홍보 예".split())
NO = frozenset("false no n f ham normal ok none 정상 일반 아니요 아니오".split())
"""Words of verdicts, in lower case. A number from 0 to 1 is a probability; any other word says nothing."""


def named_fields(source: Input) -> tuple[str, ...]:
    """The fields that a verdict is read from."""
    return tuple(filter(None, (source.spam_field, source.popularity_field, source.category_field)))


def verdict_of(row: Mapping[Any, Any], source: Input) -> dict[str, Any] | None:
    """Spam (0..1), popularity (the source's own number, 0 or more), category; None where the row says none of it."""
    if not named_fields(source):
        return None
    verdict = {
        "spam": _spam(_value(row, source.spam_field)),
        "popularity": _popularity(_value(row, source.popularity_field)),
        "category": one_line(_value(row, source.category_field)),
    }
    return verdict if any(value is not None for value in verdict.values()) else None


def given_verdict(row: Mapping[Any, Any], source: Input) -> dict[str, Any]:
    """The verdict as a field of a Raw, with the source's own category and popularity where it gives them."""
    verdict = verdict_of(row, source)
    if verdict is None:
        return {}
    said = {name: verdict[name] for name in ("category", "popularity") if verdict[name] is not None}
    return {"source_verdict": verdict, **said}


def _value(row: Mapping[Any, Any], field: str | None) -> Any:
    """A field of the row, or of tables in it where the name is a path: "meta.spam"."""
    value: Any = row.get(field) if field else None
    if value is None and field and "." in field:
        value = row
        for name in field.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _spam(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and (word := value.strip().lower()) in YES | NO:
        return float(word in YES)
    share = number(value)
    return share if share is not None and 0 <= share <= 1 else None


def _popularity(value: Any) -> float | None:
    size = number(value)
    return size if size is not None and size >= 0 else None
