"""`malmoi serve traffic` and `adapters`: who gets which version and which LoRA there are, of a running server."""

import argparse
import json
import os
import urllib.error
import urllib.request
from typing import Any

from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.paths import to_local_path

KEY_VARIABLE = "MALMOI_API_KEY"  # not an option: others on the machine can read a command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options that belong to this word."""
    where = f"the running server that is asked; default: this machine's --port; its key is in {KEY_VARIABLE}"
    parser.add_argument("--at", metavar="ADDRESS", help=where)
    told = "who keeps one version: a request's `user`, a key, or nobody"
    parser.add_argument("--sticky", choices=["none", "user", "key"], help=told)
    parser.add_argument("--seed", type=int, metavar="N", help="of what is drawn; another gives everybody a new draw")
    shadow = "a version that gets copies of a share of the requests, as demo@300=0.1; 0 ends it"
    parser.add_argument("--shadow", metavar="VERSION=SHARE", help=shadow)
    off = "of traffic: take the weights and the shadow of a name away; of adapters: an adapter"
    parser.add_argument("--off", metavar="NAME", help=off)


def traffic(words: list[str], arguments: argparse.Namespace, port: int) -> None:
    """Shows the traffic, or sets what the words and options say and shows that. `words`: demo@100=90 demo@200=10."""
    wanted = _wanted(words, arguments)
    found = _asked(arguments, port, "/admin/traffic")
    if wanted is not None:
        name, changes = wanted
        merged = None if changes is None else {**found["traffic"].get(name, {}), **changes}
        found = _asked(arguments, port, "/admin/traffic", {name: merged})
    print(json.dumps(found, ensure_ascii=False, indent=1))


def adapters(words: list[str], arguments: argparse.Namespace, port: int) -> None:
    """Shows the adapters of models, after a change where words say one: demo tone=adapters/tone, or demo --off tone."""
    model, *changes = words or [""]
    said = changes or filter(None, [arguments.off])
    wanted = {name: to or None for name, _, to in (word.partition("=") for word in said)}
    if (changes and (arguments.off or None in wanted.values())) or bool(model) != bool(wanted):
        raise UserError("malmoi serve adapters: what is to change?", "MODEL NAME=FOLDER..., or MODEL --off NAME")
    found = _asked(arguments, port, "/admin/adapters")
    for name, folder in wanted.items():
        whole = folder if folder is None or arguments.at else str(to_local_path(folder).resolve())
        found = _asked(arguments, port, "/admin/adapters", {"model": model, "name": name, "folder": whole})
    print(json.dumps(found, ensure_ascii=False, indent=1))


def _wanted(words: list[str], arguments: argparse.Namespace) -> tuple[str, dict[str, Any] | None] | None:
    """The name that is to be changed, and its new fields; None where it is to be taken away, or nothing is asked."""
    weights = dict(_numbered(word, "demo@100=90") for word in words)
    shadow = None if arguments.shadow is None else _numbered(arguments.shadow, "demo@300=0.1")
    changes: dict[str, Any] = {"weights": weights} if weights else {}
    if shadow is not None:
        changes |= {"shadow": shadow[0] if shadow[1] else None, "shadow_share": shadow[1] or 1.0}
    changes |= {name: getattr(arguments, name) for name in ("sticky", "seed") if getattr(arguments, name) is not None}
    names = {model_id.partition("@")[0] for model_id in [*weights, *([shadow[0]] if shadow else [])]}
    if arguments.off is not None:
        if changes:
            raise _wrong(f"--off {arguments.off} with other changes", "one of both", "--off는 혼자 쓰세요")
        return arguments.off, None
    if not changes:
        return None
    if len(names) != 1:
        told = ", ".join(sorted(names)) or "none"
        raise _wrong(
            f"names: {told}", "versions of one name, as demo@100=90 demo@200=10", "한 번에 한 이름만 바꿀 수 있어요"
        )
    return names.pop(), changes


def _numbered(word: str, example: str) -> tuple[str, float]:
    """`demo@100=90` as its two halves."""
    model_id, _, number = word.rpartition("=")
    try:
        if model_id:
            return model_id, float(number)
    except ValueError:
        pass
    raise _wrong(repr(word), f"VERSION=NUMBER, as {example}", f"버전=숫자 꼴로 써 주세요 (예: {example})")


def _wrong(wrong: str, expected: str, korean: str) -> UserError:
    return UserError(f"malmoi serve traffic: {wrong}", expected, korean)


def _asked(
    arguments: argparse.Namespace, port: int, path: str, changes: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What the server says. Raises UserError with its own sentences, in both languages where it has both."""
    address = (arguments.at or f"http://127.0.0.1:{port}").rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise _wrong(f"--at {address}", "an address as http://127.0.0.1:8500", "http:// 로 시작하는 주소를 써 주세요")
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get(KEY_VARIABLE):
        headers["Authorization"] = f"Bearer {key}"
    body, method = (None, "GET") if changes is None else (json.dumps(changes).encode(), "PUT")
    request = urllib.request.Request(address + path, body, headers, method=method)  # noqa: S310  (the scheme was checked)
    try:
        with urllib.request.urlopen(request, timeout=600.0) as reply:  # noqa: S310
            return json.load(reply)
    except urllib.error.HTTPError as error:
        raise UserError(f"{address} says {error.code}: {_sentences(error)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        hint = f"서버({address})에 닿을 수 없어요. 켜져 있는지, 주소와 포트가 맞는지 확인해 주세요."
        raise UserError(f"{address} does not answer: {reason}", "a running malmoi serve", hint, TRY_AGAIN) from None


def _sentences(error: urllib.error.HTTPError) -> str:
    """The server's message, in Korean as well where it has one."""
    try:
        told = json.load(error)["error"]
        return "; ".join(str(told[name]) for name in ("message", "message_ko") if told.get(name))
    except (ValueError, KeyError, TypeError):
        return error.reason
