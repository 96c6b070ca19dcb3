"""A real S3-compatible server on loopback: moto's, spoken to over HTTP by the same client as any other."""

import contextlib
import logging
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from malmoi.kit import files, paths

BUCKET = "말모이-시험".encode().hex()[:20]


@contextlib.contextmanager
def served() -> Iterator[Path]:
    """A bucket, as a path. Keys and address are in the environment, for this process and all that it starts."""
    server_module = pytest.importorskip("moto.server", reason="moto is not installed")
    pytest.importorskip("s3fs", reason="s3fs is not installed: pip install 'malmoi[s3]'")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    told = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)
        # Its buckets outlive it in the process: another file of tests may have served the same one before.
        urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", b"").close()
        bucket = paths.to_path(f"s3://{BUCKET}")
        forget()
        bucket.fs.mkdir(BUCKET)  # pyright: ignore[reportAttributeAccessIssue]
        yield bucket
        forget()
    server.stop()


def forget() -> None:
    """Lets the next path ask the environment again who and where the server is."""
    paths.to_path(f"s3://{BUCKET}").fs.clear_instance_cache()  # pyright: ignore[reportAttributeAccessIssue]


def upload(folder: Path, target: Path) -> None:
    """Every file below a local folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            with files.atomic_file(target / path.relative_to(folder).as_posix()) as aside:
                aside.write_bytes(path.read_bytes())


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a remote folder by name."""
    return {name: (folder / name).read_bytes() for name in files.sizes_below(folder)}
