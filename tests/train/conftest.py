import logging
from pathlib import Path

import pytest
import torch
from small_tokens import countable_documents, write_tokens


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    logging.getLogger("c10d-NullHandler-dcp_logger").setLevel(logging.WARNING)  # it fills pytest's reports
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def documents() -> list[list[int]]:
    return countable_documents()


@pytest.fixture
def tokens(tmp_path: Path, documents: list[list[int]]) -> Path:
    return write_tokens(tmp_path / "tokens", documents)
