import pytest
import torch
from small_world import FakeEngine, make_model, make_tokenizer

from malmoi.tokenizer.codec import Codec

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def codec(tmp_path_factory):
    return Codec(make_tokenizer(tmp_path_factory.mktemp("tokenizer")))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def fake(codec):
    return FakeEngine(codec)
