import dataclasses
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from malmoi.kit import config
from malmoi.kit.errors import UserError


@dataclass(frozen=True)
class Wheel:
    inches: int
    tyre: Literal["slick", "knobbly"] = "slick"


@dataclass(frozen=True)
class Bicycle:
    name: str
    wheels: tuple[Wheel, ...]
    weight_kg: float = 9.5
    shed: Path | None = None
    lights: dict[str, int] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.weight_kg <= 0:
            raise UserError(f"weight_kg is {self.weight_kg}", "above 0")


def parsed(text: str, *assignments: str) -> Bicycle:
    return config.parse(Bicycle, config.override(config.tomllib.loads(text), assignments), "bicycle")


GOOD = 'name = "바람"\nwheels = [{inches = 28}, {inches = 26, tyre = "knobbly"}]\n'


def test_a_table_becomes_nested_dataclasses_with_their_defaults():
    bicycle = parsed(GOOD + 'weight_kg = 8\nshed = "헛간"\nlights = {front = 2}\n')
    assert bicycle == Bicycle("바람", (Wheel(28), Wheel(26, "knobbly")), 8.0, Path("헛간"), {"front": 2})
    assert isinstance(bicycle.weight_kg, float)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "wieght_kg = 8", ["bicycle.wieght_kg", "weight_kg"]),
        ('name = "바람"\nwheels = [{inch = 28}]', ["bicycle.wheels[0].inch", "inches"]),
        ('name = "바람"', ["missing", "bicycle.wheels", "a list"]),
        ("name = 5\nwheels = []", ["bicycle.name is 5", "text"]),
        ('name = "바람"\nwheels = [{inches = true}]', ["bicycle.wheels[0].inches is True", "whole number"]),
        ('name = "바람"\nwheels = [{inches = 2.5}]', ["bicycle.wheels[0].inches is 2.5"]),
        ('name = "바람"\nwheels = [{inches = 28, tyre = "glass"}]', ["tyre is 'glass'", "slick, knobbly"]),
        ('name = "바람"\nwheels = {}', ["bicycle.wheels is {}", "a list"]),
        (GOOD + "weight_kg = -1", ["bicycle: weight_kg is -1.0", "above 0"]),
        (GOOD + "lights = 3", ["bicycle.lights is 3", "a table"]),
        (GOOD + "weight_kg = nan", ["bicycle.weight_kg is nan", "finite"]),
        (GOOD + "weight_kg = inf", ["bicycle.weight_kg is inf", "finite"]),
        (GOOD + 'shed = ""', ["bicycle.shed is ''", "a path"]),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_path(text, words):
    with pytest.raises(UserError) as raised:
        parsed(text)
    for word in words:
        assert word in str(raised.value)
    assert "\n" not in str(raised.value)


def test_overrides_reach_nested_keys_and_list_items_and_leave_the_original_alone():
    table = config.tomllib.loads(GOOD)
    changed = config.override(table, ["weight_kg=7.5", "wheels.1.inches=20", "name=봄 바람", "lights.rear=1"])
    bicycle = config.parse(Bicycle, changed, "")
    assert (bicycle.weight_kg, bicycle.wheels[1].inches, bicycle.name) == (7.5, 20, "봄 바람")
    assert bicycle.lights == {"rear": 1}
    assert table["wheels"][1]["inches"] == 26


@pytest.mark.parametrize("assignment", ["weight_kg", "=3", "a..b=3", "wheels.7.inches=3", "name.first=3"])
def test_a_malformed_override_is_refused_with_its_own_words(assignment):
    with pytest.raises(UserError, match=r"--set"):
        config.override(config.tomllib.loads(GOOD), [assignment])


def test_settings_survive_the_way_to_a_table_and_back():
    bicycle = parsed(GOOD + 'shed = "헛간"')
    table = config.to_table(bicycle)
    assert table["shed"] == "헛간"
    assert config.parse(Bicycle, table, "") == bicycle


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", None])
def test_an_unreadable_recipe_is_one_clear_line(tmp_path, content):
    path = tmp_path / "recipe.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"recipe\.toml"):
        config.read_toml(path)


def test_a_remote_path_keeps_both_its_slashes_on_the_way_to_a_table_and_back():
    bicycle = parsed(GOOD + 'shed = "memory://헛간/자전거"')
    assert str(bicycle.shed) == "memory://헛간/자전거"
    table = config.to_table(bicycle)
    assert table["shed"] == "memory://헛간/자전거"
    assert config.parse(Bicycle, table, "") == bicycle
    with pytest.raises(UserError, match=r"^bicycle\.shed: 'foo://a' cannot be a path"):
        parsed(GOOD + 'shed = "foo://a"')


def test_an_error_for_people_keeps_its_code_when_told_from_within_and_between_processes():
    error = UserError("it is 3", "a 4", "count again", code=75)
    for copied in (pickle.loads(pickle.dumps(error)), error.within("here")):
        assert (copied.expected, copied.hint, copied.code) == ("a 4", "count again", 75)
    assert str(error.within("here")) == "here: it is 3; expected a 4; count again"
