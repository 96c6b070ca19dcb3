"""Where a foreign model's chat template runs: Jinja's sandbox, with a clock and a bound on all that a template makes.

Jinja's own sandbox keeps a template from Python, not from the machine's time and memory: a loop that writes nothing,
`x ~ x` thirty times, `"a".ljust(10**10)` or a power of powers would hold up or end the whole server. So the clock is
looked at in each turn of a loop and at each call, and what would be too long is refused before it is made.
"""

import functools
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_WRITTEN_CHARACTERS = 16_000_000
_MAX_MADE = 16 * MAX_WRITTEN_CHARACTERS
"""Characters and items of everything that one run makes: what a template keeps in lists is bounded too."""
_MAX_ITEMS = 100_000
"""Of one list: as many as Jinja's own range gives."""
_MAX_BITS = 256
_MAX_INDENT = 100
_METHODS = frozenset(
    "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit islower isnumeric isspace"
    " istitle isupper join lower lstrip partition removeprefix removesuffix replace rfind rindex rpartition rsplit"
    " rstrip split splitlines startswith strip swapcase title upper".split()
)
"""Of strings. The others (ljust, format, ...) make as long a text as they are told, and no template needs them."""
_FILTERS_LEFT_OUT = "attr batch center format pprint slice sum urlize wordwrap xmlattr".split()
_FILTERS_OF_ITEMS = frozenset("list map max min reject rejectattr select selectattr sort unique".split())

_run = threading.local()


class RefusedError(jinja2.TemplateError):
    """What a template says with raise_exception."""


def begin(limit_s: float) -> None:
    """This thread runs a template now, for at most so many CPU seconds."""
    _run.limit_s, _run.ends_s, _run.made = limit_s, time.thread_time() + limit_s, 0


def check(length: int) -> None:
    """Raises TemplateError where the template writes too much, or has taken too long."""
    if length > MAX_WRITTEN_CHARACTERS:
        raise jinja2.TemplateError(f"it writes more than {MAX_WRITTEN_CHARACTERS} characters")
    if time.thread_time() > _run.ends_s:
        raise jinja2.TemplateError(f"it takes longer than {_run.limit_s} s")


class _Code(CodeGenerator):
    """`a ~ b` is joined by the sandbox, which looks at the length first."""

    def visit_Concat(self, node: nodes.Concat, frame: Any) -> None:  # noqa: N802 (the library's own name)
        self.write("environment.concat((")
        for each in node.nodes:
            self.visit(each, frame)
            self.write(", ")
        self.write("))")


def _joined(parts: Iterable[Any]) -> str:
    """The parts as one text: of `~`, and of what a macro or a block has written."""
    held = list(_timed(parts))
    check(_size(held))
    return _made("".join(map(str, held)))


class Sandbox(ImmutableSandboxedEnvironment):
    """To be used after `begin`, in the same thread."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    code_generator_class = _Code
    concat = staticmethod(_joined)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, finalize=_written)
        for name in _FILTERS_LEFT_OUT:
            del self.filters[name]
        self.filters = {name: _bounded(name, each) for name, each in self.filters.items()}
        self.filters |= {"tojson": _as_json, "timed": _timed}
        del self.globals["lipsum"]
        self.globals |= {"raise_exception": _refuse, "strftime_now": _now}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Each loop goes over its items by the clock."""
        tree = super()._parse(source, name, filename)
        for loop in list(tree.find_all(nodes.For)):
            loop.iter = nodes.Filter(loop.iter, "timed", [], [], None, None, lineno=loop.lineno)
        tree.set_environment(self)
        return tree

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuses products and formats that would be too long before they are made."""
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise jinja2.TemplateError(f"the operator {operator} is not allowed in a chat template")
        for text, times in ((left, right), (right, left)):
            if isinstance(times, int) and times.bit_length() > _MAX_BITS:
                raise jinja2.TemplateError(f"it has a number of more than {_MAX_BITS} bits")
            if operator == "*" and isinstance(text, (str, list, tuple)) and isinstance(times, int):
                (check if isinstance(text, str) else _check_items)(len(text) * times)
        return _made(super().call_binop(context, operator, left, right))

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Calls what only makes so much, and of strings what templates need."""
        owner, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
        if isinstance(owner, (int, float, bytes)) or (isinstance(owner, str) and name not in _METHODS):
            raise jinja2.TemplateError(f"{name} is not allowed in a chat template")
        if isinstance(owner, str) and name == "replace":
            _check_replaced(owner, *args[:2])
        if isinstance(owner, str) and name == "join" and args:
            args = (_check_joined(args[0], owner),)
        check(0)
        return _made(super().call(context, obj, *args, **kwargs))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As Jinja's, without the methods that are left out."""
        return _allowed(obj, attribute, super().getattr(obj, attribute))

    def getitem(self, obj: Any, argument: Any) -> Any:
        """As Jinja's; what a slice makes is counted."""
        found = _allowed(obj, argument, super().getitem(obj, argument))
        return _made(found) if isinstance(argument, slice) else found


def _allowed(obj: Any, attribute: Any, found: Any) -> Any:
    check(0)
    if (
        isinstance(obj, str)
        and callable(found)
        and not isinstance(found, jinja2.Undefined)
        and attribute not in _METHODS
    ):
        raise jinja2.TemplateError(f"{attribute} is not allowed in a chat template")
    return found


def _made(made: Any) -> Any:
    """Counts what an operation has made."""
    length = len(made) if isinstance(made, (str, list, tuple, dict)) else 0
    check(length)
    if not isinstance(made, str):
        _check_items(length)
    _run.made += length
    if _run.made > _MAX_MADE:
        raise jinja2.TemplateError(f"it makes more than {_MAX_MADE} characters in all")
    return made


def _check_items(count: int) -> None:
    if count > _MAX_ITEMS:
        raise jinja2.TemplateError(f"it makes a list of more than {_MAX_ITEMS} items")


def _size(value: Any) -> int:
    """About how many characters a value has as text; it stops where they are too many."""
    size, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        size += len(each) if isinstance(each, str) else 4
        if isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, (list, tuple)):
            waiting += each
        elif isinstance(each, int):
            size += each.bit_length() // 3
        check(size)
    return size


def _written(value: Any) -> Any:
    """What `{{ value }}` writes: a list's text is as long as all that is in it."""
    if not isinstance(value, str):
        _size(value)
    return value


def _timed(items: Iterable[Any]) -> Iterator[Any]:
    """The items, with a look at the clock at each."""
    for each in items:
        check(0)
        yield each


def _check_replaced(text: str, old: Any = "", new: Any = "", *_: Any) -> None:
    check(len(text) + text.count(str(old)) * len(str(new)))


def _check_joined(items: Iterable[Any], between: Any) -> list[Any]:
    held = list(_timed(items))
    check(_size(held) + len(held) * len(str(between)))
    return held


def _check_indented(text: str, width: Any = 4, *_: Any, **__: Any) -> None:
    step = len(width) if isinstance(width, str) else width
    if step > _MAX_INDENT:
        raise jinja2.TemplateError(f"it indents by {step}")
    check(len(text) + (text.count("\n") + 1) * step)


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of Jinja that makes nothing too long. Some have the context as their first argument."""
    first = int(hasattr(function, "jinja_pass_arg"))

    @functools.wraps(function)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        before, value, rest = args[:first], args[first], args[first + 1 :]
        check(0)
        if name in _FILTERS_OF_ITEMS and not isinstance(value, (str, jinja2.Undefined)):
            value = _timed(value)
        elif name == "join":
            value = _check_joined(value, rest[0] if rest else kwargs.get("d", ""))
        elif name == "replace":
            _check_replaced(str(value), *rest[:2], **{key: kwargs[key] for key in ("old", "new") if key in kwargs})
        elif name == "indent":
            _check_indented(str(value), *rest, **kwargs)
        elif name == "string":
            _size(value)
        return _made(function(*before, value, *rest, **kwargs))

    return bounded


def _refuse(message: Any) -> None:
    _size(message)
    raise RefusedError(" ".join(str(message).split())[:300])


def _now(pattern: str) -> str:
    return datetime.now().astimezone().strftime(str(pattern)[:100])


def _as_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Without the escapes for HTML that Jinja's own filter makes."""
    _size(value)
    coder = json.JSONEncoder(
        ensure_ascii=ensure_ascii,
        indent=min(indent, 8) if indent else indent,
        separators=separators,
        sort_keys=sort_keys,
    )
    pieces, length = [], 0
    for piece in coder.iterencode(value):
        length += len(piece)
        check(length)
        pieces.append(piece)
    return _made("".join(pieces))
