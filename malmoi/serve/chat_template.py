"""A foreign model's own chat template (Jinja), run as transformers runs it, in a sandbox with bounds.

A template comes with the weights, so it may be anybody's. It cannot reach Python, and it may take so much time and
write so much; what it says with raise_exception is told to who asked.

What a person types stays text: where it spells one of the model's marks, the mark is broken up before the template
runs and put together after it, and the pieces between the template's own marks are encoded as text alone.
"""

import functools
import json
import re
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from malmoi.kit.errors import UserError
from malmoi.tokenizer.codec import Codec

MAX_TEMPLATE_S = 2.0
"""CPU seconds for one conversation; 512 turns take a few hundredths."""
MAX_WRITTEN_CHARACTERS = 16_000_000
_SIGNS = [chr(sign) for sign in range(0xFDD0, 0xFDF0)]
"""Noncharacters of Unicode: no text has them, so one can stand inside a mark that a person typed."""

_run = threading.local()


def written_ids(codec: Codec, messages: Sequence[dict[str, Any]]) -> list[int]:
    """Ids of a conversation as the model's template writes it, up to where the assistant speaks.

    The template writes the begin token itself, where the model wants one. Raises UserError where there is no template,
    or where it refuses.
    """
    if codec.marks.template is None:
        raise UserError("this model has no chat template", "a prompt (/v1/completions)")
    special = codec.special_ids
    texts = [message["content"] for message in messages]
    if not any(set(codec.marked_ids(text)) & set(special.values()) for text in texts):
        return codec.marked_ids(write(codec.marks.template, messages, codec.marks.names))
    sign = next(each for each in _SIGNS if not any(each in text for text in (codec.marks.template, *texts)))
    names = sorted(filter(None, special), key=len, reverse=True)
    marks = "|".join(map(re.escape, names))
    safe = [
        {**message, "content": re.sub(marks, lambda mark: mark[0][:1] + sign + mark[0][1:], message["content"])}
        for message in messages
    ]
    pieces = re.split(f"((?:{marks})(?!{sign}))", write(codec.marks.template, safe, codec.marks.names))
    encoded = iter(codec.encode_many([piece.replace(sign, "") for piece in pieces[::2]]))
    ids = next(encoded)
    for mark in pieces[1::2]:
        ids = [*ids, special[mark], *next(encoded)]
    return ids


def write(template: str, messages: Sequence[dict[str, Any]], names: dict[str, str]) -> str:
    """The conversation as text. names: the model's marks, as bos_token. Raises UserError where the template does."""
    _run.ends_s = time.thread_time() + MAX_TEMPLATE_S
    written, length = [], 0
    try:
        compiled = _compiled(template)
        for piece in compiled.generate(
            messages=messages, tools=None, documents=None, add_generation_prompt=True, **names
        ):
            length += len(piece)
            _check(length)
            written.append(piece)
    except _RefusedError as error:
        raise UserError(f"the model's chat template says: {error}") from None
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"the model's chat template fails: {str(error)[:300]}") from None
    except (RecursionError, MemoryError):
        raise UserError("the model's chat template fails: it goes too deep or takes too much memory") from None
    return "".join(written)


class _RefusedError(jinja2.TemplateError):
    """What a template says with raise_exception."""


class _Generation(Extension):
    """`{% generation %}` marks what the assistant said, for training; here it is only its content."""

    tags = {"generation"}  # noqa: RUF012 (the library's own form)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The statements between the marks, as they are."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Also looks at the clock at each step, and at the length of what is made."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuses products and formats that would be too long before they are made."""
        for text, times in ((left, right), (right, left)):
            if operator == "*" and isinstance(text, (str, list, tuple)) and isinstance(times, int):
                _check(len(text) * times)
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise jinja2.TemplateError(f"the operator {operator} is not allowed in a chat template")
        return _sized(super().call_binop(context, operator, left, right))

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        _check(0)
        return _sized(super().call(context, obj, *args, **kwargs))

    def getattr(self, obj: Any, attribute: str) -> Any:
        return _sized(super().getattr(obj, attribute))

    def getitem(self, obj: Any, argument: Any) -> Any:
        return _sized(super().getitem(obj, argument))


def _sized(made: Any) -> Any:
    _check(len(made) if isinstance(made, (str, list, tuple)) else 0)
    return made


def _check(length: int) -> None:
    """Raises TemplateError where the template writes too much, or has taken too long."""
    if length > MAX_WRITTEN_CHARACTERS:
        raise jinja2.TemplateError(f"it writes more than {MAX_WRITTEN_CHARACTERS} characters")
    if time.thread_time() > _run.ends_s:
        raise jinja2.TemplateError(f"it takes longer than {MAX_TEMPLATE_S} s")


@functools.lru_cache(maxsize=32)
def _compiled(template: str) -> jinja2.Template:
    """The template in the sandbox, with the words that transformers gives it."""
    sandbox = _Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols])
    sandbox.filters["tojson"] = _as_json
    for name in ("center", "format", "xmlattr", "wordwrap", "urlize"):
        del sandbox.filters[name]
    del sandbox.globals["lipsum"]
    sandbox.globals |= {"raise_exception": _refuse, "strftime_now": _now}
    return sandbox.from_string(template)


def _refuse(message: Any) -> None:
    raise _RefusedError(" ".join(str(message).split())[:300])


def _now(pattern: str) -> str:
    return datetime.now().astimezone().strftime(str(pattern)[:100])


def _as_json(value: Any, ensure_ascii: bool = False, indent: int | None = None, **form: Any) -> str:
    """Without the escapes for HTML that Jinja's own filter makes."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=min(indent, 8) if indent else indent, **form)
