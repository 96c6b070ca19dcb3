import hashlib
import io

import pytest

from malmoi.corpus.text import charset

KOREAN = "동해물과 백두산이 마르고 닳도록 하느님이 보우하사 우리나라 만세. 쓩 뷁 펲시 똠방각하"
FRENCH = "Le cœur a ses raisons que la raison ne connaît point; été, forêt, déjà, garçon"
CHINESE = "中华人民共和国是工人阶级领导的、以工农联盟为基础的人民民主专政的社会主义国家。社会主义制度是根本制度。"

CASES = {
    "UTF-8": (KOREAN.encode(), None, "utf-8"),
    "UTF-8 with a mark": (b"\xef\xbb\xbf" + KOREAN.encode(), None, "utf-8"),
    "UTF-16 with a mark": (b"\xff\xfe" + KOREAN.encode("utf-16-le"), None, "utf-16-le"),
    "UTF-16 BE with a mark": (b"\xfe\xff" + KOREAN.encode("utf-16-be"), None, "utf-16-be"),
    "UTF-32 with a mark": (b"\xff\xfe\0\0" + KOREAN.encode("utf-32-le"), None, "utf-32-le"),
    "UTF-16 without a mark": (f"abc def {KOREAN}\n".encode("utf-16-le"), None, "utf-16-le"),
    "CP949 that says nothing": (KOREAN.encode("cp949"), None, "cp949"),
    "CP949 that says EUC-KR": (KOREAN.encode("cp949"), "EUC-KR", "cp949"),
    "CP949 that says ks_c_5601-1987": (KOREAN.encode("cp949"), '"ks_c_5601-1987"', "cp949"),
    "CP949 that says UTF-8": (KOREAN.encode("cp949"), "utf-8", "cp949"),
    "CP949 that says Latin-1": (KOREAN.encode("cp949"), "ISO-8859-1", "cp949"),
    "UTF-8 that says EUC-KR": (KOREAN.encode(), "euc-kr", "utf-8"),
    "UTF-8 with an unknown label": (KOREAN.encode(), "x-nonsense", "utf-8"),
    "ISO-2022-KR, which is all ASCII": ("한국어".encode("iso2022_kr"), "iso-2022-kr", "iso2022_kr"),
    "jamo and emoji": ("ㅋㅋㅋ ㅠㅠ 😂👍🏽 ᄒᆞᆫ글".encode(), None, "utf-8"),
    "one syllable in CP949": ("값".encode("cp949"), None, "cp949"),
    "ASCII": (b"plain", "euc-kr", "utf-8"),
    "nothing": (b"", None, "utf-8"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_charset_is_found_whatever_is_declared(case):
    content, declared, expected = CASES[case]
    decoded = charset.decode(content, declared)
    assert decoded is not None
    assert (decoded.charset, decoded.damage_share) == (expected, 0.0)
    assert "\ufffd" not in decoded.text
    if len(content) > 90 and "without" not in case:
        assert decoded.text == KOREAN


def test_meta_charset_counts_in_pages_only():
    page = (
        b'<html><head><meta http-equiv="Content-Type" content="text/html; charset=shift_jis"></head>'
        + "日本語".encode("shift_jis")
    )
    decoded = charset.decode(page, is_html=True)
    assert decoded is not None
    assert decoded.charset == "shift_jis"
    assert decoded.text.endswith("日本語")


def test_french_and_chinese_are_not_taken_for_korean():
    latin = charset.decode(FRENCH.replace("œ", "oe").encode("latin-1"), "iso-8859-1")
    assert latin is not None
    assert "été, forêt, déjà, garçon" in latin.text
    chinese = charset.decode(CHINESE.encode("gb2312"))
    assert chinese is None or chinese.charset != "cp949"


def test_a_cut_or_mixed_text_is_decoded_with_its_damage_measured():
    cut = charset.decode(KOREAN.encode()[:-1])
    assert cut is not None
    assert (cut.charset, cut.text.count("\ufffd")) == ("utf-8", 1)
    assert 0 < cut.damage_share < 0.03
    mixed = charset.decode(KOREAN.encode("cp949") + b"\xff\xff" + KOREAN.encode("cp949"))
    assert mixed is not None
    assert mixed.charset == "cp949"
    assert 0 < mixed.damage_share < 0.05
    both = charset.decode(KOREAN.encode() * 4 + "댓글입니다".encode("cp949"))
    assert both is not None
    assert both.text.startswith(KOREAN)
    assert both.damage_share > 0


def test_bytes_without_sense_are_hopeless():
    assert charset.decode(bytes(range(0x80, 0x100)) * 3 + b"\xff\xfe\xfd") is None


@pytest.mark.parametrize(
    "content", [b"%PDF-1.4", b"PK\x03\x04..", b"\x89PNG\r\n", b"GIF89a", b"abc\0\0def\0", b"\x1f\x8b\x08"]
)
def test_binary_content_is_known(content):
    assert charset.looks_binary(content)


@pytest.mark.parametrize("text", ["글", "abc", ""])
def test_text_in_any_unicode_form_is_not_binary(text):
    assert not charset.looks_binary(text.encode())
    assert not charset.looks_binary(text.encode("utf-16"))
    assert not charset.looks_binary(("long enough to tell " + text).encode("utf-16-le"))


ZEROS = {
    "one in a text": KOREAN.encode()[:30] + b"\0" + KOREAN.encode()[30:],
    "one at the start": b"\0" + KOREAN.encode(),
    "a run at the end": KOREAN.encode() + bytes(100),
    "one in CP949": KOREAN.encode("cp949")[:20] + b"\0" + KOREAN.encode("cp949")[20:],
    "one beside a broken character": KOREAN.encode()[1:] + KOREAN.encode() * 2 + b"\0",
    "one in English": b"nothing but plain words\0 here",
}


@pytest.mark.parametrize("case", ZEROS)
def test_a_zero_byte_makes_no_text_binary(case):
    assert not charset.looks_binary(ZEROS[case])
    decoded = charset.decode(ZEROS[case])
    assert decoded is not None
    assert "\0" not in decoded.text


@pytest.mark.parametrize(
    "start", [b"<!DOCTYPE html>", b"\n<html lang=ko>", b"<!-- saved -->\n<HTML>", b"<?xml version='1.0'?>"]
)
def test_the_start_of_a_page_outweighs_zero_bytes(start):
    assert not charset.looks_binary(start + b"<p>\xea\xb0\x80\0\0\xff" + bytes(50))


@pytest.mark.parametrize(
    "content",
    [
        b"\0" * 40,
        b"abc" + bytes(500),
        bytes(range(256)) * 8,
        KOREAN.encode().replace(b" ", b"\0\0"),
        b"".join(hashlib.sha256(bytes([number])).digest() for number in range(100)),  # as compressed data are
    ],
)
def test_zeros_among_what_is_no_text_are_binary(content):
    assert charset.looks_binary(content)


MAIL = "안녕하세요. 다음 주 모임은 도서관에서 있습니다. 시간이 바뀌면 다시 알려 드리겠습니다."


@pytest.mark.parametrize("name", ["iso2022_kr", "utf-7"])
def test_korean_of_old_mail_is_read_though_nobody_declares_it(name):
    content = MAIL.encode(name)
    assert content.isascii()
    assert charset.decode(content) == (MAIL, name, 0.0)
    assert charset.decode(content.replace(charset.KOREAN_MAIL, b"")).text == MAIL


@pytest.mark.parametrize("text", ["a+b+c = d+e", "+82-10-0000-0000 +1+2", "x \x0e y \x0f z", "C++ ++i +Inf-", "+ACE-"])
def test_ascii_with_signs_of_old_mail_stays_ascii(text):
    decoded = charset.decode(text.encode())
    assert (decoded.text, decoded.charset) == (text, "utf-8")


def test_the_head_of_a_stream_may_end_inside_a_character():
    assert charset.stream_charset(KOREAN.encode()[:-1]) == "utf-8"
    assert charset.stream_charset((KOREAN + "\n").encode("cp949")[:-2]) == "cp949"


def test_a_stream_whose_mark_of_utf16_is_not_at_its_beginning_is_read_to_its_end():
    damaged = bytes.fromhex(
        "00fffe5b007b30220000740065007800740022003a002000220098b000fffe5b007b564700740065"
        "007800740022003a002000220098b034bb94b220004dbd7eefbbbfc52000fffe5b004dbd7eefbbbf"
    )
    assert "".join(charset.text_pieces(io.BytesIO(damaged)))
