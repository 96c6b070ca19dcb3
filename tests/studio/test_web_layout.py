"""The interface's sources: no circle of files, as in Python. It is read here, so that the test needs no node."""

import pytest
from source_files import WEB, circles, typescript_imports


def test_no_circle_of_files_in_the_interface():
    edges = typescript_imports(WEB)
    assert "app/routes.ts" in edges["app/router.tsx"]
    assert "features/runs/pages/RunsPage.tsx" in edges["app/routes.ts"]
    assert "text/josa.js" in edges["i18n/language.tsx"]
    assert circles(edges) == []


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


def test_an_import_of_no_file_is_said(tmp_path):
    (tmp_path / "one.ts").write_text("import { two } from './two'\n")
    with pytest.raises(AssertionError, match="no such file"):
        typescript_imports(tmp_path)
