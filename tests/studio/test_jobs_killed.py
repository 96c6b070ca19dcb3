"""A real corpus build by a real studio, with both killed in the middle. All 20 moments: benchmarks/jobs_killed.py."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import jobs_killed


@pytest.mark.slow
def test_a_build_whose_studio_and_job_are_killed_ends_with_the_outputs_of_an_undisturbed_one(tmp_path):
    wanted, seconds = jobs_killed.undisturbed(tmp_path / "undisturbed", "corpus")
    assert "shards/part-00000.parquet" in wanted["corpus"]
    found, starts = jobs_killed.disturbed(tmp_path / "killed", "corpus", "studio and job", seconds / 3)
    assert found == wanted
    assert starts == 2
