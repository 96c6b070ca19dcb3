"""The schema of /api: openapi.json out of the routes, and the interface's types out of it. Neither needs node.

`python -m malmoi.studio.api_schema` (make schema) writes both files; with `--check` (make check) it only says whether
they are as the routes are. TypeScript's checker then finds every place of the interface that has fallen behind.
"""

import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.openapi.utils import get_openapi

from malmoi.studio.app import AREAS

WEB = Path(__file__).parent / "web"
OPENAPI, TYPES = WEB / "openapi.json", WEB / "src" / "api" / "schema.d.ts"

Schema = dict[str, Any]

_WIDTH = 120
_REFERENCE = "#/components/schemas/"
_NAMED = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_HEAD = """// Written by `make schema` out of the server's routes (malmoi/studio/api_schema.py). Do not edit.
// Every field of a reply is always there; a field with a default in a request may be left out.
"""


def openapi() -> Schema:
    """The OpenAPI document of all routes under /api."""
    routes = [route for area in AREAS for route in area.router.routes]
    return get_openapi(title="malmoi studio", version="1", routes=routes)


def files() -> dict[Path, str]:
    """Both files with what they should hold."""
    document = openapi()
    return {OPENAPI: json.dumps(document, indent=1, ensure_ascii=False) + "\n", TYPES: typescript(document)}


def typescript(document: Schema) -> str:
    """The types of an OpenAPI document: one declaration for each of its schemas, then the reply to each route."""
    components = document.get("components", {}).get("schemas", {})
    asked = set(_reached(components, [each.get("requestBody", {}) for _, each in _operations(document)]))
    replied = set(_reached(components, [each["responses"] for _, each in _operations(document)]))
    used = (name for name in sorted(components) if name in asked | replied)
    declared = [_declaration(name, components[name], name in asked) for name in used]
    replies = [f"  '{route}': {_reply(operation)}" for route, operation in _operations(document)]
    table = "/** What each route of the studio answers. */\nexport interface Replies {\n" + "\n".join(replies) + "\n}\n"
    return "\n".join([_HEAD, *declared, table])


def _operations(document: Schema) -> Iterator[tuple[str, Schema]]:
    """("GET /api/about", its operation) of every route."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _reply(operation: Schema) -> str:
    """The type of what a route answers when all is well; void for a page, a redirection and nothing at all."""
    good = next(reply for status, reply in sorted(operation["responses"].items()) if status < "400")
    schemas = [content.get("schema", {}) for content in good.get("content", {}).values()]
    told = [schema for schema in schemas if schema and schema != {"type": "string"}]
    return type_of(told[0], "") if told else "void"


def _reached(components: Schema, roots: list[Any]) -> Iterator[str]:
    """The names of the schemas that `roots` lead to, through others as well. A 4xx of FastAPI's own is no reply."""
    seen, waiting = {"HTTPValidationError"}, list(roots)
    while waiting:
        node = waiting.pop()
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
        name = node.get("$ref", "").removeprefix(_REFERENCE) if isinstance(node, dict) else ""
        if name and name not in seen:
            seen.add(name)
            waiting.append(components[name])
            yield name


def _declaration(name: str, schema: Schema, is_asked: bool) -> str:
    """An interface, or a name for any other type. is_asked: it stands in a request, where defaults may be left out."""
    words = _comment(schema.get("description", ""))
    if "properties" not in schema:
        return f"{words}export type {name} = {type_of(schema, '')}\n"
    return f"{words}export interface {name} {_table(schema, '', is_asked)}\n"


def _comment(words: str) -> str:
    """A docstring as a comment of one line, or of several."""
    line = f"/** {' '.join(words.split())} */\n"
    if not words or len(line) <= _WIDTH:
        return line if words else ""
    lines = textwrap.wrap(" ".join(words.split()), _WIDTH - 3)
    return "/**\n" + "".join(f" * {each}\n" for each in lines) + " */\n"


def _table(schema: Schema, indent: str, is_asked: bool) -> str:
    """The fields of a schema between braces, one a line; in a request those with a default may be left out."""
    required = schema.get("required", [])
    lines = (
        f"{indent}  {name}{'?' if is_asked and name not in required else ''}: {type_of(field, indent + '  ', is_asked)}"
        for name, field in schema["properties"].items()
    )
    return "{\n" + "\n".join(lines) + f"\n{indent}}}"


def type_of(schema: Schema, indent: str = "", is_asked: bool = False) -> str:
    """A JSON schema as a TypeScript type. What is not known here is `unknown`, never `any`."""
    if "$ref" in schema:
        return schema["$ref"].removeprefix(_REFERENCE)
    if "const" in schema or "enum" in schema:
        return " | ".join(_literal(value) for value in schema.get("enum", [schema.get("const")]))
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(type_of(branch, indent, is_asked) for branch in branches))
    if schema.get("type") == "array":
        return _list(schema, indent, is_asked)
    if schema.get("type") == "object":
        if "properties" in schema:
            return _table(schema, indent, is_asked)
        values = schema.get("additionalProperties")
        return f"Record<string, {type_of(values, indent, is_asked) if isinstance(values, dict) else 'unknown'}>"
    return _NAMED.get(schema.get("type", ""), "unknown")


def _list(schema: Schema, indent: str, is_asked: bool) -> str:
    """An array, or a tuple where each place has a type of its own (a pair of numbers)."""
    if "prefixItems" in schema:
        return f"[{', '.join(type_of(item, indent, is_asked) for item in schema['prefixItems'])}]"
    item = type_of(schema.get("items", {}), indent, is_asked)
    return f"({item})[]" if " | " in item else f"{item}[]"


def _literal(value: Any) -> str:
    """A constant as TypeScript writes it; texts in single quotes, as the formatter of the interface does."""
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


def main(arguments: list[str]) -> int:
    """Writes both files, or compares them with `--check`; returns the exit code."""
    if arguments not in ([], ["--check"]):
        print(f"api_schema: unknown options {arguments}; expected nothing or --check", file=sys.stderr)
        return 2
    wanted = files()
    old = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if arguments:
        for path in old:
            print(f"{path.relative_to(WEB)} is not as the routes are: run `make schema`", file=sys.stderr)
        return 1 if old else 0
    for path in old:
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
