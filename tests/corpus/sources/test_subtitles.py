"""Subtitle files as what is spoken."""

from pathlib import Path

import pytest

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.subtitles import read_lyrics, read_subtitles
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


STYLED = SAMI.replace("P { font: 굴림 }", "<!--\nP { margin: 8pt; }\n.KRCC { Name:한국어; lang:ko-KR; }\n-->")
ASS = """[Script Info]
Title: 말모이
[V4+ Styles]
Format: Name, Fontname
Style: Default,굴림
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,숨은 말
Dialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,{\\i1}네,{\\i0} 그래요.\\N1911년이죠.
Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,오늘은 말모이를,\\h이야기해요.
Dialogue: 0,0:00:06.00,0:00:07.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
"""
LRC = """[ti:강]
[ar:누군가]
[00:12.00]강가에 나가
[00:20.50][00:40.50]물을 본다
[00:30.00]<00:30.10>바람이 <00:31.00>분다
"""


def test_styles_in_a_comment_do_not_hide_what_is_said():
    assert read_subtitles(STYLED) == read_subtitles(SAMI)


def test_a_line_that_is_a_number_is_said():
    cues = ["1\n{}\n태어난 해가?", "2\n{}\n1984", "3\n{}\n그럼 몇 살?\n33"]
    times = [f"00:00:0{n},000 --> 00:00:0{n},900" for n in range(1, 4)]
    for between in ("\n\n", "\n"):
        text = between.join(cue.format(time) for cue, time in zip(cues, times, strict=True))
        assert read_subtitles(text) == "태어난 해가?\n1984\n그럼 몇 살?\n33"
    bare = "\n".join(f"{time}\n{words}" for time, words in zip(times, ("하나", "1984", "셋"), strict=True))
    assert read_subtitles(bare) == "하나\n1984\n셋"


def test_ass_gives_its_lines_in_the_order_of_their_times():
    assert read_subtitles(ASS) == "오늘은 말모이를, 이야기해요.\n네, 그래요.\n1911년이죠."
    named = ASS.replace("Default,,0,0,0,,오늘은", "Default,주시경,0,0,0,,오늘은")
    assert (read_subtitles(named) or "").startswith("주시경: 오늘은")


def test_lyrics_are_sung_as_often_as_they_have_times():
    assert read_lyrics(LRC) == "강가에 나가\n물을 본다\n바람이 분다\n물을 본다"
    assert read_lyrics("[12:30] 가온 들어왔다\n[12:31] 나래 나갔다") is None
    assert read_lyrics("[00:12.00] 만 있는 글\n" + "긴 글이다.\n" * 5) is None


@pytest.mark.parametrize(("name", "content"), [("a.ass", ASS), ("a.ssa", ASS), ("a.lrc", LRC), ("a.sami", STYLED)])
def test_more_files_of_subtitles_are_read(name: str, content: str, tmp_path: Path):
    (tmp_path / name).write_bytes(content.replace("\n", "\r\n").encode("cp949"))
    (raw,) = read(Input(tmp_path))
    assert isinstance(raw, Raw)
    found = to_document(raw, Input(tmp_path))
    assert not isinstance(found, Unreadable)
    assert not {"[", "<", "{", "\\"} & set(found["text"])


def test_within_a_cue_a_line_that_begins_with_a_word_of_the_format_is_said():
    text = "WEBVTT\n\nNOTE 숨은 말\n\n00:01.000 --> 00:02.000\n강가로 가자\n\n00:03.000 --> 00:04.000\nNOTE 앱을 켜자\n"
    assert read_subtitles(text) == "강가로 가자\nNOTE 앱을 켜자"
