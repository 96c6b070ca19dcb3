"""The learning rate over a run: warm-up, stable, decay."""

import math

from malmoi.train.settings import TrainSettings


def learning_rate(settings: TrainSettings, step: int) -> float:
    """The rate of step 0, 1, ... steps-1.

    It rises in a line to `learning_rate`, stays there, and falls as 1 - sqrt(progress) over the last `decay_share` of
    the steps (Haegele et al. 2024, "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations": better
    than a line and as good as a cosine, and the stable part can be gone on with). It never reaches 0.
    """
    assert 0 <= step < settings.steps, (step, settings.steps)
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    decay_steps = min(round(settings.steps * settings.decay_share), settings.steps - settings.warmup_steps)
    into_decay = step - (settings.steps - decay_steps)
    if into_decay < 0:
        return settings.learning_rate
    return settings.learning_rate * (1 - math.sqrt((into_decay + 0.5) / (decay_steps + 0.5)))
