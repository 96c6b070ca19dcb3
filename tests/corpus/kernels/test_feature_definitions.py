"""Every feature of the compiled kernel against its definition in slow Python, on made and on real texts."""

import math
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_features import features as slow_features
from small_batches import sentences

from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.kernels.feature_names import FEATURES
from malmoi.corpus.kernels.quality_features import measure
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw

DATA = Path(__file__).parents[4] / "shared" / "data" / "text"

WORDS = (
    "가 나 그 데 이 터 ㅋㅋㅋ ㅠㅠ ㅋ ㅁㄴㅇㄹ 한글은 학교에서 법률 제1조( 제2조) 「민법」 “그래.” ”그래? "
    "값... 값… 1. 2021.3. the The of, it's café née ì•ˆë…• ¾È³ç https://a.b/c (www.a.kr) a/b # ## - * • ·이 "
    "漢字 東京は カナ ｶﾅ Привет 𠀋 🎉 🎉🎉 노력 역사 사과 과일 일요일 체육복 복도 도리 이발소 8,000원 3) 4. "
    "뇌출혈 소녀 여자 자녀 사냐 야구 구례 예산 | １２３ 12345678 ﾤﾡ \ufffd 뷁 쀍 ᄊᆞ ㆍ [가] {나} ( ) aaaa "
    "하하하하 ==== ━━━━━━ -----가 ㅏㅣㅏ 가ㅣ나 나!다 큰l길 뷁뵐쏵 ,가,나, |표| ✔ \U000e0067 é éé ''.''"
).split(" ")
GAPS = (" ", " ", " ", "  ", "\n", "\n\n", "\r\n", "\t", "\u3000", "\u00a0", "\u200b")

made = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS)), max_size=120).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)
few_words = st.lists(st.sampled_from("가 나은 다는".split()), min_size=2, max_size=90).map(" ".join)


def differences(texts: list[str]) -> list[tuple[str, str, float, float]]:
    """What the kernel says otherwise than the definition: text, feature, kernel, definition."""
    found = []
    for text, row in zip(texts, measure(*string_buffers(pa.array(texts, pa.large_string()))), strict=True):
        slow = slow_features(text)
        assert not slow or list(slow) == list(FEATURES)
        for name, value in zip(FEATURES, row.tolist(), strict=True):
            wanted = slow[name] if slow else value
            if not (math.isclose(value, wanted, rel_tol=1e-5, abs_tol=1e-5) or (value != value and wanted != wanted)):
                found.append((text, name, value, wanted))
    return found


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(made, few_words, st.text(max_size=60)), max_size=4))
def test_kernel_and_definition_agree_on_made_texts(texts):
    assert differences(texts) == []


def test_kernel_and_definition_agree_on_sentences_and_their_copies():
    texts = [sentences(number) for number in range(6)]
    assert differences([*texts, "\n".join(texts[:2] * 3), texts[0] + texts[1] + texts[0][50:300]]) == []


def test_a_text_measures_the_same_alone_and_among_others():
    texts = [sentences(1), "", "가 " * 3000, "the cat\n" * 40, sentences(2)]
    together = measure(*string_buffers(pa.array(texts, pa.large_string())))
    for text, row in zip(texts, together, strict=True):
        np.testing.assert_array_equal(measure(*string_buffers(pa.array([text], pa.large_string())))[0], row)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("law_kr", {"include": ("kr/*",)}),
        ("nsmc_raw", {"include": ("raw/*.json",), "text_field": "review", "rows_per_document": 30}),
        ("ms_dotnet_docs_ko", {"include": ("*.md",)}),
        ("docs_and_literature", {"include": ("*unesco_report/in_txt/*.txt",)}),
    ],
)
def test_kernel_and_definition_agree_on_real_texts(name, options):
    archive = DATA / f"{name}.tar.zst"
    if not archive.exists():
        pytest.skip(f"no real text at {archive}")
    items = [item for item in islice(read(Input(archive, **options)), 12) if isinstance(item, Raw)]
    texts = [item.content if isinstance(item.content, str) else item.content.decode("utf-8") for item in items]
    assert len(texts) == 12
    assert differences([text[:20_000] for text in texts]) == []
