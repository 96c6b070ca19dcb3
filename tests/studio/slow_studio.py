"""A studio whose engine says a long text, a token every few milliseconds: `python slow_studio.py FOLDER` serves it.

It is a program of its own, so that a test can kill it.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "serve"))  # the fake engine is theirs

from small_world import FakeEngine, make_tokenizer

from malmoi.serve.served import Served
from malmoi.serve.server import running
from malmoi.serve.settings import ServeSettings
from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings
from malmoi.tokenizer.codec import Codec

TEXT = " ".join(f"{number}번째 나무꾼이 산에 올랐습니다 漢字 👩‍👩‍👧 ㄱㅏ." for number in range(12))


def make_studio(folder: Path, delay_s: float = 0.004, text: str = TEXT):
    """(application, its model) over the runs of `folder`."""
    tokenizer = folder / "tokenizer"
    codec = Codec(tokenizer if (tokenizer / "tokenizer.json").is_file() else make_tokenizer(tokenizer))
    served = Served(FakeEngine(codec, text, delay_s), codec, ServeSettings(queue=30))
    (folder / "runs").mkdir(exist_ok=True)
    return create_app(StudioSettings(), served, folder / "runs"), served


if __name__ == "__main__":
    with running(make_studio(Path(sys.argv[1]))[0]) as url:
        print(url, flush=True)
        while True:
            time.sleep(1)
