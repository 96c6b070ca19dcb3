import itertools
import random

import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.kernels import paragraphs
from malmoi.corpus.kernels.buffers import string_buffers


def units(*texts):
    array = pa.array(texts, pa.large_string())
    rows, starts, stops, _, _ = paragraphs.find(*string_buffers(array))
    content = "".join(texts).encode()
    return [(int(row), content[start:stop].decode()) for row, start, stop in zip(rows, starts, stops, strict=True)]


def letters(text):
    _, _, _, hashes, counts = paragraphs.find(*string_buffers(pa.array([text], pa.large_string())))
    return list(zip(hashes.tolist(), counts.tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("한 줄", ["한 줄"]),
        ("가\n나\n", ["가\n", "나\n"]),
        ("가\n\n\n나", ["가\n\n\n", "나"]),
        ("\n\n가\n", ["\n\n", "가\n"]),
        ("가\n \t\n나", ["가\n \t\n", "나"]),
        ("가\n```python\nx = 1\n\ny = 2\n```\n\n나\n", ["가\n", "```python\nx = 1\n\ny = 2\n```\n\n", "나\n"]),
        ("~~~\n```\n가\n```\n~~~\n나", ["~~~\n```\n가\n```\n~~~\n", "나"]),
        ("```\n끝나지 않은 코드\n\n가\n", ["```\n끝나지 않은 코드\n\n가\n"]),
        ("```코드``` 한 줄\n나", ["```코드``` 한 줄\n", "나"]),
        ("````\n```\n가\n```\n````\n", ["````\n```\n가\n```\n````\n"]),
        ("가\n|a|b|\n|-|-|\n|1|2|\n나\n", ["가\n", "|a|b|\n|-|-|\n|1|2|\n", "나\n"]),
        ("|a|\n\n|b|\n", ["|a|\n\n", "|b|\n"]),
        ("┌──┐\n│가│\n└──┘\n나", ["┌──┐\n│가│\n└──┘\n", "나"]),
        ("가:\n\n    x = 1\n\n    y = 2\n나\n", ["가:\n\n", "    x = 1\n\n    y = 2\n", "나\n"]),
        ("- 가\n    이어지는 줄\n- 나\n", ["- 가\n", "    이어지는 줄\n", "- 나\n"]),
        ("\tx\n\ty\n", ["\tx\n\ty\n"]),
    ],
)
def test_unit_is_a_line_a_table_or_a_block_of_code(text, expected):
    assert [unit for _, unit in units(text)] == expected


def test_units_of_a_batch_cover_every_byte_of_every_text_once():
    texts = ("가\n\n나", "", "\n", "```\nx", "표|1\n표|2\n\n끝 😀\n")
    found = units(*texts)
    assert ["".join(unit for row, unit in found if row == number) for number in range(5)] == list(texts)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("이 영은 공포한 날부터 시행한다.", "이  영은 「공포한」 날부터 시행한다", True),
        ("Copyright ABC 2024", "copyright abc 2024!", True),
        ("제1조", "제2조", False),
        ("제1조", "제１조", False),  # full-width digits are other code points: NFC does not fold them
        ("역사", "력사", False),
        ("ㅋㅋㅋ", "ㅋㅋ", False),
        ("ᄀᆞᄅᆞ", "가라", False),
        ("漢字 혼용", "漢字혼용", True),
        ("웃음 😀", "웃음", True),
    ],
)
def test_hash_is_of_letters_and_digits(one, other, same):
    assert (letters(one)[0] == letters(other)[0]) is same


def test_letters_are_counted_without_marks_and_spaces():
    assert [count for _, count in letters("가 나, 다!\n---\n漢字 1２ 😀\n")] == [3, 0, 4]


def test_equal_names_have_equal_hashes_and_an_empty_one_has_none():
    found = paragraphs.hashes_of(*string_buffers(pa.array(["a.kr", "b.kr", "a.kr", "한글.kr", "", None])))
    assert found.dtype == np.uint32
    assert found[0] == found[2]
    assert len({0, *found[[0, 1, 3]].tolist()}) == 4
    assert found[4:].tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(40))
def test_units_of_any_text_cover_it_and_blocks_are_never_torn(seed):
    chance = random.Random(seed)
    pieces = [
        "\n",
        "\n\n",
        "```",
        "~~~~",
        "`",
        "    ",
        "\t",
        "|",
        "│",
        "─",
        "가",
        "나 다",
        "x",
        " ",
        "😀",
        "ㆍ",
        "```\n",
        "\r",
    ]
    texts = ["".join(chance.choices(pieces, k=chance.randrange(40))) for _ in range(30)]
    found = units(*texts)
    assert ["".join(unit for row, unit in found if row == number) for number in range(30)] == texts
    for number, text in enumerate(texts):
        own = [unit for row, unit in found if row == number]
        assert own == [unit for _, unit in units(text)]
        assert all(unit.endswith("\n") for unit in own[:-1])
        for one, other in itertools.pairwise(own):  # two table lines beside each other are one unit
            ends, begins = one.split("\n")[-2], other.split("\n")[0]
            in_code = one.lstrip().startswith(("```", "~~~")) or other.lstrip().startswith(("```", "~~~"))
            assert in_code or not ({"|", "│", "─"} & set(ends) and {"|", "│", "─"} & set(begins))
