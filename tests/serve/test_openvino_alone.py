"""Runs the tests of the OpenVINO engine in a process of their own (test_openvino_engine.py says why)."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).with_name("test_openvino_engine.py")


@pytest.mark.skipif(importlib.util.find_spec("openvino_genai") is None, reason="openvino-genai is not installed")
@pytest.mark.timeout(300)
def test_the_openvino_engine_in_a_process_of_its_own():
    words = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", str(ENGINE)]
    environment = {**os.environ, "MALMOI_OPENVINO_ALONE": "1"}
    ended = subprocess.run(words, check=False, capture_output=True, text=True, env=environment, cwd=ENGINE.parents[2])
    assert ended.returncode == 0, ended.stdout[-4_000:]
