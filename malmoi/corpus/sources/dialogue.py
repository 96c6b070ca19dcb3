"""Dialogues and comments: "이름: 말" lines as turns, and turns as such lines."""

import re
from collections.abc import Sequence
from typing import TypeAlias

Turn: TypeAlias = dict[str, str | None]

# A speaker is short and holds no sentence: "민수", "고객님 2", "[상담원]", "A". Not "12:30", "https://…", "참고로: …".
SPEAKER = re.compile(r"^\s{0,3}(?:[-*•]\s+)?[\[(<〈【]?([^\W_][\w ·.\-*]{0,19}?)[\])>〉】]?\s{0,2}[::]\s*(.*)$")
MIN_TURNS = 2
MIN_TURN_SHARE = 0.5
"""Of the lines that are not blank, so many must name a speaker; the others carry a turn on."""


def read_turns(text: str) -> list[Turn] | None:
    """The turns of a dialogue written as "이름: 말" lines; lines without a name carry on the turn before.

    None where the text is not written so: fewer than two turns, mostly lines without a name, or one before the first.
    """
    turns: list[Turn] = []
    num_lines = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        num_lines += 1
        found = SPEAKER.match(line) if ":" in line or ":" in line else None
        if found and not found[1].replace(" ", "").isdigit() and not found[2].startswith("//"):
            turns.append({"speaker": found[1].strip(), "text": found[2].strip()})
        elif turns:
            turns[-1]["text"] = f"{turns[-1]['text']}\n{line.strip()}".strip()
        else:
            return None
    return turns if len(turns) >= MIN_TURNS and len(turns) >= MIN_TURN_SHARE * num_lines else None


def written(turns: Sequence[Turn]) -> str:
    """Turns as lines; one without a speaker is its text alone."""
    return "\n".join(f"{turn['speaker']}: {turn['text']}" if turn["speaker"] else turn["text"] or "" for turn in turns)
