"""Words are found however they were typed, and not in other words."""

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from malmoi.corpus.text.fold import address_pattern, addresses_above, fold, fold_address, is_certain, pattern, squeezed

NAME = "홍길동"
NFD = unicodedata.normalize("NFD", NAME)
WAYS = [
    NAME,
    NFD,
    "홍\u200b길\u200d동",
    "\u00ad".join(NFD),
    "홍\ufe0f길\ufeff동",
    "홍길\n동",
    "홍 길 동",
    "홍\u00a0길\u3000동",
    "홍\u2060길\u2009동",
]


@pytest.mark.parametrize("written", WAYS)
def test_a_name_is_found_in_every_way_of_writing_by_both_engines(written):
    text = f"어제 {written}이 왔다."
    assert (found := re.search(pattern(NAME), text, re.IGNORECASE))
    assert is_certain(text, *found.span(), NAME)
    options = pc.MatchSubstringOptions(pattern(NAME), ignore_case=True)
    assert pc.call_function("match_substring_regex", [pa.array([text, "홍길"])], options).to_pylist() == [True, False]


@pytest.mark.parametrize("typed", WAYS)
def test_it_is_asked_for_in_every_way_too(typed):
    assert re.search(pattern(typed), "홍길동의 글", re.IGNORECASE)
    assert squeezed(typed) == NAME


@pytest.mark.parametrize(
    ("name", "text", "certain"),
    [
        ("이사라", "그가 이 사라진 마을", False),  # another word begins
        ("이사라", "높이 사라졌다", False),  # it begins inside a word
        ("이사라", "이 사라는 왔다", True),
        ("이사라", "(이\n사라)", True),
        ("이사라", "작가이사라의 글", True),
        ("이사", "이사회의 결정", False),  # two syllables are part of many words
        ("하늘", "가을하늘", False),
        ("하늘", "하늘이 왔다", True),
        ("하늘", "(하늘)", True),
        ("lee", "he sleeps", False),
        ("lee", "Lee는 갔다", True),
        ("Lee Minho", "LEE  MINHO", True),
        ("Lee Minho", "leeminhoo", False),
        ("010-1234", "0010-1234", False),
        ("ｋｉｍ", "Kim 씨", True),
    ],
)
def test_letters_of_words_beside_each_other_are_no_name(name, text, certain):
    found = [one.span() for one in re.finditer(pattern(name), text, re.IGNORECASE)]
    assert found
    assert any(is_certain(text, *span, name) for span in found) is certain


def test_folding_takes_width_case_and_invisible_signs_away_and_keeps_words_apart():
    assert fold(" Ａb\u200bC\t가\u3000나 ") == "abc 가 나"
    assert fold("ﾡￂ") == fold("가")
    assert fold(unicodedata.normalize("NFD", "각")) == "각"
    assert fold("🙂\ufe0f") == fold("🙂")
    assert fold("\u200b\u200d") == ""


@pytest.mark.parametrize(
    "address",
    [
        "https://Blog.Example/홍/1/",
        "http://www.blog.example/%ED%99%8D/1",
        "blog.example/홍/1#top",
        "HTTPS://blog.example/홍/1",
    ],
)
def test_an_address_is_the_same_however_it_is_written(address):
    assert fold_address(address) == "blog.example/홍/1"


@pytest.mark.parametrize("fragment", ["#comments", "#comment-3", "#/post/1", "#!/post/1", "#댓글2"])
def test_a_fragment_that_names_a_document_of_its_own_stays_and_lies_below_the_page(fragment):
    address = fold_address(f"https://a.example/1/{fragment}/")
    assert address == f"a.example/1{fragment}"
    assert {"a.example/1", "a.example"} < set(addresses_above(address))


def test_an_address_lies_below_those_that_it_begins_with_by_whole_parts():
    above = ["a.example/b/c?d=1", "a.example/b/c", "a.example/b", "a.example"]
    assert list(addresses_above(above[0])) == above
    assert "a.example/b" not in list(addresses_above("a.example/bc"))


@pytest.mark.parametrize(
    "url",
    ["https://a.example/홍길동/1", "https://a.example/%ED%99%8D%EA%B8%B8%EB%8F%99", "https://xn--hq1bm8jm9l.example/"],
)
def test_a_name_is_found_in_an_address_in_percent_signs_and_punycode(url):
    name = "도메인" if "xn--" in url else NAME
    assert re.search(address_pattern(name), url, re.IGNORECASE)
