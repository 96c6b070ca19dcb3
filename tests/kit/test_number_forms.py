"""The reports write sizes, shares and times as the studio does: both are held to one table of forms.

The studio's half is malmoi/studio/web/src/text/numbers.test.ts.
"""

import json

import pytest
from source_files import WEB

from malmoi.kit.page import duration, percent, rounded, size

FORMS = json.loads((WEB / "text" / "numberForms.json").read_text(encoding="utf-8"))
WRITERS = {
    "bytes": lambda value: [size(value)],
    "percent": lambda value: [percent(value)],
    "rounded": lambda value: [rounded(value)],
    "duration": lambda value: list(duration(value)),
}


def test_every_list_of_the_table_is_compared():
    assert FORMS.keys() == WRITERS.keys()
    assert all(len(rows) >= 3 for rows in FORMS.values())


@pytest.mark.parametrize("form", WRITERS)
def test_a_report_writes_a_number_as_the_studio_does(form):
    assert [WRITERS[form](value) for value, *_ in FORMS[form]] == [said for _, *said in FORMS[form]]


def test_what_is_not_a_number_is_a_dash():
    assert [size(None), percent(None), *duration(None)] == ["–"] * 4
