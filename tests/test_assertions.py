"""No test of this project is unable to fail (assertions.py says what that means); the check itself is tested."""

import pytest
from assertions import ALWAYS_TRUE, EMPTY_LOOP, NOTHING, faults
from source_files import ROOT, python_files

TESTS = ROOT / "tests"

CANNOT_FAIL = {
    "nothing is asked": ("f()", NOTHING),
    "a result is thrown away": ("f() == 3", NOTHING),
    "something is waited for": ("page.get_by_text('x').wait_for()", NOTHING),
    "what is expected of a page is not said": ("expect(page)", NOTHING),
    "a function named as one that expects": ("silent(page).to_be_visible()", NOTHING),
    "a page is expected in a loop": ("for row in f():\n    expect(row).to_be_visible()", EMPTY_LOOP),
    "a function that asserts is defined elsewhere, not called": ("names = [asserting]", NOTHING),
    "a function is called that asserts nothing": ("silent()", NOTHING),
    "a function raises": ("def refuse():\n    raise AssertionError\nf(refuse)", NOTHING),
    "a loop over a call": ("for row in f():\n    assert row", EMPTY_LOOP),
    "a loop over an attribute": ("for row in one.rows:\n    assert row", EMPTY_LOOP),
    "a loop over what was filtered": ("for n in [n for n in (1, 2) if f(n)]:\n    assert n", EMPTY_LOOP),
    "a loop over an empty list": ("rows = []\nf(rows)\nfor row in rows:\n    assert row", EMPTY_LOOP),
    "a loop over a range that is not known": ("for n in range(f()):\n    assert n < 3", EMPTY_LOOP),
    "a loop in a loop": ("for n in (1, 2):\n    for row in f(n):\n        assert row", EMPTY_LOOP),
    "a loop that may never turn": ("while f():\n    assert g()", EMPTY_LOOP),
    "a function that asserts, called in a loop": ("for row in f():\n    asserting(row)", EMPTY_LOOP),
    "an expected error in a loop": ("for row in f():\n    with pytest.raises(ValueError):\n        row()", EMPTY_LOOP),
    "all of what may be none": ("assert all(row > 1 for row in f())", EMPTY_LOOP),
    "a function asserts in a loop alone": ("looping()", NOTHING),
    "true": ("assert True", ALWAYS_TRUE),
    "a number": ("assert 1, 'never'", ALWAYS_TRUE),
    "a tuple": ("assert (f() == 3, 'a sum')", ALWAYS_TRUE),
    "or true": ("assert f() or True", ALWAYS_TRUE),
    "a text": ("assert f'{f()}'", ALWAYS_TRUE),
    "a name and itself": ("assert row == row", ALWAYS_TRUE),
    "a length of nothing or more": ("assert len(f()) >= 0", ALWAYS_TRUE),
    "a generator": ("assert (row for row in f())", ALWAYS_TRUE),
}

CAN_FAIL = {
    "an assertion": "assert f() == 3",
    "an expected error": "with pytest.raises(ValueError):\n    f()",
    "an expected warning": "with pytest.warns(UserWarning):\n    f()",
    "something that a page comes to": "expect(page.get_by_text('x')).to_have_count(2)",
    "something that a page does not come to": "expect(page).not_to_have_url('/x')",
    "a function of numpy": "np.testing.assert_array_equal(f(), [1])",
    "a function of the same file": "asserting(f())",
    "a function of another file": "borrowed(f())",
    "a function that calls another": "calling(f())",
    "a fixture that gives a function": "check(f())",
    "a coroutine": "async def main():\n    assert f()\nrun(main())",
    "a loop over a literal": "for n in (1, 2):\n    assert f(n)",
    "a loop over a name of the file": "for n, row in ROWS.items():\n    assert f(n) == row",
    "a loop over a name of another file": "for row in LISTED:\n    assert f(row)",
    "a loop over pairs of which one list is seen": "for a, b in zip((1, 2), f(), strict=True):\n    assert a == b",
    "a loop over a range": "for n in range(1, 3):\n    assert f(n)",
    "a loop after it was seen to hold something": "rows = f()\nassert rows\nfor row in rows:\n    assert row",
    "a loop over what a function that asserts gives": "for row in asserting(f()):\n    g(row)",
    "all of a literal": "assert all(f(n) for n in (1, 2))",
    "no number equals itself": "assert f() != f()",
}

FILE = """
import pytest
from playwright.sync_api import expect
from small_things import LISTED, borrowed

ROWS = {{"a": 1}}

def asserting(value):
    assert value

def calling(value):
    asserting(value)

def looping():
    for value in f():
        assert value

def silent():
    return 3

def test_it(check):
    {body}
"""
OTHERS = {
    "small_things.py": "LISTED = ['a', 'b']\n\ndef borrowed(value):\n    assert value == LISTED\n",
    "conftest.py": "def check():\n    def inner(value):\n        assert value\n    return inner\n",
}


def found_in(body: str) -> list[str]:
    source = FILE.format(body=body.replace("\n", "\n    "))
    return faults({"room/test_one.py": source, **OTHERS})


@pytest.mark.parametrize(("body", "fault"), CANNOT_FAIL.values(), ids=CANNOT_FAIL)
def test_a_test_that_cannot_fail_is_found(body, fault):
    assert f"room/test_one.py: test_it {fault}" in found_in(body)


@pytest.mark.parametrize("body", CAN_FAIL.values(), ids=CAN_FAIL)
def test_a_test_that_can_fail_is_left_alone(body):
    assert found_in(body) == []


def test_a_test_in_a_class_is_looked_at():
    source = "class TestOne:\n    def test_it(self):\n        f()\n"
    assert faults({"test_one.py": source}) == [f"test_one.py: test_it {NOTHING}"]


def test_no_test_of_this_project_is_unable_to_fail():
    sources = {path.relative_to(TESTS).as_posix(): path.read_text(encoding="utf-8") for path in python_files(TESTS)}
    assert "train/test_step.py" in sources
    assert faults(sources) == []
