"""What the files beside a foreign tokenizer.json say: what begins a text, what ends an answer, how a chat is written.

tokenizer_config.json, special_tokens_map.json, generation_config.json, config.json, chat_template.jinja: each maker
leaves out some, and the same fact may stand in several. They are read as transformers 5 reads them.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from malmoi.kit.errors import UserError

MAX_TEMPLATE_CHARACTERS = 1_000_000
"""The longest chat templates of today, with tools, have some 20,000."""


@dataclass(frozen=True)
class FolderMarks:
    """names: "bos_token", "eos_token" and so on, as text. end_ids: of the configs. begins: None where only the
    tokenizer's own post-processor says it. template: the chat template (Jinja), None where the model has none."""

    names: dict[str, str] = field(default_factory=dict)
    end_ids: tuple[int, ...] = ()
    begins: bool | None = None
    template: str | None = None


def read_marks(folder: Path) -> FolderMarks:
    """The marks of a folder. A file that is missing says nothing. Raises UserError for a template that is none."""
    config = _table(folder / "tokenizer_config.json")
    names: dict[str, str] = {}
    for table in (_table(folder / "special_tokens_map.json"), config):
        names |= {key: name for key, value in table.items() if key.endswith("_token") and (name := _name(value))}
    begins = config.get("add_bos_token")
    return FolderMarks(
        names=names,
        end_ids=_end_ids(folder),
        begins=begins if isinstance(begins, bool) else None,
        template=_template(folder, config.get("chat_template")),
    )


def _end_ids(folder: Path) -> tuple[int, ...]:
    """Of generation_config.json; of config.json where that one names none."""
    for name in ("generation_config.json", "config.json"):
        found = _table(folder / name).get("eos_token_id")
        listed = found if isinstance(found, list) else [found]
        ids = tuple(each for each in listed if isinstance(each, int) and not isinstance(each, bool))
        if ids:
            return ids
    return ()


def _template(folder: Path, written: Any) -> str | None:
    """The file chat_template.jinja, or what tokenizer_config.json holds: one template, or a list with names."""
    try:
        written = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / 'chat_template.jinja'} cannot be read: {error}") from None
    if isinstance(written, list):
        named = {each.get("name"): each.get("template") for each in written if isinstance(each, dict)}
        written = named.get("default", next(iter(named.values()), None) if len(named) == 1 else None)
    if written is None:
        return None
    if not isinstance(written, str) or len(written) > MAX_TEMPLATE_CHARACTERS:
        wrong = f"{folder}: the chat template is a {type(written).__name__}"
        raise UserError(wrong, f"a text of at most {MAX_TEMPLATE_CHARACTERS} characters")
    return written


def _name(value: Any) -> str | None:
    """A token's text: it may stand alone, or in a table with its flags."""
    found = value.get("content") if isinstance(value, dict) else value
    return found if isinstance(found, str) and found else None


def _table(file: Path) -> dict[str, Any]:
    """The table of a JSON file; empty where there is none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
