"""Training tokens/s on a CPU: malmoi's step against transformers' own LlamaForCausalLM with torch's AdamW.

Same shape, first weights, batches, learning rate, clipping and threads; the losses must agree step by step, or no
figure is printed. Each side has a process of its own and they take turns, so that load and heat fall on both; the
figure is the median over the rounds. On a machine that does other work too, take --threads 1 and the tokens per CPU
second: threads that wait for each other measure the load. Two kinds of batches: rows of one document each, and rows
packed with documents of about 300 tokens, where transformers gets the block-diagonal mask.

    python benchmarks/train_cpu.py                    # 26 M parameters, 8 x 512 tokens, float32
    python benchmarks/train_cpu.py --precision bfloat16
"""
# ruff: noqa: N806 (shape letters)

import argparse
import json
import multiprocessing
import os
import statistics
import time
from multiprocessing.connection import Connection
from typing import Any

import torch

from malmoi.model.shape import ModelSettings
from malmoi.model.spans import block_mask
from malmoi.model.transformer import Transformer, start
from malmoi.train import machine
from malmoi.train.loader import Batch
from malmoi.train.optimizer import build_optimizer
from malmoi.train.settings import TrainSettings
from malmoi.train.step import train_step

MODEL = ModelSettings(layers=6, hidden=512, heads=8, kv_heads=4, feed_forward=1408, context_tokens=512)
VOCABULARY = 16_384
SETTINGS = TrainSettings(sequence_tokens=512, batch_sequences=8, micro_sequences=8, learning_rate=1e-3)
DOCUMENT_TOKENS = 300
LOSS_TOLERANCE = {"float32": 1e-4, "bfloat16": 2e-2}


def make_batch(number: int, packed: bool) -> Batch:
    """Random tokens; packed rows hold documents of exponentially distributed length."""
    generator = torch.Generator().manual_seed(number)
    size = SETTINGS.batch_sequences, SETTINGS.sequence_tokens
    line_BT = torch.randint(0, VOCABULARY, (size[0], size[1] + 1), generator=generator)
    places_BT = torch.arange(size[1]).expand(size)
    starts_BT = torch.rand(size, generator=generator) < (1 / DOCUMENT_TOKENS if packed else 0)
    positions_BT = places_BT - torch.where(starts_BT, places_BT, 0).cummax(dim=1).values
    return Batch(line_BT[:, :-1], positions_BT, line_BT[:, 1:])


class Ours:
    """The step of malmoi.train."""

    def __init__(self, precision: str) -> None:
        self.precision = getattr(torch, precision)
        self.model = new_model()
        self.optimizer = build_optimizer(self.model, SETTINGS)

    def step(self, batch: Batch) -> float:
        """Trains on a batch; returns its loss."""
        return train_step(self.model, self.optimizer, batch, SETTINGS, self.precision).loss


class Transformers:
    """The step as one writes it with transformers and torch."""

    def __init__(self, precision: str) -> None:
        from transformers import LlamaConfig, LlamaForCausalLM

        self.precision = getattr(torch, precision)
        ours = new_model()
        config = LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=MODEL.hidden,
            intermediate_size=MODEL.feed_forward,
            num_hidden_layers=MODEL.layers,
            num_attention_heads=MODEL.heads,
            num_key_value_heads=MODEL.kv_heads,
            max_position_embeddings=MODEL.context_tokens,
            rms_norm_eps=MODEL.norm_epsilon,
            rope_parameters={"rope_type": "default", "rope_theta": MODEL.rope_theta},
            tie_word_embeddings=MODEL.tied,
            use_cache=False,
        )
        self.model: Any = LlamaForCausalLM(config)
        self.model.load_state_dict(ours.state_dict())
        matrices = [one for one in self.model.parameters() if one.ndim > 1]
        norms = [one for one in self.model.parameters() if one.ndim == 1]
        groups = [{"params": matrices, "weight_decay": SETTINGS.weight_decay}, {"params": norms, "weight_decay": 0.0}]
        betas = (SETTINGS.betas[0], SETTINGS.betas[1])
        self.optimizer = torch.optim.AdamW(groups, lr=SETTINGS.learning_rate, betas=betas)

    def step(self, batch: Batch) -> float:
        """Trains on a batch; returns its loss."""
        is_packed = bool((batch.positions_BT[:, 1:] == 0).any())
        mask = block_mask(batch.positions_BT) if is_packed else None
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.precision == torch.bfloat16):
            logits = self.model(batch.tokens_BT, position_ids=batch.positions_BT, attention_mask=mask).logits
            loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), batch.targets_BT.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), SETTINGS.clip_norm or float("inf"))
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.item()


def new_model() -> Transformer:
    """The same first weights on both sides."""
    model = Transformer(MODEL.shape(VOCABULARY))
    start(model, 0)
    return model


def work(kind: str, precision: str, threads: int, orders: Connection) -> None:
    """A side's process: trains on the batches it is told to, and answers with seconds and losses."""
    torch.set_num_threads(threads)
    if kind == "ours":
        with machine.fixed(threads, "cpu"):
            serve(Ours(precision), orders)
    else:
        serve(Transformers(precision), orders)


def serve(side: Any, orders: Connection) -> None:
    """Answers orders (numbers of batches, packed or not) until there is none."""
    while (order := orders.recv()) is not None:
        batches = [make_batch(number, order["packed"]) for number in order["batches"]]
        began, began_cpu = time.perf_counter(), time.process_time()
        losses = [side.step(batch) for batch in batches]
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
        orders.send({"seconds": seconds, "cpu_seconds": cpu_seconds, "losses": losses})


def compare(options: argparse.Namespace, packed: bool) -> dict[str, Any]:
    """Lets both sides take turns on one kind of batches."""
    processes = multiprocessing.get_context("spawn")
    sides: dict[str, Connection] = {}
    for kind in ("ours", "transformers"):
        here, there = processes.Pipe()
        process = processes.Process(target=work, args=(kind, options.precision, options.threads, there), daemon=True)
        process.start()
        sides[kind] = here
    speeds: dict[str, list[float]] = {kind: [] for kind in sides}
    thrifts: dict[str, list[float]] = {kind: [] for kind in sides}
    tokens = options.steps * SETTINGS.batch_sequences * SETTINGS.sequence_tokens
    for turn in range(options.rounds + 1):
        answers = {}
        for kind, orders in sides.items():
            orders.send({"packed": packed, "batches": range(turn * options.steps, (turn + 1) * options.steps)})
            answers[kind] = orders.recv()
            time.sleep(0.5)  # the other side's idle threads stop spinning
        check_losses(answers, LOSS_TOLERANCE[options.precision])
        for kind, answer in answers.items():
            if turn > 0:  # the first round warms up
                speeds[kind].append(tokens / answer["seconds"])
                thrifts[kind].append(tokens / answer["cpu_seconds"])
    for orders in sides.values():
        orders.send(None)
    result: dict[str, Any] = {"batches": "packed" if packed else "whole"}
    for unit, values in (("tokens_per_s", speeds), ("tokens_per_cpu_s", thrifts)):
        medians = {kind: statistics.median(values[kind]) for kind in sides}
        result |= {f"{kind}_{unit}": round(median) for kind, median in medians.items()}
        result[f"{unit}_ratio"] = round(medians["ours"] / medians["transformers"], 2)
    return result | {"all": {kind: [round(value) for value in values] for kind, values in speeds.items()}}


def check_losses(answers: dict[str, Any], tolerance: float) -> None:
    """Both sides must do the same training."""
    for ours, theirs in zip(answers["ours"]["losses"], answers["transformers"]["losses"], strict=True):
        assert abs(ours - theirs) < tolerance * theirs, (ours, theirs)


def main() -> None:
    """Runs both kinds of batches and prints a JSON line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2, help="steps in a round")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    print(
        json.dumps(
            {
                "parameters": MODEL.shape(VOCABULARY).parameters,
                "batch": [SETTINGS.batch_sequences, SETTINGS.sequence_tokens],
                "precision": options.precision,
                "threads": options.threads,
                "torch": torch.__version__,
            }
        )
    )
    for packed in (False, True):
        print(json.dumps(compare(options, packed)), flush=True)


if __name__ == "__main__":
    main()
