"""The readers of an export: what each makes of ids or texts, in a process of its own (exports.py asks them).

python benchmarks/export_readers.py NAME FOLDER < what is asked as JSON
"""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NEW_TOKENS = 24


def by_ours(folder: Path, prompts: list[list[int]], source: Path | None = None) -> dict[str, Any]:
    """A plain loop over our own model, the whole text for every token: `ids`, and by how much each was the best."""
    import torch

    from malmoi.model.read_folder import load_hugging_face

    model, answers, gaps = load_hugging_face(source or folder), [], []
    for prompt in prompts:
        ids, gap = list(prompt), []
        with torch.no_grad():
            while len(ids) < len(prompt) + NEW_TOKENS and (len(ids) == len(prompt) or ids[-1] not in ends_of(folder)):
                logits = model(torch.tensor([ids]), torch.arange(len(ids))[None])
                best = logits[0, -1].topk(2)
                ids.append(int(best.indices[0]))
                gap.append(float(best.values[0] - best.values[1]))
        answers.append(ids[len(prompt) :])
        gaps.append(gap)
    return {"ids": answers, "gaps": gaps}


def ends_of(folder: Path) -> list[int]:
    return json.loads((folder / "generation_config.json").read_text())["eos_token_id"]


def by_transformers(folder: Path, prompts: list[list[int]], **options: Any) -> list[list[int]]:
    """Answers to each prompt alone and to all as a batch padded on the left; a difference of the two is an error."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    tokenizer, ends = AutoTokenizer.from_pretrained(folder), set(ends_of(folder))

    def generate(batch: list[list[int]]) -> list[list[int]]:
        given = tokenizer.pad({"input_ids": batch}, return_tensors="pt")
        made = model.generate(**given, max_new_tokens=NEW_TOKENS, do_sample=False, eos_token_id=sorted(ends))
        answers = made[:, given["input_ids"].shape[1] :].tolist()
        return [to_end(answer, ends) for answer in answers]

    alone, batch = [generate([prompt])[0] for prompt in prompts], generate(prompts)
    if alone != batch:
        raise SystemExit(f"a batch differs from single prompts: {difference(alone, batch)}")
    return alone


def to_end(answer: list[int], ends: set[int]) -> list[int]:
    """Up to the first end, with it."""
    stop = next((number for number, token in enumerate(answer, 1) if token in ends), len(answer))
    return answer[:stop]


def by_transformers_gguf(folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    """Transformers on the GGUF file, for which it wants accelerate: put into a folder of its own."""
    with tempfile.TemporaryDirectory() as extra:
        words = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", extra]
        subprocess.run([*words, "accelerate==1.15.0", "psutil"], check=True, stdout=sys.stderr)
        sys.path.append(extra)
        return by_transformers(folder, prompts, gguf_file="model.gguf")


def by_openvino_gguf(folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    """OpenVINO GenAI on the GGUF file, computing in float32."""
    return _by_openvino(folder / "model.gguf", folder, prompts)


def by_openvino_unpacked(folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    """As our server has OpenVINO run a GGUF file that it refuses: read by us, put into a graph that it reads."""
    with _unpacked(folder) as source:
        return by_openvino_folder(folder, prompts, source)


def by_ours_unpacked(folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    """The GGUF file as our own reader has it."""
    with _unpacked(folder) as source:
        return by_ours(folder, prompts, source)["ids"]


@contextlib.contextmanager
def _unpacked(folder: Path) -> Iterator[Path]:
    from malmoi.model.gguf_reading import unpack

    with tempfile.TemporaryDirectory() as made:
        unpack(folder / "model.gguf", Path(made))
        yield Path(made)


def by_openvino_folder(folder: Path, prompts: list[list[int]], source: Path | None = None) -> list[list[int]]:
    """OpenVINO GenAI on the weights of the folder: a graph from a GGUF file, into which the exact matrices are put."""
    import openvino
    import openvino_genai

    from malmoi.model.gguf_file import write_gguf
    from malmoi.model.read_folder import load_hugging_face
    from malmoi.serve.open_engine import write_exact
    from malmoi.serve.openvino_weights import put_exact

    model = load_hugging_face(source or folder)
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        write_gguf(model, folder, made / "model.gguf", "f16")
        write_exact(model, made / "exact.safetensors", with_matrices=True)
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.num_kv_blocks = 1
        options = {"enable_save_ov_model": True}
        openvino_genai.ContinuousBatchingPipeline(str(made / "model.gguf"), scheduler, "CPU", options)
        graph = openvino.Core().read_model(made / "openvino_model.xml")
        put_exact(graph, made / "exact.safetensors")
        (made / "exact").mkdir()
        openvino.save_model(graph, made / "exact" / "openvino_model.xml", compress_to_fp16=False)
        return _by_openvino(made / "exact", folder, prompts)


def _by_openvino(model: Path, folder: Path, prompts: list[list[int]]) -> list[list[int]]:
    import numpy as np
    import openvino
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = 256
    exact = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"}
    pipeline = openvino_genai.ContinuousBatchingPipeline(str(model), scheduler, "CPU", exact)
    config, ends = openvino_genai.GenerationConfig(), ends_of(folder)
    config.max_new_tokens, config.eos_token_id, config.stop_token_ids = NEW_TOKENS, ends[0], set(ends)
    tensors = [openvino.Tensor(np.array([ids], np.int64)) for ids in prompts]
    made = pipeline.generate(tensors, [config] * len(prompts))
    return [to_end(list(one.m_generation_ids[0]), set(ends)) for one in made]


def ids_of_ours(folder: Path, groups: dict[str, list[str]]) -> dict[str, list[list[int]]]:
    from malmoi.tokenizer.codec import Codec

    codec = Codec(folder)
    return {group: [codec.text_ids(text) for text in cases] for group, cases in groups.items()}


def ids_of_transformers(folder: Path, groups: dict[str, list[str]], **options: Any) -> dict[str, list[list[int]]]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, **options)
    return {group: tokenizer(cases)["input_ids"] for group, cases in groups.items()}


def ids_of_openvino(folder: Path, groups: dict[str, list[str]]) -> dict[str, list[list[int]]]:
    import openvino_genai

    tokenizer = openvino_genai.Tokenizer(str(folder / "model.gguf"))
    return {
        group: [tokenizer.encode(text).input_ids.data[0].tolist() for text in cases] for group, cases in groups.items()
    }


def chat_of_ours(folder: Path, turns: list[dict[str, str]]) -> list[int]:
    from malmoi.serve.chat import Turn, chat_ids
    from malmoi.tokenizer.codec import Codec

    return chat_ids(Codec(folder), [Turn(turn["role"], turn["content"]) for turn in turns])


def chat_of_transformers(folder: Path, turns: list[dict[str, str]]) -> list[int]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    return tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)


def chat_of_openvino(folder: Path, turns: list[dict[str, str]]) -> list[int]:
    """As LLMPipeline does it: the template of the GGUF file, and no begin token besides."""
    import openvino_genai

    tokenizer = openvino_genai.Tokenizer(str(folder / "model.gguf"))
    written = tokenizer.apply_chat_template(turns, add_generation_prompt=True)
    return tokenizer.encode(written, add_special_tokens=False).input_ids.data[0].tolist()


def difference(right: list[list[int]], found: Any, gaps: list[list[float]] | None = None) -> str:
    """ "equal", or the first prompt and token that differ. An end that a reader leaves out is no difference."""
    if isinstance(found, str):
        return found
    for number, (one, other) in enumerate(zip(right, found, strict=True)):
        for place, (wanted, got) in enumerate(zip(one, other, strict=False)):
            if wanted != got:
                told = f" ({gaps[number][place]:.1e} apart)" if gaps else ""
                return f"prompt {number}, token {place}: {got} for {wanted}{told}"
        if not len(one) - 1 <= len(other) <= len(one):
            return f"prompt {number}: {len(other)} tokens for {len(one)}"
    return "equal"


READERS: dict[str, Callable[[Path, Any], Any]] = {
    "ours": by_ours,
    "transformers": by_transformers,
    "transformers-gguf": by_transformers_gguf,
    "openvino-folder": by_openvino_folder,
    "openvino-gguf": by_openvino_gguf,
    "openvino-unpacked": by_openvino_unpacked,
    "ours-unpacked": by_ours_unpacked,
    "ours-ids": ids_of_ours,
    "ids": ids_of_transformers,
    "ids-split": lambda folder, groups: ids_of_transformers(folder, groups, split_special_tokens=True),
    "openvino-ids": ids_of_openvino,
    "ours-chat": chat_of_ours,
    "chat": chat_of_transformers,
    "openvino-chat": chat_of_openvino,
}

if __name__ == "__main__":
    print(json.dumps(READERS[sys.argv[1]](Path(sys.argv[2]), json.load(sys.stdin))))
