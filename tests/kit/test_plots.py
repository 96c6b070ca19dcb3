import math
import xml.etree.ElementTree as ET

import pytest

from malmoi.kit.page import ENVIRONMENT
from malmoi.kit.plots import curve, round_ticks

PARTS = ENVIRONMENT.get_template("kit/templates/parts.html").module


def bars(rows: list[tuple], full: float) -> ET.Element:
    drawn = "".join(PARTS.bar(label, value, length, full, title) for label, value, length, title in rows)
    return ET.fromstring(f"<table>{drawn}</table>")


def drawn_curve(points: list[tuple[float, float, str]], label: str) -> ET.Element:
    return ET.fromstring(PARTS.curve(curve(points), label))


def test_the_longest_bar_fills_the_column_and_titles_are_escaped():
    drawn = bars([("가", "2", 2.0, 'a"<b>'), ("나", "<1>", 1.0, "")], 2.0)
    assert [rect.get("width") for rect in drawn.iter("rect")] == ["100.00", "50.00"]
    assert next(drawn.iter("title")).text == 'a"<b>'
    assert [cell.text for cell in drawn.iter("td") if cell.get("class") == "value"] == ["2", "<1>"]
    [half] = bars([("가", "2", 2.0, "")], 4.0).iter("rect")
    assert half.get("width") == "50.00"
    [nothing] = bars([("가", "0", 0.0, "")], 0.0).iter("rect")
    assert nothing.get("width") == "0.00"


def test_a_curve_stays_inside_its_box_and_tells_each_value():
    points = [(n, 9 / n, f"step {n} <&>") for n in range(1, 30)]
    drawn = drawn_curve(points, "loss <&>")
    [svg] = drawn.iter("svg")
    assert svg.get("aria-label") == "loss <&>"
    path = next(one.get("d") for one in drawn.iter("path") if one.get("class") == "line")
    assert path is not None
    places = [tuple(map(float, place.split())) for place in path[1:].split("L")]
    assert all(0 <= x <= 1000 and 0 <= y <= 300 for x, y in places)
    assert [title.text for title in drawn.iter("title")] == [title for _, _, title in points]
    strips = [one for one in drawn.iter("rect") if one.get("class") == "strip"]
    assert sum(float(one.get("width", 0)) for one in strips) == pytest.approx(1000, abs=2)


def test_steps_are_whole_numbers():
    drawn = drawn_curve([(1, 3.0, ""), (400, 2.0, "")], "loss")
    [axis] = [one for one in drawn.iter("div") if one.get("class") == "x"]
    assert [span.text for span in axis] == ["1", "81", "161", "240", "320", "400"]


def test_values_that_are_no_numbers_are_left_out():
    points = [(1, math.nan, ""), (2, 3.0, ""), (3, math.inf, ""), (4, 3.0, "")]
    assert "nan" not in PARTS.curve(curve(points), "x")
    assert len(list(drawn_curve(points, "x").iter("title"))) == 2
    assert curve(points[:3]) is None
    assert curve([]) is None
    assert PARTS.curve(None, "x").strip() == ""


@pytest.mark.parametrize(("low", "high"), [(0.0, 9.3), (2.96, 2.97), (5.0, 5.0), (0.0, 0.0), (-3.0, 1e6), (1e-9, 2e-9)])
def test_ticks_are_round_and_reach_around_the_values(low: float, high: float):
    ticks = round_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert 2 <= len(ticks) <= 8
