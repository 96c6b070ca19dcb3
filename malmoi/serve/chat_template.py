"""A foreign model's own chat template (Jinja), run as transformers runs it, in a sandbox with bounds.

A template comes with the weights, so it may be anybody's. It cannot reach Python, and it may take so much time and
write so much; what it says with raise_exception is told to who asked.

What a person types stays text: where it spells one of the model's marks, the mark is broken up before the template
runs and put together after it, and the pieces between the template's own marks are encoded as text alone.
"""

import functools
import itertools
import re
from collections.abc import Sequence
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser

from malmoi.kit.errors import UserError
from malmoi.serve.chat_sandbox import RefusedError, Sandbox, begin, check
from malmoi.tokenizer.codec import Codec

MAX_TEMPLATE_S = 2.0
"""CPU seconds for one conversation; 512 turns take a few hundredths."""
_SIGN = "\ufdd0"
"""A noncharacter of Unicode: few texts have it, so a few of them can stand inside a mark that a person typed."""


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
    known = (codec.marks.template, *texts)
    sign = next(_SIGN * count for count in itertools.count(1) if not any(_SIGN * count in text for text in known))
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
    begin(MAX_TEMPLATE_S)
    written, length = [], 0
    try:
        compiled = _compiled(template)
        for piece in compiled.generate(
            messages=messages, tools=None, documents=None, add_generation_prompt=True, **names
        ):
            length += len(piece)
            check(length)
            written.append(piece)
    except RefusedError as error:
        raise UserError(f"the model's chat template says: {error}") from None
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"the model's chat template fails: {str(error)[:300]}") from None
    except (RecursionError, MemoryError):
        raise UserError("the model's chat template fails: it goes too deep or takes too much memory") from None
    return "".join(written)


class _Generation(Extension):
    """`{% generation %}` marks what the assistant said, for training; here it is only its content."""

    tags = {"generation"}  # noqa: RUF012 (the library's own form)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The statements between the marks, as they are."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@functools.lru_cache(maxsize=32)
def _compiled(template: str) -> jinja2.Template:
    """The template in the sandbox, with the words that transformers gives it."""
    return Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]).from_string(template)
