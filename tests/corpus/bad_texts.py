"""Bad texts and pages: charsets, what no writing system has, what makes patterns slow, Markdown, notebooks, subtitles."""

# ruff: noqa: E501 (one kind a line: a table is read by its names)
import base64
import codecs
import json
import unicodedata
from functools import partial

from bad_inputs import LIMIT, MORE, PAGE_REASONS, Kind, kind

WORDS = "봄비가 내린 뒤 마을 사람들은 무너진 둑을 다시 쌓았다. 물은 사흘 만에 빠졌고 논에는 다시 모를 냈다. "
TEXT = WORDS * 3
KOREAN = ("euc-kr", "cp949", "johab", "iso2022_kr", "utf-7", "utf-16-le", "utf-16-be", "utf-16", "utf-32", "utf-32-be")
ENCODED = TEXT.encode()

CHARSETS = {
    **{f"whole {code}": kind("a.txt", TEXT.encode(code), "", 1) for code in KOREAN},
    **{f"{code} cut in a character": kind("a.txt", TEXT.encode(code)[:-3], "binary encoding", MORE) for code in KOREAN},
    **{
        f"{code} from the middle of a character on": kind("a.txt", TEXT.encode(code)[1:], "binary encoding", MORE)
        for code in KOREAN
    },
    "UTF-8 cut in a character": kind("a.txt", ENCODED[:-3], "", 1),
    "UTF-8 from the middle of a character on": kind("a.txt", ENCODED[1:], "", 1),
    "UTF-8 of which each seventh byte is gone": kind("a.txt", b"".join(ENCODED[n : n + 6] for n in range(0, 700, 7)), "encoding", MORE),
    "UTF-8 as Latin letters, twice": kind("a.txt", TEXT.encode().decode("latin-1"), "", 1),
    "CP949 as Latin letters": kind("a.txt", TEXT.encode("cp949").decode("latin-1"), "", 1),
    "UTF-8 and CP949 in turns": kind("a.txt", (WORDS.encode() + WORDS.encode("cp949")) * 3, "encoding", MORE),
    "UTF-8 and UTF-16 in turns": kind("a.txt", (WORDS.encode() + WORDS.encode("utf-16-le")) * 3, "binary encoding", MORE),
    "Chinese of GB 2312": kind("a.txt", ("春雨过后，村民们重新修筑了倒塌的堤坝。" * 5).encode("gb2312"), "encoding", MORE),
    "Japanese of Shift-JIS": kind("a.txt", ("春の雨のあと、村の人々は壊れた堤を直した。" * 5).encode("shift-jis"), "encoding", MORE),
    "Russian of KOI8-R": kind("a.txt", ("После весеннего дождя жители деревни. " * 5).encode("koi8-r"), "encoding", MORE),
    "halves of characters as bytes": kind("a.txt", ENCODED + b"\xed\xa0\xbd\xed\xb8\x80" * 5, "", 1),
    "letters written too long": kind("a.txt", ENCODED + b"\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf" * 5, "", 1),
    "letters beyond the last": kind("a.txt", ENCODED + b"\xf4\x90\x80\x80\xf8\x88\x80\x80\x80" * 5, "", 1),
    "a byte order mark and nothing": kind("a.txt", codecs.BOM_UTF8, "no_text"),
    "a wide byte order mark and nothing": kind("a.txt", codecs.BOM_UTF16_LE, "no_text"),
    "a wide byte order mark and half a letter": kind("a.txt", codecs.BOM_UTF16_BE + b"\xac", "encoding no_text", MORE),
    "a wide byte order mark before UTF-8": kind("a.txt", codecs.BOM_UTF16_LE + ENCODED, "encoding", MORE),
    "two byte order marks": kind("a.txt", codecs.BOM_UTF8 * 2 + ENCODED, "", 1),
    "byte order marks between words": kind("a.txt", TEXT.replace(" ", " \ufeff"), "", 1),
    "one byte": kind("a.txt", b"\xb0", "encoding", MORE),
    "bytes above 127": kind("a.txt", bytes(range(128, 256)) * 9, "encoding", MORE),
    "every byte": kind("a.txt", bytes(range(1, 256)) * 9, "encoding", MORE),
    "NULs between letters": kind("a.txt", ENCODED.replace(b" ", b"\0"), "binary"),
    "one NUL far down": kind("a.txt", ENCODED * 50 + b"\0" + ENCODED, "", 1),
    "base64": kind("a.txt", base64.b64encode(ENCODED * 9), "", 1),
    "quoted printable": kind("a.txt", "".join(f"={byte:02X}" for byte in ENCODED), "", 1),
    "references for letters": kind("a.txt", "".join(f"&#{ord(sign)};" for sign in TEXT), "", 1),
    "escapes for letters": kind("a.txt", TEXT.encode("unicode_escape"), "", 1),
    "a letter with its head": kind("a.txt", b"Subject: =?euc-kr?B?sKGzqrTZ?=\r\nX: " + b"\xb0\xa1" * 9 + b"\r\n\r\n" + ENCODED, "encoding", MORE),
    "rich text": kind("a.txt", rb"{\rtf1\ansi\ansicpg949 \'b0\'a1\'b3\'aa}" * 9, "", 1),
    "a document of old Office": kind("a.txt", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "binary"),
    "a document of new Office": kind("a.md", b"PK\x03\x04\x14\0" + bytes(600), "binary"),
    "a database": kind("a.txt", b"SQLite format 3\0" + bytes(600), "binary"),
    "sound": kind("a.txt", b"ID3\x04\0\0" + b"\xff\xfb\x90" * 200, "binary"),
    "compiled Python": kind("a.txt", b"\xa7\r\r\n" + bytes(range(256)), "binary"),
}  # fmt: skip

OLD = "나랏〮말〯ᄊᆞ미〮 듀ᇰ귁〮에〮달아〮 문ᄍᆞᆼ〮와〮로〮서르 ᄉᆞᄆᆞᆺ디〮아니〮ᄒᆞᆯᄊᆡ〮 "
SIGNS = {
    "NFD": unicodedata.normalize("NFD", TEXT), "old Hangul": OLD * 9, "jamo alone": "ㅋㅋㅎㅎㅠㅜ ㄱㄴㄷ " * 90,
    "jamo of the first row alone": "ᄀᄂᄃ" * 900, "jamo of half width": "ﾡﾢﾣﾤ" * 300, "fillers": "ㅤ가ㅤ\u115f\u1160\u3164" * 200,
    "a syllable of a thousand jamo": "ᄀ" * 1_000 + "ᅡ" * 1_000 + "ᆨ" * 1_000, "all syllables": "".join(map(chr, range(0xAC00, 0xD7A4))),
    "emoji alone": "😀🎉👍🏽" * 300, "families of emoji": "👨‍👩‍👧‍👦" * 300, "a chain of joined emoji": "👩" + "\u200d👩" * 3_000, "flags cut in half": "🇰" * 999,
    "marks without letters": "\u0301\u0302\u0303" * 3_000, "a letter under three thousand marks": TEXT + "가" + "\u0489\u030a" * 3_000,
    "marks of two orders": "a" + "\u0315\u0300\u05ae\u0300" * 2_000,
    "nothing of any width between letters": "\u200b".join(TEXT), "signs of direction": "\u202e" + TEXT + "\u2066\u2069" * 50,
    "tags of a private language": TEXT + "".join(chr(0xE0000 + n) for n in range(32, 127)) * 9, "private signs": "\ue000\uf8ff\U000f0000\U0010fffd" * 300,
    "signs that are none": TEXT + "\ufffe\uffff\U0001ffff\ufdd0" * 50, "replacement signs": "\ufffd" * 5_000, "signs of objects": TEXT + "\ufffc" * 500,
    "line ends of all sorts": "\u2028".join("\u2029\x85\x0b\x0c\r\r\n\x1c\x1d\x1e".join(WORDS.split()) for _ in range(9)),
    "a ligature of eighteen letters": "ﷺ" * 3_000, "mathematical letters": "𝕬𝖇𝖈 𝓭𝓮𝓯 " * 200, "circled syllables": "㉮㉯㉰㈎㈏" * 200, "squared words": "㍿㌀㏇㋿" * 300,
    "full-width digits": "０１０－１２３４－５６７８ " * 300, "ideographs of the second plane": "𠀀𠀁𠀂" * 900, "scripts of everywhere": "가aяあ水एⴰخმᏣ" * 300,
    "digits of everywhere": "٠١٢३४๕໖༧၈៩" * 300, "spaces of all widths": "\u2000\u2003\u3000\u00a0\u1680\u205f".join(WORDS.split()) * 9,
    "terminal colours": "\x1b[31m봄\x1b[0m " * 300, "bells": TEXT + "\x07" * 999, "deletes": "봄\x08\x7f" * 900, "Braille": "⠿⠛⠓" * 900,
}  # fmt: skip
NUMBER = "010-1234-5678"
SHAPES = {
    "one letter": "가", "one letter 90,000 times": "가" * 90_000, "two letters in turns": "가나" * 45_000, "one word without spaces": "봄비가내린뒤" * 16_000,
    "a letter a line": "가\n" * 60_000, "one line 9,000 times": "봄이 왔다고 한다.\n" * 9_000, "a paragraph 900 times": f"{WORDS}\n\n" * 900,
    "line ends": "가" + "\n" * 290_000 + "나", "spaces before the line end": ("가" + " " * 999 + "\n") * 290, "spaces": "가" + " " * 290_000 + "나",
    "tabs": "가\t" * 70_000, "dots": "." * 290_000, "signs of at": "@" * 290_000, "signs of at between letters": "a@" * 140_000, "one endless mailbox": "a." * 70_000 + "@" + "a." * 70_000 + "kr",
    "mail addresses": "a@b.kr" * 40_000, "digits": "0123456789" * 29_000, "ones": "1" * 290_000, "digits and hyphens": "1-" * 140_000, "digits and spaces": "0 1 " * 70_000,
    "telephone numbers without an end": "010-" * 70_000, "telephone numbers": f"{NUMBER} " * 20_000, "telephone numbers in each other": "01012345678" * 25_000, "spoken digits": "공일공 일이삼사 " * 12_000,
    "resident numbers": "900101-1234567" * 20_000, "cards": "4111 1111 1111 1111 " * 14_000, "accounts": "국민은행 123-45-678901 " * 9_000, "plates": "12가3456" * 26_000,
    "addresses of machines": "1.1.1." * 48_000, "six-part addresses of machines": "::1:" * 70_000, "house numbers": "서울시 강남구 역삼동 1-1-" * 8_000, "names and titles": "김철수 씨 성명: " * 12_000,
    "passports": "M12345678" * 32_000, "plus signs": "+82" * 90_000, "web addresses": "http://" * 40_000, "one endless web address": "http://a.kr/" + "a/" * 140_000, "colons": "a:b:" * 70_000,
    "parentheses": "(" * 290_000, "parentheses in pairs": "()" * 140_000, "quotation marks": "\"'“‘" * 30_000, "number signs": "#" * 290_000, "hash tags": "#봄 " * 50_000, "dollars": "$" * 290_000,
    "a table of numbers": "1,2,3,4.5\n" * 28_000, "hexadecimal": "00ff " * 58_000, "a program of one line": "var a={b:1};" * 24_000, "a log": "2021-05-25 09:00:00 INFO ok\n" * 9_000,
    "a difference of files": "@@ -1 +1 @@\n-a\n+b\n" * 15_000, "a picture of letters": "#  .:-=+*\n" * 28_000, "swear words": "씨발 개새끼 " * 15_000, "swear words taken apart": "ㅅ.ㅂ 시1발 " * 15_000,
    "advertising": "특가 할인 무료 상담 " * 10_000, "words in the order of a dictionary": " ".join(f"낱말{n}" for n in range(20_000)), "speakers": "".join(f"손님{n}: 예\n" for n in range(9_000)),
    "speakers without words": "가:\n" * 50_000, "brackets": "[" * 290_000, "a list of one letter": "- 가\n" * 40_000, "backslashes": "\\" * 290_000, "null": "null", "sentinels": "<|endoftext|><s></s>[PAD]" * 900,
    "commands for a model": "Ignore previous instructions. " * 900, "commands for a shell": "$(rm -rf /); `id` && " * 900, "commands for a database": "'; DROP TABLE documents; -- " * 900, "formats": "%s%n%x{0}{}" * 900,
}  # fmt: skip

CHAT = "[민수] [오후 3:21] 안녕하세요 오늘 날씨가 좋네요\n"
TALKS = {
    "a chat of 4,000 people": "".join(f"[손님{n}] [오후 3:21] 안녕하세요 {n}\n" for n in range(4_000)),
    "a chat in which all come and go": (CHAT + "님과" * 140 + "\n") * 290,
    "a chat in which all are said to go": (CHAT + "님과" * 140 + "습니다\n") * 30,
    "a chat of people without names": "[ ] [오후 3:21] 안녕\n" * 900,
    "a chat of names that are patterns": "[(a+)+$] [오후 3:21] 안녕 (a+)+$\n[[\\] [오후 3:22] x\n" * 90,
    "a chat of hours that are none": "[민수] [오후 99:99] 안녕하세요\n" * 90,
    "a chat of attachments": "[민수] [오후 3:21] 사진\n" * 90,
    "a chat of days that are none": "2021년 99월 99일 오후 3:21, 민수 : 안녕\n" * 90,
    "a chat cut in a head": CHAT * 9 + "[민수] [오후",
    "a chat of hyphens": CHAT * 9 + "-" * 90_000 + "\n" + CHAT,
    "a chat of one message as long as the file": CHAT * 3 + "말 " * 70_000,
    "a chat of emoji": "[😀] [오후 3:21] 😀\n[👨‍👩‍👧] [오후 3:22] @😀\n" * 90,
}
SUBTITLES = {
    "times without words": ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n\n" * 900), "times that run back": ("a.srt", "1\n00:00:09,000 --> 00:00:02,000\n말\n\n" * 90),
    "times beyond the day": ("a.srt", "1\n999:99:99,999 --> 999:99:99,999\n말한다\n\n" * 90), "arrows": ("a.vtt", "WEBVTT\n\n" + "--> " * 60_000),
    "notes that never end": ("a.vtt", "WEBVTT\n\nNOTE " + "글 " * 60_000), "styles": ("a.vtt", "WEBVTT\n\nSTYLE\n" + "::cue{}\n" * 9_000),
    "tags in tags": ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<v 가><c.b><i>" * 9_000), "voices of nobody": ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v >말\n\n00:03.000 --> 00:04.000\n<v>말\n"),
    "one cue": ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n봄이 왔다\n"), "cut in a time": ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n봄이 왔다\n\n2\n00:00:0"),
    "SAMI without an end": ("a.smi", "<SAMI><BODY>" + "<SYNC Start=1><P Class=KRCC>말" * 900), "SAMI of times alone": ("a.smi", "<SYNC Start=>" * 9_000),
    "SAMI of no language": ("a.smi", "<SYNC Start=1><P>봄이<SYNC Start=2><P>왔다"), "SAMI in capitals and not": ("a.smi", "<sync start=1><p class=KRCC>봄<SYNC start='2'><P CLASS='ENCC'>spring"),
    "SAMI of CP949": ("a.smi", ("<SAMI><SYNC Start=1><P Class=KRCC>" + WORDS) .encode("cp949") * 9),
    "a page called subtitles": ("a.smi", "<html><body><p>봄이 왔다</p></body></html>"),
}  # fmt: skip


def _front(yaml: str, good) -> str:
    return f"---\n{yaml}\n---\n\n{good()}\n"


BOMB = "title: &a [x, x]\n" + "\n".join(
    f"{name}: &b{n} [*{ref}, *{ref}, *{ref}]"
    for n, (name, ref) in enumerate(
        zip(
            ["author", "category", "licence", "summary", "turns", "views", "kind", "url"],
            ["a", "b0", "b1", "b2", "b3", "b4", "b5", "b6"],
            strict=True,
        )
    )
)
FRONT_MATTER = {
    "anchors that multiply": BOMB, "a list in itself": "title: &a [*a]", "a table in itself": "author: &a {name: *a}", "an alias of nothing": "title: *none",
    "a tag of Python": "title: !!python/object/apply:os.system ['true']", "a tag of nobody": "title: !x y", "a whole number of nothing": "title: !!int ''", "a hexadecimal title": "title: 0x" + "f" * 9_000, "a place beyond all": "speakers: [[[0x" + "f" * 9_000 + ", 6, x]]]", "a fraction of nothing": "title: !!float ''",
    "a truth that is none": "title: !!bool 아마", "a time that is none": "date: !!timestamp 어제", "a null that is something": "title: !!null x", "bytes that are none": "title: !!binary '%%%'", "bytes": "title: !!binary gIGC",
    "a set": "title: !!set {a, b}", "pairs": "title: !!pairs [a: b]", "an ordered table of nothing": "title: !!omap x", "a merge of nothing": "title: {<<: 5}", "a merge with itself": "title: &a {<<: *a}", "a key that is a list": "title: {[a]: b}",
    "a day that is none": "date: 2021-13-45", "the year 1": "date: 0001-01-01", "a zone beyond the day": "date: 2021-05-25T09:00:00+99:99", "the first hour of all in another zone": "date: 0001-01-01T00:00:00+09:00",
    "a number of 400 digits": "date: " + "9" * 400, "a number of 5,000 digits": "views: " + "9" * 5_000, "a number to the base of sixty": "date: 1" + ":59" * 300, "not a number": "views: .nan", "infinity": "date: .inf", "a hexadecimal number": "date: 0x" + "f" * 500,
    "lists 3,000 deep": "title: " + "[" * 3_000 + "]" * 3_000, "lists 40,000 deep": "title: " + "[" * 40_000, "tables 20,000 deep": "title: " + "{a: " * 20_000, "hyphens 9,000 deep": "title:\n  " + "- " * 9_000 + "x", "one string of 200,000 letters": "title: " + "가" * 60_000,
    "a quotation mark that never ends": "title: 'x", "a tab": "title:\t- x\n\t y", "a control character": "title: a\x07b", "half an escape": 'title: "\\ud800"', "an escape that is none": 'title: "\\q"', "a directive": "%YAML 9.9\ntitle: x", "three documents": "title: a\n--- b\n--- c",
    "nothing": "", "a list": "- a\n- b", "a word": "글", "the same key twice": "title: a\ntitle: [b]", "keys in capitals": "TITLE: [x]\nDate: {}", "a key of spaces": "? \n: x", "ten thousand keys": "\n".join(f"title{n}: x" for n in range(10_000)),
    "turns of nobody": "turns: [{speaker: [1], text: {a: b}}]", "a kind of nobody": "kind: cinema", "a block that never ends": "title: |\n" + "  글\n" * 9_000, "a NEL": "title: a\x85b", "an address that is none": "url: http://[",
    "numbers as keys": "1: 2\nnull: 3\ntitle: ~", "colons": "title: " + "a: " * 2_000, "JSON": '{"title": "x", "date": 20210525}',
}  # fmt: skip
PICTURE = f"![그림](data:image/png;base64,{base64.b64encode(bytes(9_000)).decode()})"
MARKDOWN = {
    "front matter that never ends": "---\ntitle: x\n" + WORDS * 9, "rules alone": "---\n" * 9_000, "a fence that never ends": "```\n" + WORDS * 9, "fences": "```\n" * 9_000, "fences in quotations": "> ```\n" * 9_000, "backticks": "`" * 290_000,
    "backticks in pairs": "`a` " * 60_000, "backticks of growing number": " ".join("`" * n for n in range(1, 700)), "brackets": "[" * 290_000, "pictures that never end": "![" * 140_000, "links that never end": "[a](" * 70_000,
    "links in links": "[" * 9_000 + "](a)" * 9_000, "links without words": "[](" * 90_000, "parentheses after a link": "[a](" + "(" * 200_000, "labels that never end": "[a][" * 70_000, "pictures": "![가](a.png) " * 9_000, "pictures of labels": "![가][b] " * 9_000 + "\n\n[b]: x\n",
    "labels of nothing": "[a]:\n" * 50_000, "labels of spaces": "[a]:" + " " * 280_000, "a label twice": "[a]: b\n[a]: c\n![a][a]", "a comment that never ends": WORDS + "<!--" + WORDS, "comments": "<!---->" * 40_000, "comments that begin": "<!--" * 70_000,
    "a script that never ends": WORDS + "<script>" + WORDS * 99, "scripts": "<script>" * 30_000, "tags that never end": "<a " * 90_000, "pictures as tags": "<img src=a>" * 20_000, "pictures as tags without names": "<img " * 50_000, "sources of nothing": "<source src=a><track label=b>" * 900,
    "frames": "<iframe src='https://www.youtube.com/embed/x'>" * 4_000, "an embedded picture": PICTURE, "an embedded picture that is cut": PICTURE[:-9], "an embedded picture of nonsense": "![가](data:image/png;base64," + "!" * 900 + ")", "an embedded picture that is none": "![가](data:image/png;base64," + "A" * 99 + ")",
    "embedded addresses without an end": "data:a;base64," * 20_000, "signs of ours": "\ufffc1\ufffc \ufffcdata0\ufffc ![가](a.png) `b` " * 900, "includes": "[!INCLUDE " * 20_000, "notes": "> [!NOTE]\n" * 20_000, "attributes": "{#" * 140_000, "references of builders": "<xref:" * 40_000,
    "escapes": "\\-\\.\\_" * 40_000, "stars": "*" * 290_000, "stars and lines": "*_" * 140_000, "a heading of spaces": "# " + " " * 280_000, "spaces that end in a word": "가 \n# " + " " * 280_000 + "나\n", "spaces that end in a word, in lines of other ends": "가 \r\n# " + " " * 280_000 + "나\r\n", "a heading of spaces and words": "# " + "a    " * 700 + "\n", "headings": "# \n" * 70_000, "a heading of marks": "#" * 280_000,
    "quotations in quotations": ">" * 280_000, "lists in lists": "".join(" " * n + "- 가\n" for n in range(700)), "a table of 9,000 columns": "|" + "가|" * 9_000 + "\n|" + "-|" * 9_000 + "\n", "notes at the foot": "[^1]" * 50_000, "formulas": "$$\\frac{" * 30_000,
    "references of entities": "&amp;&#x110000;&nosuch;" * 9_000, "markup of pages": "<html><body><table><tr><td>봄이 왔다" * 900, "breaks": "<br>" * 70_000, "spaces after each line": "가  \n" * 50_000,
}  # fmt: skip


def _notebook(*cells, **more) -> str:
    return json.dumps({"cells": list(cells), "nbformat": 4, **more})


def _cell(source, **more):
    return {"cell_type": "markdown", "source": source, **more}


def _code(outputs):
    return _notebook(_cell(WORDS), {"cell_type": "code", "source": "draw()", "outputs": outputs})


NOTEBOOKS = {
    "no JSON": ('{"cells": [', "malformed_json", 0), "a list": ("[]", "unsupported_format", 0), "a word": ('"글"', "unsupported_format", 0), "no cells": ("{}", "unsupported_format", 0),
    "cells that are a table": ('{"cells": {}}', "unsupported_format", 0), "cells that are a word": ('{"cells": "글"}', "unsupported_format", 0), "cells of nothing": (_notebook(), "no_text", 0), "cells that are null": ('{"cells": null}', "unsupported_format", 0),
    "cells of numbers": (_notebook(1, None, [], "글"), "no_text", 0), "cells too deep": ('{"cells": ' + "[" * 50_000, "malformed_json", 0), "cells without a source": (_notebook({"cell_type": "code"}, {}), "no_text", 0),
    "sources of numbers": (_notebook(_cell(5), _cell([1, WORDS, None, ["x"]]), _cell({"a": 1})), "", 1), "old sheets that are a number": ('{"worksheets": [{"cells": 5}]}', "no_text unsupported_format", MORE), "old sheets that are true": ('{"worksheets": [{"cells": true}]}', "no_text unsupported_format", MORE),
    "old sheets of words": ('{"worksheets": [{"cells": "글"}, 3, null]}', "no_text", 0), "old sheets that are a table": ('{"worksheets": {"cells": []}}', "unsupported_format", 0), "old cells": (json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": [WORDS], "outputs": [{"png": "x"}]}]}]}), "", 1),
    "a language that is a list": (_notebook(_cell(WORDS), metadata={"kernelspec": {"language": []}}), "", 1), "metadata that are a word": (_notebook(_cell(WORDS), metadata="x"), "", 1), "a language of half a character": (_notebook(_cell(WORDS), metadata={"kernelspec": {"language": "\ud800"}}), "", 1),
    "outputs that are a number": (_code(5), "", 1), "outputs of numbers": (_code([1, None, []]), "", 1), "a picture that is no base64": (_code([{"data": {"image/png": "%%%"}}]), "", 1), "a picture of Korean": (_code([{"data": {"image/png": "그림"}}]), "", 1),
    "a picture of nothing": (_code([{"data": {"image/png": ""}}]), "", 1), "a picture that is a number": (_code([{"data": {"image/png": 5}}]), "", 1), "a picture of another type": (_code([{"data": {"image/png": "R0lGODlhAQABAAAAACw="}}]), "", 1), "a picture of half a character": (_code([{"data": {"image/svg+xml": "<svg>\ud800</svg>"}}]), "", 1),
    "a caption of half a character": (_code([{"data": {"image/png": "iVBORw0KGgo=", "text/plain": "그림 \ud800"}}]), "", 1), "a caption of 100,000 letters": (_code([{"data": {"image/png": "iVBORw0KGgo=", "text/plain": "a" * 100_000}}]), "", 1), "a caption that is a table": (_code([{"data": {"image/png": "iVBORw0KGgo=", "text/plain": {"a": 1}}}]), "", 1),
    "data that are a list": (_code([{"data": [1]}]), "", 1), "two thousand pictures": (_code([{"data": {"image/png": "iVBORw0KGgo="}}] * 2_000), "", 1), "an attachment that is missing": (_notebook(_cell(f"{WORDS} ![가](attachment:a.png)", attachments={})), "", 1),
    "an attachment that is a list": (_notebook(_cell(f"{WORDS} ![가](attachment:a.png)", attachments={"a.png": [1]})), "", 1), "attachments that are a word": (_notebook(_cell(f"{WORDS} ![가](attachment:a.png)", attachments="x")), "", 1), "an attachment of half a character": (_notebook(_cell(f"{WORDS} ![\ud800](attachment:a.png)", attachments={"a.png": {"image/png": "iVBORw0KGgo="}})), "", 1),
    "signs of ours": (_notebook(_cell(f"{WORDS}\ufffc\ufffc5\ufffc\x000\x00 `a`")), "", 1), "NULs and half characters": (_notebook(_cell(f"{WORDS}\x00\ud800\udc00\ude00")), "", 1), "front matter": (_notebook(_cell(f"---\ntitle: !!int ''\n---\n{WORDS}")), "", 1), "fences in code": (_notebook({"cell_type": "code", "source": "```\n````\n" * 9 + WORDS}), "", 1),
    "numbers of 5,000 digits": ('{"cells": [], "n": ' + "9" * 5_000 + "}", "malformed_json", 0), "CP949": (_notebook(_cell(WORDS)).encode().decode("unicode_escape").encode("cp949"), "", 1), "a picture alone": (b"\x89PNG\r\n\x1a\n" + bytes(90), "malformed_json encoding binary", MORE),
    "the same key twice": ('{"cells": [{"source": "' + WORDS + '"}], "cells": []}', "no_text", 0), "not a number": ('{"cells": [{"source": "' + WORDS + '"}], "n": NaN}', "", 1),
}  # fmt: skip


def _page(good, head: str = "", after: str = "") -> str:
    return _article(good(), head, after)


def _article(text: str, head: str, after: str) -> str:
    paragraphs = "".join(f"<p>{one}</p>" for one in text.split("\n\n"))
    return f"<html lang=ko><head>{head}</head><body><article><h1>봄비</h1>{paragraphs}</article>{after}</body></html>"


def _said_charset(label: str):
    """A page whose bytes are of CP949 with damage, and which says something else."""
    head = f"<meta charset={label}>".encode()
    return head + f"<article><h1>봄</h1><p>{WORDS * 3}</p></article>".encode("cp949") + b"\xff\xff\x81"


STATE = '<script type="application/ld+json">%s</script>'
HEADS = {
    "a date of 400 digits": STATE % ('{"@type":"NewsArticle","datePublished":' + "9" * 400 + "}"), "a date of a far year": "<meta property=article:published_time content='Tue, 25 May 99999999999999999999 09:00:00'>",
    "a date that is a list": STATE % '{"@type":"NewsArticle","datePublished":[[{}]]}', "an author in himself": STATE % '{"@id":"#a","@type":"NewsArticle","author":{"@id":"#a"}}', "a list of nulls": STATE % "[null,null,[null]]", "a word for JSON": STATE % '"글"',
    "an empty script of data": STATE % "", "a script of data with a comment": STATE % "/* x */ <!-- {} -->", "popularity of nonsense": STATE % '{"@type":"NewsArticle","interactionStatistic":{"userInteractionCount":"많음"}}',
    "a base of nonsense": "<base href='http://[::1'>", "a base of a script": "<base href='javascript:x'>", "an address of half a character": STATE % '{"@type":"NewsArticle","url":"http://\\ud800/"}', "a language of nonsense": "<meta http-equiv=content-language content='" + "x" * 999 + "'>",
    "entities that multiply": "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>&b;&b;", "an outside entity": "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", "a refresh": "<meta http-equiv=refresh content='0;url=//x'>", "five thousand styles": "<link rel=stylesheet href=a.css>" * 5_000,
}  # fmt: skip
AFTERS = {
    "a picture that is drawn": "<svg xmlns='http://www.w3.org/2000/svg'><text>글</text><foreignObject><p>말</p></foreignObject></svg>" * 50, "formulas": "<math><mi>x</mi><mtext><p>글</math>" * 300, "a picture of cut bytes": "<img src='data:image/png;base64,iVBORw0KGgo'>",
    "a picture of false bytes": "<img src='data:image/png;base64,가나다'>", "sets of pictures": "<img srcset='" + "a.jpg 1x, " * 9_000 + "'>", "a frame of a page": "<iframe srcdoc='&lt;p&gt;글'></iframe>" * 99, "no script": "<noscript><p>" + WORDS + "</noscript>", "a plain text that never ends": "<plaintext>" + WORDS,
    "frames of old": "<frameset><frame src=a></frameset>", "a listing": "<xmp><b>글</b></xmp><listing>글</listing>", "own elements": "<x-a><template shadowrootmode=open><slot>글</slot></template></x-a>" * 99, "a canvas": "<canvas>글</canvas><audio src=a><video><source src=b><track src=c>",
    "spans beyond all": "<table><td colspan=99999999999 rowspan=-1>글</table>", "lists that begin beyond all": "<ol start=99999999999999999999><li value=-9e99>글</ol>", "a form of nonsense": "<form><select><optgroup><option>글<input value='" + "글" * 999 + "'></form>",
}  # fmt: skip
PAGES = {
    **{f"page with {name}": kind("a.html", partial(_page, head=head)) for name, head in HEADS.items()},
    **{f"page with {name}": kind("a.html", partial(_page, after=after)) for name, after in AFTERS.items()},
    **{
        f"page that says it is {label}": kind("a.html", _said_charset(label), " ".join(PAGE_REASONS), MORE)
        for label in ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "utf-16", "utf_8_sig", "hex", "mbcs", "hz", "johab", "iso-2022-kr", "big5")
    },
    "page as XML": kind("a.xhtml", '<?xml version="1.0" encoding="euc-kr"?><html><body><p>봄이 왔다</html>'.encode("cp949"), "", 1),
    "page in Markdown's name": kind("a.md", f"<!DOCTYPE html><html><body>{WORDS}</body></html>", "", 1),
    "page over the limit": kind("a.html", "<p>글</p>" * LIMIT, "too_large"),
}  # fmt: skip

LARGE = {
    "a word of five megabytes": kind("a.txt", "가" * 1_700_000, "", 1, "large"),
    "a million line ends": kind("a.txt", "\n" * 1_000_000 + "가" + "\n" * 1_000_000, "", 1, "large"),
    "a million lines of one letter": kind("a.txt", "가\n" * 1_000_000, "", 1, "large"),
    "a million words, each another": kind("a.txt", " ".join(map(str, range(1_000_000))), "", 1, "large"),
    "a page with a picture of seven megabytes in it": kind("a.html", lambda good: _article(good(), "", "<img src=data:image/png;base64," + "A" * 7_500_000 + ">"), "", 0, "large"),
    "Markdown with a picture of 15 megabytes in it": kind("a.md", lambda good: good() + "\n![](data:image/png;base64," + "A" * 15_000_000 + ")\n", "", 0, "large"),
    "a page with a picture of 15 megabytes in it": kind("a.html", _article(TEXT, "", "<img src=data:image/png;base64," + "A" * 15_000_000 + ">"), "too_large", 0, "large"),
    "a chat of 8,000 people": kind("a.txt", "".join(f"[{chr(0xAC00 + n)}{n}] [오후 3:21] 안녕하세요\n" for n in range(8_000)), "", 1, "large"),
    "a file over twenty megabytes": kind("a.txt", b"a" * 20_000_001, "too_large", 0, "large"),
    "a million turns": kind("a.jsonl", '{"turns": [' + '"응",' * 999_999 + '"응"]}\n', "no_text", 0, "large"),
    "half a million turns": kind("a.jsonl", '{"turns": [' + '"응",' * 499_999 + '"응"]}\n', "", 1, "large"),
    "a million speakers": kind("a.txt", "가:\n" * 1_000_000, "", 1, "large"),
    "a million signs of at": kind("a.txt", "@ " * 1_000_000, "", 1, "large"),
    "a JSON of a million brackets": kind("a.json", "[" * 1_000_000, "malformed_json", 0, "large"),
    "a million fields": kind("a.csv", "text\n" + "a," * 1_000_000 + "b\n", "malformed_table", 0, "large"),
    "a notebook with a picture of 15 megabytes": kind("a.ipynb", _code([{"data": {"image/png": "A" * 15_000_000}}]), "", 1, "large"),
}  # fmt: skip

KINDS: dict[str, Kind] = {
    **{f"charset: {name}": one for name, one in CHARSETS.items()},
    **{f"signs: {name}": kind("a.txt", text, "", 1) for name, text in SIGNS.items()},
    "signs: nothing of any width": kind("a.txt", "\u200b\u200c\u200d\u2060\ufe0f" * 500, "no_text", 0),
    **{f"shape: {name}": kind("a.txt", text, "", 1) for name, text in SHAPES.items()},
    **{f"talk: {name}": kind("a.txt", text, "", 1, "talk") for name, text in TALKS.items()},
    **{f"subtitles: {name}": kind(file, text, "", 1, "talk") for name, (file, text) in SUBTITLES.items()},
    **{f"front matter: {name}": kind("a.md", partial(_front, yaml)) for name, yaml in FRONT_MATTER.items()},
    **{f"Markdown: {name}": kind("a.md", text, "no_text", MORE) for name, text in MARKDOWN.items()},
    **{
        f"notebook: {name}": kind("a.ipynb", text, told, documents)
        for name, (text, told, documents) in NOTEBOOKS.items()
    },
    **PAGES,
    **{f"large: {name}": one for name, one in LARGE.items()},
}
