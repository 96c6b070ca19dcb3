"""Which clients work with the server, and what each engine does: two tables; and lm-eval's scores beside transformers'.

    python benchmarks/serve_conformance.py MODEL_DIR [--venvs FOLDER] [--parts clients engines lm_eval]

Engine and capability: torch, OpenVINO, and as servers elsewhere another malmoi, transformers serve and llama.cpp's
server. One that cannot be had here is left out with its reason. The sentences of 'cannot' follow the table.

Each client lives in a virtual environment of its own below FOLDER (made where it is absent; the packages come from the
usual index): openai and LiteLLM in Python, openai in JavaScript where node is there, lm-eval. Open WebUI's requests are
forms written down in conformance/open_webui.json. No cell may fail; "cannot" has its sentence. The last lines hold the
bar of agreement: lm-eval's local-completions, 4 prompts a request, against the same sums by transformers in float32.
"""

import argparse
import contextlib
import http.client
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llama_cpp_build import folder_of_programs
from serve_peers import VENVS, Peer, llama_server, python_of, transformers_serve
from serve_process import ROOT, new_key, running

HERE = ROOT / "benchmarks" / "conformance"
PACKAGES = {"openai": "openai", "litellm": "litellm", "lm_eval": "lm-eval[api]"}
PARTS = ("clients", "engines", "lm_eval")
ALLOWED_NATS = 1e-4
"""Of an item's sum; of each token on average where an item is longer than a hundred."""

Cells = dict[str, str]


def main() -> int:
    """Prints the table; exit code 1 where a cell fails."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers that were started end then as well
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--venvs", type=Path, default=VENVS)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    arguments = parser.parse_args()
    is_well = [_engines(arguments)] if "engines" in arguments.parts else []
    if {"clients", "lm_eval"} & {*arguments.parts}:
        is_well.append(_over_http(arguments))
    return int(not all(is_well))


def _over_http(arguments: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        key = new_key(keys, "conformance")
        words = ("--keys", str(keys), "--name", "demo")
        with running(arguments.model, words) as (port, _):
            url = f"http://127.0.0.1:{port}"
            clients_work = "clients" not in arguments.parts or _clients(arguments, url, key)
            return ("lm_eval" not in arguments.parts or _lm_eval(arguments, url, key)) and clients_work


def _clients(arguments: argparse.Namespace, url: str, key: str) -> bool:
    table: dict[str, Cells] = {}
    for client in ("openai", "litellm"):
        python = _python(arguments.venvs, client)
        table[client] = _features([python, str(HERE / "client_features.py"), client, url, key, "demo"])
    table["openai (js)"] = _javascript(arguments.venvs, url, key)
    table["open webui"] = _open_webui(url, key)
    return _show("client", table)


def _engines(arguments: argparse.Namespace) -> bool:
    """The table of engine and capability."""
    model, table = arguments.model, dict[str, Cells]()
    for name in ("torch", "openvino"):
        table[name] = _features([sys.executable, str(HERE / "engine_features.py"), name, str(model)])
    with tempfile.TemporaryDirectory() as made:
        servers = {"malmoi": _malmoi, "transformers": transformers_serve, "llama.cpp": llama_server}
        if not (folder_of_programs(is_built=False) / "llama-server").is_file():
            print("llama.cpp is left out: benchmarks/llama_cpp_build.py builds it, in about 11 CPU-minutes")
            del servers["llama.cpp"]
        for name, server in servers.items():
            try:
                with server(model) as peer:
                    table[f"> {name}"] = _features(_elsewhere(name, peer, model, Path(made)))
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                print(f"{name} is left out: {str(error)[-300:]}")
    is_well = _show("engine", table)
    for name, cells in table.items():
        for feature, told in cells.items():
            if told.startswith("cannot"):
                print(f"  {name}: {feature}: {told}")
    return is_well


@contextlib.contextmanager
def _malmoi(model: Path) -> Iterator[Peer]:
    with running(model, ("--name", "demo")) as (port, pid):
        yield Peer(f"http://127.0.0.1:{port}", "demo", pid)


def _elsewhere(server: str, peer: Peer, model: Path, folder: Path) -> list[str]:
    """The words that check a server elsewhere, by its recipe."""
    recipe = folder / f"{server}.toml"
    context = json.loads((model / "config.json").read_text())["max_position_embeddings"]
    stated = {"address": peer.url, "model": peer.model, "server": server, "tokenizer": str(model.resolve())}
    lines = [f"{name} = {json.dumps(value)}" for name, value in stated.items()]
    if server == "transformers":
        lines.append(f"context_tokens = {context}")
    recipe.write_text("\n".join(lines))
    return [sys.executable, str(HERE / "engine_features.py"), "remote", str(recipe), str(model)]


def _python(venvs: Path, client: str) -> str:
    """The interpreter of a client's environment, which is made where it is absent."""
    return str(python_of(venvs, client, (PACKAGES[client],)))


def _features(command: list[str]) -> Cells:
    """The lines of a client's script as cells."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {line["feature"]: line["result"] for line in lines} or {"start": done.stderr[-300:]}


def _javascript(venvs: Path, url: str, key: str) -> Cells:
    node, folder = shutil.which("node"), venvs / "js"
    if node is None:
        return {"all": "cannot: no node on this machine"}
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "openai"], cwd=folder, check=True)
    return _features([node, str(HERE / "client_features.mjs"), str(folder.resolve()), url, key, "demo"])


def _open_webui(url: str, key: str) -> Cells:
    cells = {}
    for form in json.loads((HERE / "open_webui.json").read_text(encoding="utf-8").replace("MODEL", "demo")):
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "X-OpenWebUI-User-Name": "kim"}
        body = json.dumps(form["body"]).encode() if "body" in form else None
        connection.request(form["method"], form["path"], body, headers)
        answer = connection.getresponse()
        told = answer.read().decode()
        is_whole = not form.get("body", {}).get("stream") or told.endswith("data: [DONE]\n\n")
        cells[form["feature"]] = "ok" if answer.status == 200 and is_whole else f"{answer.status} {told[:200]}"
    return cells


def _show(kind: str, table: dict[str, Cells]) -> bool:
    """Prints a table, and what fails; whether nothing does."""
    features = list(dict.fromkeys(feature for cells in table.values() for feature in cells))
    print(f"\n{f'feature, by {kind}':32}" + "".join(f"{client:>14}" for client in table))
    for feature in features:
        row = [cells.get(feature, "-") for cells in table.values()]
        short = [told if len(told) < 12 else "cannot" if told.startswith("cannot") else "FAILS" for told in row]
        print(f"{feature:32}" + "".join(f"{told:>14}" for told in short))
    failed = [
        f"{name}: {feature}: {told}"
        for name, cells in table.items()
        for feature, told in cells.items()
        if told != "ok" and not told.startswith("cannot")
    ]
    print(f"\n{len(failed)} cells fail" + "".join(f"\n  {line}" for line in failed))
    return not failed


def _lm_eval(arguments: argparse.Namespace, url: str, key: str) -> bool:
    """Whether lm-eval over HTTP gives what transformers gives, item by item."""
    context = json.loads((arguments.model / "config.json").read_text())["max_position_embeddings"]
    script = [str(HERE / "lm_eval_client.py"), url, key, "demo", str(context)]
    python = _python(arguments.venvs, "lm_eval")
    done = subprocess.run([python, *script], capture_output=True, text=True, timeout=900, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(f"\nlm-eval FAILS: {done.stderr[-800:]}")
        return False
    found = json.loads(lines[-1])
    return _agree(arguments.model, found["items"], found["generated"])


def _agree(model: Path, items: list[dict[str, Any]], generated: list[str]) -> bool:
    """Prints the largest difference (nats) of short items and of the rolling text."""
    import torch
    from transformers import AutoModelForCausalLM

    reference = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    worst = {"items": 0.0, "rolling": 0.0}
    for item in items:
        total, count = 0.0, 0
        for before, after in item["parts"]:
            ids = torch.tensor([[*before, *after]])
            with torch.inference_mode():
                logprobs = torch.log_softmax(reference(ids[:, :-1]).logits.double(), -1)[0]
            rows = logprobs[len(before) - 1 :].gather(1, torch.tensor(after)[:, None])
            total, count = total + float(rows.sum()), count + len(after)
        gap = abs(total - item["logprob"])
        kind = "rolling" if count > 100 else "items"
        worst[kind] = max(worst[kind], gap / count if kind == "rolling" else gap)
    windows = len(items[-1]["parts"])
    print(f"\nlm-eval local-completions, 4 a request, against transformers in float32: {len(items) - 1} items, largest")
    print(f"difference {worst['items']:.1e} nats; a text of {windows} windows: {worst['rolling']:.1e} nats a token")
    print(f"(allowed {ALLOWED_NATS:.0e}); {len(generated)} generations with 6 stops")
    return max(worst.values()) <= ALLOWED_NATS and windows >= 3


if __name__ == "__main__":
    sys.exit(main())
