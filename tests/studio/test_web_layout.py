"""The interface's sources: no circle of files, as in Python. It is read here, so that the test needs no node."""

from collections.abc import Mapping

import pytest
from source_files import WEB, circles, typescript_imports


def test_no_circle_of_files_in_the_interface():
    edges = typescript_imports(WEB)
    assert "app/routes.ts" in edges["app/router.tsx"]
    assert "features/runs/pages/RunsPage.tsx" in edges["app/routes.ts"]
    assert "text/josa.js" in edges["i18n/language.tsx"]
    assert circles(edges) == []


LAYERS = (("app",), ("shell",), ("features",), ("streams",), ("api", "ui"), ("i18n",), ("text",))
"""Each layer imports those after it. Two names in one layer are siblings that never import each other."""
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}
STYLES = "styles"


def against_the_layers(edges: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """The imports that lead upwards, to a sibling, or from one area of features/ to another."""
    return sorted((one, other) for one, others in edges.items() for other in others if _is_wrong(one, other))


def _is_wrong(one: str, other: str) -> bool:
    (layer, area), (other_layer, other_area) = (path.split("/")[:2] for path in (one, other))
    if layer == other_layer:
        return layer == "features" and area != other_area
    return RANKS[layer] >= RANKS[other_layer]


def test_the_interfaces_layers_import_downwards_only_and_no_area_imports_another():
    edges = typescript_imports(WEB)
    assert {path.split("/")[0] for path in edges} <= RANKS.keys()
    assert {path.name for path in WEB.iterdir()} <= {*RANKS, STYLES}
    assert against_the_layers(edges) == []


@pytest.mark.parametrize(
    ("one", "other", "is_wrong"),
    [
        ("app/routes.ts", "features/runs/pages/RunsPage.tsx", False),
        ("features/runs/pages/RunsPage.tsx", "features/runs/Plot.tsx", False),
        ("features/runs/Plot.tsx", "features/corpora/Flow.tsx", True),
        ("features/runs/Plot.tsx", "shell/Rail.tsx", True),
        ("ui/Page.tsx", "app/routes.ts", True),
        ("ui/ErrorNote.tsx", "api/client.ts", True),
        ("api/client.ts", "ui/memory.ts", True),
        ("streams/store.ts", "features/history/History.tsx", True),
        ("api/client.ts", "i18n/errors.ts", False),
        ("text/josa.js", "i18n/language.tsx", True),
    ],
)
def test_an_import_against_the_layers_is_found(one, other, is_wrong):
    assert against_the_layers({one: {other}}) == ([(one, other)] if is_wrong else [])


@pytest.mark.parametrize(
    "back",
    [
        "import { One } from '../One'",
        'import type { Props } from "../One"',
        "import One, {\n  type Props,\n} from '../One'",
        "export * from '../One'",
        "export { One } from '../One.tsx'",
        "import '../One'",
        "const One = lazy(() => import('../One'))",
    ],
)
def test_a_circle_is_found_however_the_file_is_imported(tmp_path, back):
    (tmp_path / "parts").mkdir()
    (tmp_path / "One.tsx").write_text("import { useState } from 'react'\nimport { two } from './parts'\n")
    (tmp_path / "parts" / "index.ts").write_text(f"import words from './ko.json'\n{back}\n")
    (tmp_path / "parts" / "ko.json").write_text("{}")
    assert [sorted(set(ring)) for ring in circles(typescript_imports(tmp_path))] == [["One.tsx", "parts/index.ts"]]


def test_what_a_comment_says_is_no_import(tmp_path):
    (tmp_path / "one.ts").write_text("import { two } from './two'\n")
    (tmp_path / "two.ts").write_text("// import { one } from './one'\n/** as in\n  import('./one')\n*/\nexport {}\n")
    assert circles(typescript_imports(tmp_path)) == []


def test_a_comment_in_a_line_hides_no_import_after_it(tmp_path):
    (tmp_path / "one.ts").write_text("// read first\nimport { two } from './two'\n")
    (tmp_path / "two.ts").write_text("import { one } from './one'\n")
    assert len(circles(typescript_imports(tmp_path))) == 1


def test_an_import_of_no_file_is_said(tmp_path):
    (tmp_path / "one.ts").write_text("import { two } from './two'\n")
    with pytest.raises(AssertionError, match="no such file"):
        typescript_imports(tmp_path)
