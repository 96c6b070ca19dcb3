"""Hashes of what a run made, to show that a change of the code changed nothing else: two lists, one diff.

    python benchmarks/golden_hashes.py sample DATA OUT    # a mixed sample of 60 MB of the unpacked archives in DATA
    python benchmarks/golden_hashes.py list RUN > before  # name and SHA-256 of each file, and of each tensor

Listed are shards, ledger, index, sites, thresholds, mix, tokenizer.json, token files and the tensors of checkpoints and
of the exported model. Not listed are manifests, events and report pages: they hold times and the version of the code.
"""

import argparse
import hashlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

SAMPLE = {
    "law_kr": "*.md",
    "nsmc_raw": "*.json",
    "ms_dotnet_docs_ko": "*.md",
    "docs_and_literature": "*",
    "tensorflow_docs_ko": "*",
}
SHARE_BYTES = 12_000_000
"""Bytes of each archive in the sample; five of them make 60 MB."""

LISTED = (
    "corpus/shards/*",
    "corpus/ledger/*",
    "corpus/index/*",
    "corpus/sites.parquet",
    "corpus/thresholds.json",
    "corpus/mix.json",
    "tokenizer/*tok*.json",
    "tokens/*.bin",
    "tokens/*.parquet",
)
TENSORS = ("train/checkpoints/*/*.safetensors", "model/*.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, folders in (("sample", ("data", "out")), ("list", ("run",))):
        verb = verbs.add_parser(name)
        for folder in folders:
            verb.add_argument(folder, type=Path)
    asked = parser.parse_args()
    if asked.verb == "sample":
        write_sample(asked.data, asked.out)
    else:
        sys.stdout.writelines(f"{digest}  {name}\n" for name, digest in hashes(asked.run))


def write_sample(data: Path, out: Path) -> None:
    """Copies the first SHARE_BYTES of each archive, in the order of the files' hashed names."""
    for folder, pattern in SAMPLE.items():
        taken = 0
        for path in sorted(
            (data / folder).rglob(pattern),
            key=lambda path: hashlib.sha256(str(path.relative_to(data)).encode()).digest(),
        ):
            if path.is_file() and taken < SHARE_BYTES:
                target = out / path.relative_to(data)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                taken += path.stat().st_size
        print(f"{folder}: {taken:,} bytes")


def hashes(run: Path) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of each listed file, and of each tensor: the order of tensors in a file is not fixed."""
    from safetensors import safe_open

    for path in (path for pattern in LISTED for path in sorted(run.glob(pattern)) if path.is_file()):
        yield path.relative_to(run).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()
    for path in (path for pattern in TENSORS for path in sorted(run.glob(pattern))):
        with safe_open(path, "pt") as file:
            for name in sorted(file.keys()):
                tensor = file.get_tensor(name).contiguous()
                digest = hashlib.sha256(
                    str(tensor.dtype).encode() + tensor.view(-1).view(dtype=_bytes()).numpy().tobytes()
                )
                yield f"{path.relative_to(run).as_posix()}:{name}", digest.hexdigest()


def _bytes() -> "object":
    import torch

    return torch.uint8


if __name__ == "__main__":
    main()
