"""Mails in every charset and form, and pages that a browser saved as one file."""

import base64

import pytest
from made_documents import STORY, documents, reasons, text_of

from malmoi.corpus.sources.letter_account import letters_in

PYTHON_NAMES = {"ks_c_5601-1987": "cp949"}


@pytest.mark.parametrize("label", ["euc-kr", "utf-8", "iso-2022-kr", "ks_c_5601-1987"])
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_mails_are_decoded_from_every_charset_and_transfer_encoding(tmp_path, label, encoding):
    name = PYTHON_NAMES.get(label, label)
    words = STORY.encode(name)
    subject = f"=?{label}?B?{base64.b64encode('나루터 소식'.encode(name)).decode()}?="
    if encoding == "base64":
        words = base64.encodebytes(words)
    elif encoding == "quoted-printable":
        words = b"".join(b"=%02X" % byte if byte > 126 or byte in b"=\x0e\x0f\x1b" else bytes([byte]) for byte in words)
    head = [
        f"Subject: {subject}", "From: =?utf-8?B?6rCV64KY656Y?= <narae@example.com>",
        "Date: Fri, 1 Mar 2024 09:00:00 +0900",
        f"Content-Type: text/plain; charset={label}", f"Content-Transfer-Encoding: {encoding}", "", "",
    ]  # fmt: skip
    found = documents(tmp_path, "a.eml", "\r\n".join(head).encode() + words)
    assert [(one["title"], one["text"]) for one in found] == [("나루터 소식", STORY)]
    assert found[0]["source"]["published"] == "2024-03-01" and found[0]["source"]["author_hash"]


def test_headers_in_bare_bytes_of_cp949_are_read(tmp_path):
    content = "Subject: 나루터 소식\r\nFrom: 강나래\r\n\r\n".encode("cp949") + STORY.encode("cp949")
    (found,) = documents(tmp_path, "a.eml", content)
    assert (found["title"], found["text"]) == ("나루터 소식", STORY)


PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n"


def parts(kind, *inner):
    return (
        f"Content-Type: multipart/{kind}; boundary=B{kind}\r\n\r\n"
        + "".join(f"--B{kind}\r\n{one}\r\n" for one in inner)
        + f"--B{kind}--\r\n"
    )


def test_of_several_forms_of_a_mail_the_plain_one_is_read(tmp_path):
    both = parts("alternative", HTML + "<p>꾸민 글</p>", PLAIN + "수수한 글\r\n> 인용한 글\r\n-- \r\n강나래")
    assert text_of(tmp_path, "a.eml", ("From: a\r\n" + both).encode()) == "수수한 글\n> 인용한 글\n--\n강나래"
    empty = parts("alternative", PLAIN + "  ", parts("related", HTML + "<p>꾸민 글</p><ul><li>항목</li></ul>"))
    assert text_of(tmp_path, "b.eml", ("From: a\r\n" + empty).encode()) == "꾸민 글\n\n- 항목"


def test_attached_files_are_counted_without_their_names_and_attached_mails_are_read(tmp_path):
    attached = (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="강나래 이력서.pdf"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\nJVBERg=="
    )
    inner = "Content-Type: message/rfc822\r\n\r\nFrom: 한가온\r\nSubject: 안쪽\r\n\r\n안쪽 편지"
    found = documents(
        tmp_path, "a.eml", ("From: b\r\n" + parts("mixed", PLAIN + "바깥 편지", attached, inner)).encode()
    )
    assert [one["text"] for one in found if isinstance(one, dict)] == ["바깥 편지", "안쪽 편지"]
    assert reasons(found) == [("attachment", "1 attached file not read: .pdf of 4 bytes")]


def test_flowed_lines_of_a_mail_are_joined(tmp_path):
    content = "From: a\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n\r\n"
    content += "긴 줄이 \r\n이어진다.\r\n새 줄\r\n-- \r\n이름"
    assert text_of(tmp_path, "a.eml", content.encode()) == "긴 줄이 이어진다.\n새 줄\n--\n이름"


def test_an_encrypted_mail_says_so(tmp_path):
    content = b"From: a\r\nContent-Type: multipart/encrypted; boundary=x\r\n\r\n--x\r\n\r\nabc\r\n--x--\r\n"
    assert reasons(documents(tmp_path, "a.eml", content)) == [("encrypted", "the mail is encrypted")]


def test_a_saved_page_is_read_as_a_page_with_its_address(tmp_path):
    page = f"<html><head><title>나루터</title></head><body><article><p>{STORY}</p></article></body></html>"
    frame = HTML + "<p>광고</p>"
    content = "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.com/ferry\r\nMIME-Version: 1.0\r\n"
    (found, gap) = documents(tmp_path, "a.mht", (content + parts("related", HTML + page, frame)).encode())
    assert (found["text"], found["source"]["url"]) == (STORY, "https://example.com/ferry")
    assert gap.reason == "attachment"


ASKED, ANSWER = "내일 오후에 나루터에서 회의를 엽시다.", "네, 알겠습니다. 세 시까지 가겠습니다."
HEAD = "보낸 사람: 한가온 <a@b.kr>\n보낸 날짜: 2021년 5월 25일\n받는 사람: 윤나래\n제목: 회의"
MAILER = "From: 한가온 <a@b.kr>\nSent: Tuesday, May 25, 2021\nTo: 윤나래\nSubject: 회의"
QUOTES = {
    "signs": f"{ANSWER}\n\n2021년 5월 25일 (화) 오후 3:21, 한가온 <a@b.kr>님이 작성:\n\n> {ASKED}",
    "English": f"{ANSWER}\n\nOn Tue, May 25, 2021 at 3:21 PM 한가온 <a@b.kr>\nwrote:\n> {ASKED}",
    "Outlook": f"{ANSWER}\n\n{HEAD}\n\n{ASKED}",
    "Outlook in English": f"{ANSWER}\n\n{MAILER}\n\n{ASKED}",
    "a Korean webmail": f"{ANSWER}\n\n-----Original Message-----\nFrom: 한가온\n\n{ASKED}",
    "an older one": f"{ANSWER}\n\n--------- 원본 메일 ---------\n{ASKED}",
}


def quoted(tmp_path, body, choice, kind="plain"):
    content = f"From: a\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{body}".encode()
    return documents(tmp_path, "a.eml", content, mail_quotes=choice)


@pytest.mark.parametrize("name", QUOTES)
def test_the_chain_of_earlier_mails_is_cut_and_counted_or_kept(name, tmp_path):
    (cut,) = quoted(tmp_path, QUOTES[name], "cut")
    assert cut["text"] == ANSWER
    (taken,) = [entry["letters"] for entry in cut["letters_taken"] if entry["step"] == "mail_quotes"]
    assert letters_in(ANSWER) + taken == cut["letters_read"] == letters_in(QUOTES[name])
    (kept,) = quoted(tmp_path, QUOTES[name], "once")
    assert kept["text"] == QUOTES[name]


def test_a_line_that_a_chain_repeats_stands_once(tmp_path):
    chain = f"{ANSWER}\n\n> {ASKED}\n>\n> 네.\n>> {ASKED}\n>> 네.\n>>> {ASKED}\n>>> 처음에 한 다른 말이 하나 있다."
    (kept,) = quoted(tmp_path, chain, "once")
    assert kept["text"].count(ASKED) == 1
    assert kept["text"].count("네.") == 2
    assert "처음에 한 다른 말이" in kept["text"]
    assert {"step": "mail_quotes", "letters": 2 * letters_in(ASKED)} in kept["letters_taken"]


def test_answers_between_quoted_lines_and_mails_that_only_quote_stay(tmp_path):
    (between,) = quoted(tmp_path, f"> {ASKED}\n{ANSWER}\n> 끝으로 하나 더 묻습니다.\n그것도 됩니다.", "cut")
    assert between["text"] == f"{ANSWER}\n그것도 됩니다."
    (only,) = quoted(tmp_path, f"-------- Forwarded Message --------\n{ASKED}", "cut")
    assert ASKED in only["text"]
    (none,) = quoted(tmp_path, f"From: 이 말로 시작하는 글\n{ASKED}\n5 > 3 이다.", "cut")
    assert none["text"] == f"From: 이 말로 시작하는 글\n{ASKED}\n5 > 3 이다."


def test_a_quoted_mail_that_is_attached_too_stands_once(tmp_path):
    inner = f"Content-Type: message/rfc822\r\n\r\nFrom: b\r\n{PLAIN}{ASKED}"
    mail = ("From: a\r\n" + parts("mixed", PLAIN + f"{ANSWER}\r\n> {ASKED}", inner)).encode()
    first, second = documents(tmp_path, "b.eml", mail)
    assert (first["text"], second["text"]) == (ANSWER, ASKED)


def test_quotations_in_html_are_known_too(tmp_path):
    html = f"<p>{ANSWER}</p><div>2021년 5월 25일, 한가온님이 작성:</div><blockquote><p>{ASKED}</p></blockquote>"
    (cut,) = quoted(tmp_path, html, "cut", "html")
    assert cut["text"] == ANSWER


@pytest.mark.parametrize(
    "head",
    [
        "multipart/mixed",
        "multipart/alternative; boundary=zzz",
        "multipart/related; boundary=zzz",
        "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
    ],
)
def test_words_that_are_not_packed_as_the_header_says_are_read_as_they_stand(tmp_path, head):
    assert text_of(tmp_path, "a.eml", f"From: a\r\nContent-Type: {head}\r\n\r\n{STORY}".encode()) == STORY
