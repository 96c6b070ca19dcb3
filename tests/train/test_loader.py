import pytest
import torch
from small_tokens import document_id, write_tokens

from malmoi.kit.errors import UserError
from malmoi.tokenizer.shards import open_part
from malmoi.train.loader import IGNORED, Loader
from malmoi.train.settings import TrainSettings

SETTINGS = TrainSettings(steps=20, warmup_steps=2, sequence_tokens=32, batch_sequences=6, micro_sequences=2, seed=5)


@pytest.fixture
def loader(tokens) -> Loader:
    return Loader(open_part(tokens, "train"), SETTINGS)


def line_of(documents) -> list[int]:
    return [token for document in documents for token in (*document, 0)]


def test_one_epoch_holds_every_token_as_target_exactly_once(loader, documents):
    every = loader.batch(range(loader.num_windows))
    targets = every.targets_BT[every.targets_BT != IGNORED]
    assert sorted(targets.tolist()) == sorted(line_of(documents)[1:])


def test_targets_are_the_tokens_one_further(loader):
    batch = loader.batch(loader.samples(0))
    counted = batch.targets_BT[:, :-1] != IGNORED
    assert torch.equal(batch.targets_BT[:, :-1][counted], batch.tokens_BT[:, 1:][counted])


def test_positions_restart_at_the_separator_before_each_document_and_at_each_window(loader):
    batch = loader.batch(range(loader.num_windows))
    assert batch.tokens_BT.shape == (loader.num_windows, SETTINGS.sequence_tokens)
    assert bool((batch.positions_BT[:, 1:] == 0).any())
    for tokens, positions, targets in zip(batch.tokens_BT, batch.positions_BT, batch.targets_BT, strict=True):
        expected = 0
        for place, (token, position, target) in enumerate(
            zip(tokens.tolist(), positions.tolist(), targets.tolist(), strict=True)
        ):
            if place == 0 or (token == 0 and target != IGNORED):
                expected = 0
            elif target == IGNORED and targets[place - 1] != IGNORED:
                expected = 0  # the padding is kept apart from the last document
            assert position == expected
            expected += 1


def test_ranks_that_share_a_step_read_together_what_one_would_read(loader):
    whole = loader.batch(loader.samples(3))
    for ranks in (2, 3, 6):
        shares = [loader.batch(loader.samples(3)[rank::ranks]) for rank in range(ranks)]
        for row in range(6):
            share, place = shares[row % ranks], row // ranks
            assert torch.equal(share.tokens_BT[place], whole.tokens_BT[row])
            assert torch.equal(share.positions_BT[place], whole.positions_BT[row])


def test_a_batch_depends_on_seed_and_step_alone(tokens):
    one, other = (Loader(open_part(tokens, "train"), SETTINGS) for _ in range(2))
    one.batch(one.samples(0))
    assert torch.equal(one.batch(one.samples(7)).tokens_BT, other.batch(other.samples(7)).tokens_BT)
    reseeded = Loader(open_part(tokens, "train"), TrainSettings(**{**SETTINGS.__dict__, "seed": 6}))
    assert not torch.equal(one.batch(one.samples(7)).tokens_BT, reseeded.batch(reseeded.samples(7)).tokens_BT)


def test_epochs_differ_in_order_and_not_in_content(loader):
    first, second = (range(epoch * loader.num_windows, (epoch + 1) * loader.num_windows) for epoch in (0, 1))
    assert sorted(map(loader.window, first)) == sorted(map(loader.window, second))
    assert list(map(loader.window, first)) != list(map(loader.window, second))


def test_documents_of_a_step_and_steps_of_a_document_tell_the_same(loader, documents):
    by_step = [{one for row in loader.documents_of(step) for one in row} for step in range(SETTINGS.steps)]
    assert [step for step, ids in enumerate(by_step) if not ids] == []
    assert set().union(*by_step) == {document_id(number) for number in range(len(documents))}
    for number in range(len(documents)):
        expected = [step for step, found in enumerate(by_step) if document_id(number) in found]
        assert loader.steps_with(document_id(number), SETTINGS.steps) == expected


def test_documents_of_a_step_are_those_whose_tokens_are_in_its_rows(tmp_path):
    documents = [[number + 1] * 20 for number in range(50)]
    loader = Loader(open_part(write_tokens(tmp_path / "tokens", documents), "train"), SETTINGS)
    batch = loader.batch(loader.samples(2))
    by_row = loader.documents_of(2)
    assert len(by_row) == SETTINGS.batch_sequences
    for row, ids in enumerate(by_row):
        seen = set(batch.tokens_BT[row].tolist()) | set(batch.targets_BT[row].tolist())
        inside = {document_id(token - 1) for token in seen if token > 0}
        # A row that begins with a separator touches its document, whose other tokens lie in the row before.
        assert inside <= set(ids)
        assert len(set(ids) - inside) <= 1


def test_batches_are_made_without_the_tables_of_documents(tmp_path, documents):
    """Windows come in random order: a table for each would take 40 ms, and those of all shards too much memory."""
    folder = write_tokens(tmp_path / "tokens", documents)
    whole = Loader(open_part(folder, "train"), SETTINGS)
    starts = {start for _, start, _ in open_part(folder, "train").documents(0, 10**9)}
    for table in folder.glob("*.documents.parquet"):
        table.unlink()
    samples = whole.samples(1)
    assert samples
    for sample in samples:
        window = whole.window(sample) * SETTINGS.sequence_tokens
        positions = whole.batch([sample]).positions_BT[0].tolist()
        begins = [place for place in range(1, len(positions)) if window + place + 1 in starts]
        assert [place for place in range(1, len(positions)) if positions[place] == 0][: len(begins)] == begins


def test_a_document_that_was_never_encoded_is_named_in_the_error(loader):
    with pytest.raises(UserError, match="no document 'abc'"):
        loader.steps_with("abc", 3)


def test_text_shorter_than_one_window_is_padded_with_targets_that_do_not_count(tmp_path):
    loader = Loader(open_part(write_tokens(tmp_path / "tokens", [[5, 6, 7], [8]]), "train"), SETTINGS)
    batch = loader.batch([0])
    assert loader.num_windows == 1
    assert batch.num_targets == 5
    assert batch.tokens_BT[0, :6].tolist() == [5, 6, 7, 0, 8, 0]
    assert batch.positions_BT[0, :7].tolist() == [0, 1, 2, 0, 1, 0, 1]
    assert batch.targets_BT[0, :6].tolist() == [6, 7, 0, 8, 0, IGNORED]


def test_an_empty_train_part_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="has 1 tokens"):
        Loader(open_part(write_tokens(tmp_path / "tokens", [[]], shards=1), "train"), SETTINGS)
