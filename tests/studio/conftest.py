import gzip
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1] / "serve"))  # the fake engine is theirs

from small_world import FakeEngine, make_tokenizer

from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings
from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings
from malmoi.tokenizer.codec import Codec

BASE = "http://127.0.0.1:8600"


@pytest.fixture(scope="session")
def codec(tmp_path_factory):
    return Codec(make_tokenizer(tmp_path_factory.mktemp("tokenizer")))


@pytest.fixture
def served(codec):
    return Served(FakeEngine(codec), codec, ServeSettings(queue=1))


@pytest.fixture
def bundle(tmp_path):
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text('<meta name="csp-nonce" content="__CSP_NONCE__"><p>말모이</p>')
    script = b"export {}" * 100
    (static / "assets" / "index-1a2b.js").write_bytes(script)
    (static / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(script))
    (static / "assets" / "index-1a2b.js.br").write_bytes(bytes.fromhex("8b01806578706f7274207b7d03"))
    (static / "assets" / "pretendard.woff2").write_bytes(b"font")
    (tmp_path / "secret.txt").write_text("secret")
    return static


@pytest.fixture
def bundle_forms(bundle):
    """The bytes of the script in each form, by the name of its coding; None is as it is."""
    script = bundle / "assets" / "index-1a2b.js"
    ends = {None: "", "gzip": ".gz", "br": ".br"}
    return {coding: script.with_name(script.name + end).stat().st_size for coding, end in ends.items()}


@pytest.fixture
def client(served, bundle, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    with TestClient(create_app(StudioSettings(), served, runs, bundle), base_url=BASE) as client:
        client.runs = runs
        yield client
