"""Dialogues and comments: "이름: 말" lines as turns, turns as such lines, and names that are replaced by labels.

Chat logs are read in chat_log.py, where the names of real people are always replaced unless the input says otherwise.
"""

import re
from collections.abc import Sequence
from typing import TypeAlias

from malmoi.corpus.sources.mentions import Mentions, labels_of

Turn: TypeAlias = dict[str, str | None]

# A speaker is short and holds no sentence: "민수", "고객님 2", "[상담원]", "A". Not "12:30", "https://…", "참고로: …".
SPEAKER = re.compile(r"^\s{0,3}(?:[-*•]\s+)?[\[(<〈【]?([^\W_][\w ·.\-*]{0,19}?)[\])>〉】]?\s{0,2}[::]\s*(.*)$")
QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "『": "』", "«": "»", "(": ")"}
MIN_TURNS = 2
MOST_TURNS = 500_000
"""Of one talk. A turn of one letter takes a hundred times its bytes in memory; 20 MB of chat have some 400,000."""
MIN_TURN_SHARE = 0.5
"""Of the lines that are not blank, so many must name a speaker; the others carry a turn on."""


def read_turns(text: str) -> list[Turn] | None:
    """The turns of a dialogue written as "이름: 말" lines; lines without a name carry on the turn before.

    None where the text is not written so: fewer than two turns, mostly lines without a name, or one before the first;
    also beyond MOST_TURNS.
    """
    turns: list[Turn] = []
    num_lines = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        num_lines += 1
        match = SPEAKER.match(line) if ":" in line or ":" in line else None
        if match and not match[1].replace(" ", "").isdigit() and not match[2].startswith("//"):
            turns.append({"speaker": match[1].strip(), "text": match[2].strip()})
            if len(turns) > MOST_TURNS:
                return None
        elif turns:
            turns[-1]["text"] = f"{turns[-1]['text']}\n{line.strip()}".strip()
        else:
            return None
    return turns if len(turns) >= MIN_TURNS and len(turns) >= MIN_TURN_SHARE * num_lines else None


def written(turns: Sequence[Turn]) -> str:
    """Turns as lines; one without a speaker is its text alone."""
    return "\n".join(f"{turn['speaker']}: {turn['text']}" if turn["speaker"] else turn["text"] or "" for turn in turns)


LABEL = "화자"


def labelled(turns: Sequence[Turn], others: Sequence[str] = ()) -> list[Turn]:
    """The turns with "화자 1", "화자 2", … for the speakers, in the order in which they first speak.

    A speaker who is named or called in what is said gives way to the label too (see mentions.py for what is a name and
    what a word). others: members who say nothing, as those who are only invited.
    """
    labels = labels_of([*(turn["speaker"] for turn in turns), *others], LABEL)
    mentions = Mentions(labels)
    return [
        {
            **turn,
            "speaker": labels[turn["speaker"]] if turn["speaker"] else None,
            "text": mentions.replaced(turn["text"] or ""),
        }
        for turn in turns
    ]


def quotations(text: str, spoken: Sequence[tuple[int, int, str | None]]) -> list[Turn]:
    """What is said in a story, in order: (start, end, speaker) in characters of the text become turns of quotations.

    Quotation marks around what is said go. Places outside the text, and such without words, are left away.
    """
    turns: list[Turn] = []
    for start, end, speaker in sorted(spoken, key=lambda one: one[:2]):
        said = text[start:end].strip() if 0 <= start < end <= len(text) else ""
        if len(said) > 1 and said[0] in QUOTES and said[-1] == QUOTES[said[0]]:
            said = said[1:-1].strip()
        if said:
            turns.append({"speaker": speaker, "text": said, "role": "quotation"})
    return turns
