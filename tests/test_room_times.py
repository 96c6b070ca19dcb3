from types import SimpleNamespace

from room_times import LIMITS_MINUTES, seconds_by_room, summary, table

PARTS = ("setup", "call", "teardown")

DURATIONS = [
    ("tests/corpus/test_mix.py::test_a", 100.0),
    ("tests/corpus/steps/test_rules.py::test_b[tests/train/x]", 98.0),
    ("tests/kit/test_files.py::test_c", 30.0),
    ("tests/kit/test_files.py::test_c", 6.0),
    ("tests/test_layout.py::test_d", 12.0),
]


def test_durations_are_summed_by_the_folder_below_tests():
    assert seconds_by_room(DURATIONS) == {"corpus": 198.0, "kit": 36.0, "tests": 12.0}
    assert seconds_by_room([]) == {}


def test_each_room_stands_beside_its_limit_and_the_others_are_one_sum():
    assert table(seconds_by_room(DURATIONS), stage=0, processes=1) == [
        "corpus    3.3 min of 3  over",
        "train     0.0 min of 1.5",
        "serve     0.0 min of 1",
        "studio    0.0 min of 1",
        "ops       0.0 min of 1",
        "rest      0.8 min of 0.5  over",
        "rest is kit 0.6, tests 0.2",
    ]


def test_two_processes_halve_the_minutes_and_the_slow_stage_has_limits_of_its_own():
    lines = table(seconds_by_room(DURATIONS), stage=1, processes=2)
    assert lines[0] == "corpus    1.6 min of 6"
    assert lines[5] == "rest      0.4 min of 0  over"
    assert len(lines) == len(LIMITS_MINUTES) + 1


def test_only_a_stage_of_make_test_has_a_table_of_all_reports_that_took_time():
    parts = [SimpleNamespace(nodeid="tests/kit/test_files.py::test_c", duration=60.0, when=when) for when in PARTS]
    stats = {"": [parts[0], parts[2]], "passed": [parts[1]], "deselected": [object()], "warnings": [object()]}
    assert summary(stats, "not slow", None)[-2:] == ["rest      3.0 min of 0.5  over", "rest is kit 3.0"]
    assert summary(stats, "slow", 2)[-2:] == ["rest      1.5 min of 0  over", "rest is kit 1.5"]
    assert summary(stats, "", None) == summary(stats, "browser", 2) == []
