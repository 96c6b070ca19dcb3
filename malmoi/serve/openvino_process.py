"""The process in which OpenVINO runs: it reads requests from a socket, makes steps, and writes what each step made.

A process of its own has four reasons. OpenVINO's step keeps Python's lock: in the server's process everything else
stood still meanwhile (a first token came one step late, a stream two). Where it has run, training with torch ends with
a segmentation fault. A fault of it ends this process alone, which is then started anew. One that hangs can be killed.

Messages are JSON after four bytes of length. To here: the setup first, then {"add": number, ...}, {"cancel": number}.
From here: {"ready": version} or {"error": text}, then one for each step, [[number, ids, logprobs, finish], ...] (a
finish of "refused" has its reason in the place of ids), or {"failed": type} at the end. No torch here.
"""

import contextlib
import os
import re
import select
import shutil
import socket
import sys
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from malmoi.kit.errors import bare
from malmoi.kit.scratch import scratch_folder
from malmoi.serve.engine import HAND_OUT_S
from malmoi.serve.openvino_8bit import put_8_bits
from malmoi.serve.openvino_weights import EXACT, put_exact

IR = "openvino_model.xml"
BLOCK_TOKENS = 32
"""Of the paged cache on a CPU (OpenVINO 2026.4)."""
_SPARE_BLOCKS = 16
BANNED = -1.0e9
"""Added to a logit: its probability is 0 in float32."""
_MOST_SEED = 2**32 - 1
_COLDEST = 1e-6
"""A temperature below it is greedy: OpenVINO's own is a float32 above 0."""
TURN_S = 2.0
"""Who waits so long for the turn of an adapter lets nobody go before any more."""
_LENGTH_BYTES = 4
_ORPHAN_LOOKS, _ORPHAN_LOOK_S = 10, 0.05


@dataclass(frozen=True)
class Setup:
    """What the process is told first. folder: where the model in OpenVINO's form is, or is written from `gguf`.

    adapters: their names, and files with A and s B of each module.
    """

    gguf: str
    folder: str
    banned_ids: list[int]
    vocabulary_tokens: int
    end_ids: list[int]
    context_tokens: int
    slots: int
    prefill_tokens: int
    precision: str
    in_8_bits: bool
    threads: int | None
    has_prefix_cache: bool
    adapters: dict[str, str]


@dataclass(frozen=True)
class Ask:
    """One request: the settings of malmoi.serve.engine.Request that OpenVINO knows."""

    add: int
    prompt_ids: list[int]
    max_tokens: int
    min_tokens: int
    temperature: float
    top_p: float | None
    top_k: int | None
    min_p: float | None
    seed: int | None
    repetition_penalty: float | None
    presence_penalty: float
    frequency_penalty: float
    stop_token_ids: list[int]
    ignore_eos: bool
    adapter: str | None = None


class Messages:
    """Messages over a socket, in both processes."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = bytearray()
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def put(self, message: Any) -> None:
        """Sends one. Waits while the other side takes nothing."""
        content = orjson.dumps(message)
        self._connection.sendall(len(content).to_bytes(_LENGTH_BYTES, "big") + content)

    def get(self, timeout_s: float | None) -> Any:
        """The next message. Raises TimeoutError when none comes in time (0: none is there), EOFError at the end."""
        while (message := self._whole()) is None:
            if not self._poll.poll(None if timeout_s is None else timeout_s * 1e3):
                raise TimeoutError
            if not (received := self._connection.recv(1 << 16)):
                raise EOFError
            self._received += received
        return message

    def _whole(self) -> Any:
        """The first message that has come whole, or None."""
        size = int.from_bytes(self._received[:_LENGTH_BYTES], "big")
        if len(self._received) < _LENGTH_BYTES + size or not size:
            return None
        content = bytes(self._received[_LENGTH_BYTES : _LENGTH_BYTES + size])
        del self._received[: _LENGTH_BYTES + size]
        return orjson.loads(content)


class Runner:
    """The pipeline and the requests that it works on.

    All that run together have one adapter, or none: OpenVINO cannot mix them. The others wait for their turn.
    """

    def __init__(self, messages: Messages, end_ids: list[int], opened: Any, adapters: Any = None) -> None:
        """opened: the pipeline. adapters: by their names, as the library has read them."""
        self._messages, self._end_ids, self._pipeline, self._adapters = messages, end_ids, opened, adapters
        self._waiting: list[tuple[float, Ask]] = []
        self._adapter: str | None = None
        self._handles: dict[int, Any] = {}
        self._begun: set[int] = set()
        self._made: dict[int, list[Any]] = {}
        self._is_due, self._put_s = False, 0.0

    def run(self) -> None:
        """Until the other side is gone."""
        while True:
            self._take()
            if self._handles:
                self._pipeline.step()
            for number in list(self._handles):
                self._read(number)
            if self._is_due or time.monotonic() - self._put_s >= HAND_OUT_S:
                self._messages.put(list(self._made.values()))  # also an empty list: it shows that steps end
                self._made, self._is_due, self._put_s = {}, False, time.monotonic()

    def _take(self) -> None:
        """Takes in all requests that are there; where nothing is to be done, waits for one."""
        with contextlib.suppress(TimeoutError):
            while True:
                message = self._messages.get(0 if self._handles or self._is_due or self._waiting else None)
                if "cancel" in message:
                    self._cancel(message["cancel"])
                else:
                    self._waiting.append((time.monotonic(), Ask(**message)))
        self._admit()

    def _admit(self) -> None:
        """Begins requests of the adapter whose turn it is. Where nothing runs, it is the turn of who waits longest.

        Later requests of the same adapter go before those of others for a while: fewer turns, and nobody starves.
        """
        if self._waiting and not self._handles and self._waiting[0][1].adapter != self._adapter:
            self._switch(self._waiting[0][1].adapter)
        came_s, first = self._waiting[0] if self._waiting else (0.0, None)
        if first is None or (first.adapter != self._adapter and time.monotonic() - came_s > TURN_S):
            return
        begun = [ask for _, ask in self._waiting if ask.adapter == self._adapter]
        self._waiting = [each for each in self._waiting if each[1].adapter != self._adapter]
        for ask in begun:
            self._add(ask)

    def _switch(self, adapter: str | None) -> None:
        """Puts an adapter into the weights, or takes it out. Only `generate` does that: a request of its own is asked.

        What a request's own settings say of adapters is passed over by OpenVINO 2026.4 where requests are added.
        """
        import openvino
        import openvino_genai

        chosen = openvino_genai.GenerationConfig()
        chosen.max_new_tokens, chosen.ignore_eos = 1, True
        chosen.eos_token_id, chosen.stop_token_ids = self._end_ids[0], set(self._end_ids)
        chosen.adapters = openvino_genai.AdapterConfig()
        if adapter is not None:
            chosen.adapters = openvino_genai.AdapterConfig(self._adapters[adapter], 1.0)
        self._pipeline.generate([openvino.Tensor(np.zeros((1, 1), np.int64))], [chosen])
        self._adapter = adapter

    def _cancel(self, number: int) -> None:
        self._waiting = [each for each in self._waiting if each[1].add != number]
        if (handle := self._forget(number)) is not None:
            handle.cancel()

    def _add(self, ask: Ask) -> None:
        """Hands a request to the pipeline. One that it refuses ends alone."""
        import openvino

        prompt = openvino.Tensor(np.array([ask.prompt_ids], np.int64))
        try:
            self._handles[ask.add] = self._pipeline.add_request(ask.add, prompt, config(ask, self._end_ids))
        except Exception as error:  # whatever it is, it must not end the process and so all others
            told = (str(error).splitlines() or [type(error).__name__])[-1]
            self._made[ask.add], self._is_due = [ask.add, told[:200], [], "refused"], True

    def _read(self, number: int) -> None:
        """What the last step made for a request. Its first tokens and its last are handed out at once."""
        handle = self._handles[number]
        while handle.can_read():
            [output] = handle.read().values()
            finish = {"STOP": "stop", "LENGTH": "length"}.get(output.finish_reason.name)
            made = self._made.setdefault(number, [number, [], [], None])
            made[1] += output.generated_ids
            made[2] += output.generated_log_probs
            made[3] = finish
            if finish or number not in self._begun:
                self._is_due = True
                self._begun.add(number)
            if finish:
                self._forget(number)

    def _forget(self, number: int) -> Any:
        self._begun.discard(number)
        return self._handles.pop(number, None)


def main() -> None:
    """`python -m malmoi.serve.openvino_process FD`: FD is a socket that the server's process has made."""
    messages, server = Messages(socket.socket(fileno=int(sys.argv[1]))), os.getppid()
    with contextlib.suppress(EOFError, OSError):  # the server has ended
        setup = Setup(**messages.get(None))
        try:
            opened = _opened(messages, setup)
            if opened is not None:
                run(Runner(messages, setup.end_ids, *opened), messages)
        finally:
            _clear_after(server, setup)
    sys.stdout.flush()
    os._exit(1)  # the library's own threads may hang after a fault


def _clear_after(server: int, setup: Setup) -> None:
    """Takes away the model's copy of a server that was killed: nobody else does, and each start makes another.

    The system closes a process's sockets a moment before its children get another parent.
    """
    for _ in range(_ORPHAN_LOOKS):
        if os.getppid() != server:
            for folder in (setup.folder, str(Path(setup.gguf).parent)):
                if Path(folder).name.startswith("malmoi-"):  # a folder of tempfile, made by the server
                    shutil.rmtree(folder, ignore_errors=True)
            return
        time.sleep(_ORPHAN_LOOK_S)


def run(runner: Runner, messages: Messages) -> None:
    """Runs until the other side is gone, or a step fails, which the other side is told by the kind of the fault."""
    try:
        runner.run()
    except (EOFError, OSError):
        raise
    except Exception as error:  # the edge of the process; the text of a library's error may hold a prompt
        print(f"OpenVINO failed: {bare(error)}", file=sys.stderr)
        messages.put({"failed": type(error).__name__})


def _opened(messages: Messages, setup: Setup) -> Any:
    """The pipeline and its adapters; None where it cannot be opened, which the other side is told."""
    import openvino
    import openvino_genai

    try:
        adapters = {name: openvino_genai.Adapter(file) for name, file in setup.adapters.items()}
        opened = pipeline(setup, adapters), adapters
    except RuntimeError as error:  # no memory for so many slots, or an operation that it does not know
        messages.put({"error": " ".join(str(error).splitlines()[1:])})
        return None
    messages.put({"ready": openvino.__version__.split("-")[0]})
    return opened


def ask_of(number: int, request: Any) -> dict[str, Any]:
    """The message that asks for a request (malmoi.serve.engine.Request)."""
    named = {field.name: getattr(request, field.name) for field in fields(Ask) if field.name != "add"}
    return asdict(Ask(add=number, **named))


def config(ask: Any, end_ids: Any) -> Any:
    """OpenVINO's own form of a request (an Ask, or a Request)."""
    import openvino_genai

    made = openvino_genai.GenerationConfig()
    made.max_new_tokens, made.min_new_tokens = ask.max_tokens, ask.min_tokens
    made.eos_token_id, made.ignore_eos = end_ids[0], ask.ignore_eos
    made.stop_token_ids = set(end_ids) | set(ask.stop_token_ids)
    made.logprobs = 1
    # top_p 0 and min_p 1 leave the best token alone, as in torch; OpenVINO refuses both.
    made.do_sample = ask.temperature >= _COLDEST and ask.top_p != 0 and ask.min_p != 1
    if made.do_sample:
        made.temperature = ask.temperature
        made.top_p = ask.top_p if ask.top_p is not None else 1.0
        if ask.top_k is not None:
            made.top_k = ask.top_k
        if ask.min_p is not None:
            made.min_p = ask.min_p
    if ask.seed is not None:
        made.rng_seed = ask.seed % _MOST_SEED
    if ask.repetition_penalty is not None:
        made.repetition_penalty = ask.repetition_penalty
    made.presence_penalty, made.frequency_penalty = ask.presence_penalty, ask.frequency_penalty
    return made


def pipeline(setup: Setup, adapters: dict[str, Any] | None = None) -> Any:
    """The loaded model, with continuous batching and a cache of prefixes.

    Where there are adapters it has no such cache: OpenVINO's would give what one adapter has read to all others.
    """
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = setup.slots * -(-setup.context_tokens // BLOCK_TOKENS) + _SPARE_BLOCKS
    scheduler.max_num_seqs = setup.slots
    scheduler.max_num_batched_tokens = max(setup.prefill_tokens, setup.slots)
    scheduler.dynamic_split_fuse = True
    scheduler.enable_prefix_caching = setup.has_prefix_cache and not adapters
    properties: dict[str, Any] = {"INFERENCE_PRECISION_HINT": setup.precision, "KV_CACHE_PRECISION": setup.precision}
    if setup.threads is not None:
        properties["INFERENCE_NUM_THREADS"] = setup.threads
    if adapters:
        properties["adapters"] = openvino_genai.AdapterConfig(list(adapters.values()))
    if not (Path(setup.folder) / IR).is_file():
        _write_ir(setup, Path(setup.folder))
    return openvino_genai.ContinuousBatchingPipeline(setup.folder, scheduler, "CPU", properties)


def _write_ir(setup: Setup, folder: Path) -> None:
    """The model in OpenVINO's form, with the bans added to its logits."""
    import openvino
    import openvino_genai
    from openvino import opset13

    with scratch_folder("malmoi-gguf-") as made:
        copy = made / Path(setup.gguf).name
        copy.symlink_to(Path(setup.gguf).resolve())  # the pipeline writes beside the file that it reads
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.num_kv_blocks = 1
        # It is not run, and for some graphs its stateful form cannot be compiled after it was saved.
        with contextlib.suppress(RuntimeError):
            openvino_genai.ContinuousBatchingPipeline(str(copy), scheduler, "CPU", {"enable_save_ov_model": True})
        model = openvino.Core().read_model(made / IR)
        put_exact(model, Path(setup.gguf).with_name(EXACT))
        _name_modules(model)
        if setup.in_8_bits:
            put_8_bits(model)
        [result] = model.get_results()
        logits = result.input_value(0)
        bans = np.zeros((1, 1, setup.vocabulary_tokens), np.float32)
        bans[0, 0, setup.banned_ids] = BANNED
        masked = opset13.add(logits, opset13.constant(bans))
        result.input(0).replace_source_output(masked.output(0))
        logits.set_names(set())
        masked.output(0).set_names({"logits"})
        openvino.save_model(model, folder / IR, compress_to_fp16=False)


def _name_modules(model: Any) -> None:
    """Calls each product by its module, as models that come from torch do: by these names an adapter finds its place.

    Without them every part of an adapter is passed over without an error. The weights that a product reads tell which
    module it is.
    """
    for node in model.get_ordered_ops():
        if node.get_type_name() != "MatMul":
            continue
        weight = node.input_value(1).get_node()
        while weight.get_input_size():  # a conversion from 16 bits may stand between
            weight = weight.input_value(0).get_node()
        found = re.fullmatch(r"model\.layers\[(\d+)\]\.(\w+\.\w+)\.weight", weight.get_friendly_name())
        if found:
            node.set_friendly_name(f"__module.model.layers.{found[1]}.{found[2]}/aten::linear/MatMul")


if __name__ == "__main__":
    main()
