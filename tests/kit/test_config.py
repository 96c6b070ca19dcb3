import dataclasses
import hashlib
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


@dataclass(frozen=True)
class Weights:
    folder: Path | None = config.file(None)
    key: Path | None = config.file(None, key=True)


@dataclass(frozen=True)
class Roles:
    seed: int = 0
    threads: int | None = config.machine(None)
    token: str | None = config.secret()
    weights: Weights = dataclasses.field(default_factory=Weights)
    sets: tuple[Weights, ...] = ()
    by_name: dict[str, Weights] = dataclasses.field(default_factory=dict)


def test_settings_of_the_machine_are_no_part_of_an_identity():
    assert config.identity(Roles(threads=8)) == config.identity(Roles(threads=1))
    assert config.identity(Roles(seed=1)) != config.identity(Roles(seed=2))
    assert config.parse(Roles, config.identity(Roles(seed=3, threads=2)), "") == Roles(seed=3)
    assert config.to_table(Roles(threads=8))["threads"] == 8


def test_every_file_that_settings_name_is_known_by_its_content(tmp_path):
    weights, other = tmp_path / "weights", tmp_path / "글.npz"
    weights.mkdir()
    (weights / "a.npz").write_bytes(b"1")
    other.write_bytes(b"1")
    settings = Roles(weights=Weights(weights), sets=(Weights(), Weights(other)), by_name={"x": Weights(other)})
    before = config.files(settings)
    assert set(before) == {"weights.folder", "sets[1].folder", "by_name.x.folder"}
    (weights / "a.npz").write_bytes(b"2")
    after = config.files(settings)
    assert {name for name in before if before[name] != after[name]} == {"weights.folder"}
    assert config.files(Roles()) == {}


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"^corpus\.weights\.folder is .*none, and nothing is there; expected"):
        config.files(Roles(weights=Weights(tmp_path / "none")), "corpus")


def test_a_key_is_told_by_a_hash_that_is_slow_to_guess(tmp_path):
    key = tmp_path / "key"
    key.write_text("짧은 비밀\n")
    (found,) = config.files(Roles(weights=Weights(key=key))).values()
    assert found.startswith("scrypt ")
    assert hashlib.sha256(key.read_bytes()).hexdigest() not in found
    key.write_text("짧은 비밀")  # the end of the line is no part of the key
    assert config.files(Roles(weights=Weights(key=key))) == {"weights.key": found}
    key.write_text("다른 비밀")
    assert config.files(Roles(weights=Weights(key=key))) != {"weights.key": found}


@pytest.mark.parametrize("value", ["sk-Abc123", "hf_abcdef", "열쇠", "my key", "", "KEY=1", "1KEY"])
def test_a_secret_itself_is_refused_and_never_shown(value):
    with pytest.raises(UserError, match=r"^serve\.token is no name of an environment variable") as caught:
        config.parse(Roles, {"token": value}, "serve")
    assert not value or value not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_secret_is_named_by_the_variable_that_holds_it():
    assert config.parse(Roles, {"token": "MALMOI_TOKEN_2"}, "").token == "MALMOI_TOKEN_2"
