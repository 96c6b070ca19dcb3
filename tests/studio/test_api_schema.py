"""The schema of /api: each route says what it answers, and both generated files are as the routes are."""

import pytest
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse

from malmoi.studio import api_schema
from malmoi.studio.app import AREAS

PAGES = (HTMLResponse, PlainTextResponse, RedirectResponse, FileResponse)
ROUTES = [route for area in AREAS for route in area.router.routes]


def test_every_route_of_the_api_has_a_response_model():
    """A page, a text, a file, a redirection and an answer without a body have none."""
    assert len(ROUTES) >= 19
    shapeless = [
        f"{route.methods} {route.path}"
        for route in ROUTES
        if route.response_model is None
        and "model" not in route.responses.get(200, {})
        and route.status_code != 204
        and not (isinstance(route.response_class, type) and issubclass(route.response_class, PAGES))
    ]
    assert shapeless == []


def test_no_reply_of_the_api_is_a_table_of_anything():
    """dict[str, Any] as a whole reply would satisfy the test above and say nothing."""
    lines = api_schema.typescript(api_schema.openapi()).partition("export interface Replies {")[2].splitlines()
    assert len([line for line in lines if "'" in line]) == len(ROUTES)
    assert [line for line in lines if "unknown" in line] == []


def test_the_generated_files_are_as_the_routes_are():
    assert [path.name for path, text in api_schema.files().items() if path.read_text(encoding="utf-8") != text] == []


def test_a_file_that_has_fallen_behind_is_named_and_written_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(api_schema, "WEB", tmp_path)
    monkeypatch.setattr(api_schema, "OPENAPI", tmp_path / "openapi.json")
    monkeypatch.setattr(api_schema, "TYPES", tmp_path / "schema.d.ts")
    assert api_schema.main([]) == 0
    assert api_schema.main(["--check"]) == 0
    (tmp_path / "schema.d.ts").write_text("export interface About {}\n")
    assert api_schema.main(["--check"]) == 1
    assert "schema.d.ts" in capsys.readouterr().err
    assert api_schema.main(["--chekc"]) == 2
    assert api_schema.main([]) == 0
    assert "context_tokens: number" in (tmp_path / "schema.d.ts").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "string"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}, {"type": "null"}]}, "number | null"),
        ({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "(string | null)[]"),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, "[string, number]"),
        ({"enum": ["글", "말"], "type": "string"}, "'글' | '말'"),
        ({"const": 1}, "1"),
        ({"type": "object"}, "Record<string, unknown>"),
        ({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Both"}}, "Record<string, Both>"),
        ({"type": "object", "additionalProperties": False, "properties": {}}, "{\n\n}"),
        ({}, "unknown"),
    ],
)
def test_a_json_schema_becomes_a_type(schema, expected):
    assert api_schema.type_of(schema) == expected


def test_a_field_with_a_default_may_be_left_out_of_a_request_and_never_of_a_reply():
    body = {"properties": {"text": {"type": "string"}, "top": {"type": "integer"}}, "required": ["text"]}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}
    reply = {"application/json": {"schema": {"$ref": "#/components/schemas/Reply"}}}
    document = {
        "paths": {"/api/x": {"post": {"requestBody": {"content": content}, "responses": {"200": {"content": reply}}}}},
        "components": {"schemas": {"Body": body, "Reply": body, "Unused": body}},
    }
    written = api_schema.typescript(document)
    assert "export interface Body {\n  text: string\n  top?: number\n}" in written
    assert "export interface Reply {\n  text: string\n  top: number\n}" in written
    assert "'POST /api/x': Reply" in written
    assert "Unused" not in written
