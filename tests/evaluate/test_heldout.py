from pathlib import Path

import pytest

from malmoi.evaluate.heldout import choose, texts_of
from malmoi.evaluate.settings import EvaluateSettings
from malmoi.kit.errors import UserError
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.shards import Part, open_part


@pytest.fixture
def part(measured_run: Path) -> Part:
    return open_part(measured_run / "tokens", "heldout")


@pytest.fixture
def codec(measured_run: Path) -> Codec:
    return Codec(measured_run / "tokenizer")


def test_all_heldout_text_is_taken_where_there_is_little(part: Part, codec: Codec):
    chosen = choose(part, codec, EvaluateSettings())
    assert sorted(one.id for one in chosen) == sorted(one.id for one in part.located(0, part.num_tokens))
    assert all(one.ids[-1] == 0 for one in chosen)
    assert [one.kind for one in chosen] == sorted(one.kind for one in chosen)
    for excerpt, text in zip(chosen, texts_of(chosen, codec), strict=True):
        assert len(text) == excerpt.text_bytes


def test_each_kind_is_cut_at_its_limit(part: Part, codec: Codec):
    chosen = choose(part, codec, EvaluateSettings(heldout_bytes_per_kind=300))
    for kind in ("news", "law", "comment"):
        sizes = [one.text_bytes for one in chosen if one.kind == kind]
        assert 300 - 48 < sum(sizes) <= 300
    assert chosen == choose(part, codec, EvaluateSettings(heldout_bytes_per_kind=300))


def test_a_long_document_gives_its_beginning_without_the_separator(part: Part, codec: Codec):
    whole = {one.id: codec.decode(part.read(one.start, one.stop)) for one in part.located(0, part.num_tokens)}
    chosen = choose(part, codec, EvaluateSettings(document_bytes=100))
    cut = [one for one in chosen if len(whole[one.id].encode()) > 100]
    assert cut
    for one, text in zip(cut, texts_of(cut, codec), strict=True):
        assert one.text_bytes <= 100
        assert 0 not in one.ids
        assert whole[one.id].encode().startswith(text)


def test_a_limit_below_one_token_still_takes_one(part: Part, codec: Codec):
    chosen = choose(part, codec, EvaluateSettings(heldout_bytes_per_kind=1))
    assert [len(one.ids) for one in chosen] == [1, 1, 1]


@pytest.mark.parametrize(
    "wrong", [{"document_bytes": 0}, {"samples": -1}, {"context_share": 1.0}, {"temperature": -1.0}, {"top_p": 0.0}]
)
def test_impossible_settings_are_refused_by_name(wrong: dict):
    with pytest.raises(UserError, match=next(iter(wrong))):
        EvaluateSettings(**wrong)
