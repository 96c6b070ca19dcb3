"""Runs the tests of the OpenVINO engine in a process of their own (test_openvino_engine.py says why)."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = [Path(__file__).with_name(name) for name in ("test_openvino_engine.py", "test_engines_conform.py")]


@pytest.mark.skipif(importlib.util.find_spec("openvino_genai") is None, reason="openvino-genai is not installed")
@pytest.mark.timeout(300)
def test_the_openvino_engine_in_a_process_of_its_own():
    words = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", *map(str, TESTS)]
    environment = {**os.environ, "MALMOI_OPENVINO_ALONE": "1"}
    ended = subprocess.run(words, check=False, capture_output=True, text=True, env=environment, cwd=TESTS[0].parents[2])
    assert ended.returncode == 0, ended.stdout[-4_000:]
