import subprocess
import sys

import pytest

from malmoi.kit.errors import UserError
from malmoi.model.shape import ModelSettings

LLAMA_8B = ModelSettings(
    layers=32,
    hidden=4096,
    heads=32,
    kv_heads=8,
    feed_forward=14336,
    context_tokens=8192,
    rope_theta=500_000.0,
    tied=False,
)


def test_parameters_of_llama_3_8b_are_the_published_number():
    assert LLAMA_8B.shape(128_256).parameters == 8_030_261_248


def test_flops_of_llama_3_8b_give_the_published_mfu_of_torchtitan():
    """5,762 tokens/s on an H100 (989 TFLOP/s) were published as 33-39 % MFU at 8,192 tokens of context."""
    shape = LLAMA_8B.shape(128_256)
    assert 5_762 * shape.training_flops_per_token / 989e12 == pytest.approx(0.337, abs=0.003)


def test_bytes_follow_from_the_sizes():
    shape = LLAMA_8B.shape(128_256)
    assert shape.cache_bytes_per_token(2) == 131_072
    assert shape.training_state_bytes == 16 * shape.parameters


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": 0}, "layers is 0"),
        ({"heads": 3}, "hidden 256 with heads 3"),
        ({"hidden": 12, "heads": 4}, "hidden 12 with heads 4"),
        ({"kv_heads": 3}, "heads 4 with kv_heads 3"),
        ({"rope_theta": 0.0}, "rope_theta 0.0"),
    ],
)
def test_impossible_sizes_are_named(change, message):
    with pytest.raises(UserError, match=message):
        ModelSettings(**change)


def test_settings_and_shapes_need_no_torch():
    code = "import sys, malmoi.model.shape, malmoi.train.settings; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
