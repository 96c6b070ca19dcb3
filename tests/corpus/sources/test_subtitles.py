"""Subtitle files as what is spoken."""

from pathlib import Path

import pytest

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.subtitles import read_subtitles
from malmoi.corpus.sources.web_page import to_document

SRT = """1
00:00:01,000 --> 00:00:03,500
<i>오늘은</i> 말모이를
이야기하겠습니다.

2
00:00:04,000 --> 00:00:06,000 X1:10 X2:20
{\\an8}- 1911년이었죠?
- 네.
3
00:00:06,500 --> 00:00:08,000
- 네.
2026
"""
VTT = """WEBVTT - 제목

NOTE
숨은 말

STYLE
::cue { color: red }

00:01.000 --> 00:03.000 align:start
<v 주시경>말이 오르면 <c.yellow>나라도</c> 오릅니다 &amp; 내립니다.

둘째
01:00:01.000 --> 01:00:03.000
<v.loud 김두봉>옳습니다.
"""
SAMI = """<SAMI><HEAD><STYLE>P { font: 굴림 }</STYLE></HEAD><BODY>
<SYNC Start=1000><P Class=KRCC>
안녕하세요?<br>말모이입니다.
<SYNC Start=2000><P Class=ENCC>Hello
<SYNC Start=3000><P Class=KRCC>&nbsp;
<SYNC Start=4000><P Class='KRCC'><font color=red>끝</font>
</BODY></SAMI>"""


def test_times_numbers_and_styles_go():
    assert read_subtitles(SRT) == "오늘은 말모이를\n이야기하겠습니다.\n- 1911년이었죠?\n- 네.\n2026"
    assert read_subtitles(SAMI) == "안녕하세요?\n말모이입니다.\n끝"


def test_voices_are_speakers():
    assert read_subtitles(VTT) == "주시경: 말이 오르면 나라도 오릅니다 & 내립니다.\n김두봉: 옳습니다."


@pytest.mark.parametrize(
    "text",
    ["", "화살표 --> 가 있는 글", "00:00:01,000 --> 00:00:02,000\n혼자", "<sync>라는 태그", "민수: 안녕\n철수: 응"],
)
def test_other_texts_are_no_subtitles(text: str):
    assert read_subtitles(text) is None


@pytest.mark.parametrize(
    ("name", "content", "turns"),
    [
        ("a.srt", SRT.encode("cp949"), None),
        ("a.vtt", b"\xef\xbb\xbf" + VTT.replace("\n", "\r\n").encode(), ["주시경", "김두봉"]),
        ("a.smi", SAMI.encode("cp949"), None),
    ],
)
def test_files_of_subtitles_are_dialogues(name: str, content: bytes, turns: list[str] | None, tmp_path: Path):
    (tmp_path / name).write_bytes(content)
    (raw,) = read(Input(tmp_path))
    assert isinstance(raw, Raw)
    found = to_document(raw, Input(tmp_path))
    assert not isinstance(found, Unreadable)
    assert "-->" not in found["text"]
    assert "SYNC" not in found["text"]
    assert found["source"]["kind"] == "dialogue"
    assert (found["turns"] and [turn["speaker"] for turn in found["turns"]]) == turns
