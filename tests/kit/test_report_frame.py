import jinja2
import pytest

from malmoi.kit.page import ENVIRONMENT, PACKAGE, percent, rounded

TEMPLATES = sorted(path for path in PACKAGE.rglob("*.html") if "studio" not in path.relative_to(PACKAGE).parts)


def test_a_name_that_nobody_gave_is_an_error_and_no_gap():
    with pytest.raises(jinja2.UndefinedError, match="missing"):
        ENVIRONMENT.from_string("{{ row.missing }}").render(row={})


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_template_switches_the_escaping_off(template):
    source = template.read_text(encoding="utf-8")
    assert "autoescape" not in source
    assert "safe" not in source
    assert "<script" not in source
    assert "style=" not in source


def test_shares_and_limits_are_readable():
    assert [percent(value) for value in (None, 0.1234, 1.0)] == ["–", "12.3%", "100.0%"]
    assert [rounded(value) for value in (0.7, 0.0123456, 126_000.0)] == ["0.7", "0.01235", "126,000"]
