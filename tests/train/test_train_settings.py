import pytest

from malmoi.kit import config
from malmoi.kit.errors import UserError
from malmoi.train.settings import TrainSettings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "train: steps is 0"),
        ({"sequence_tokens": 1}, "train: sequence_tokens is 1"),
        ({"batch_sequences": 10, "micro_sequences": 4}, "batch_sequences 10 with micro_sequences 4"),
        ({"batch_sequences": 4, "micro_sequences": 8}, "batch_sequences 4 with micro_sequences 8"),
        ({"steps": 10, "warmup_steps": 11}, "warmup_steps is 11; expected 0 to 10"),
        ({"decay_share": 1.5}, "decay_share is 1.5"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"betas": [0.9]}, r"betas is \[0.9\]"),
        ({"betas": [0.9, 1.0]}, r"betas is \[0.9, 1.0\]"),
        ({"clip_norm": 0}, "clip_norm is 0"),
        ({"threads": 0}, "threads is 0"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"device": "tpu"}, "train.device is 'tpu'; expected one of auto, cpu, cuda"),
        ({"learning_rat": 1}, "did you mean 'learning_rate'"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(change, message):
    with pytest.raises(UserError, match=message):
        config.parse(TrainSettings, change, "train")


def test_settings_survive_the_manifest_and_back():
    settings = TrainSettings(clip_norm=None, betas=(0.8, 0.99))
    assert config.parse(TrainSettings, config.to_table(settings), "train") == settings
