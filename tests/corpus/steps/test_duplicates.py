import pytest
from small_batches import batch_of, sentences

from malmoi.corpus.steps.minhash import NearDuplicate
from malmoi.kit.errors import UserError


def test_keys_of_a_batch_have_one_row_for_each_document_and_no_bands_without_letters():
    keys = NearDuplicate().sign(batch_of([sentences(1), "!!!", ""]))
    assert keys.num_rows == 3
    assert keys.column("bands").is_valid().to_pylist() == [True, False, False]
    assert len(keys.column("bands")[0].as_py()) == 20
    assert {len(sketch.as_py()) for sketch in keys.column("sketch")} == {100}


def test_keys_are_the_same_alone_and_in_a_batch():
    settings = NearDuplicate(bands=4, rows=3)
    together = settings.sign(batch_of([sentences(1), sentences(2)]))
    assert settings.sign(batch_of([sentences(2)])).to_pylist() == together.to_pylist()[1:]


@pytest.mark.parametrize("wrong", [{"similarity": 0.0}, {"similarity": 1.5}, {"bands": 0}, {"rows": 1000}])
def test_impossible_settings_are_refused_with_their_value(wrong):
    with pytest.raises(UserError, match=str(next(iter(wrong.values())))):
        NearDuplicate(**wrong)
