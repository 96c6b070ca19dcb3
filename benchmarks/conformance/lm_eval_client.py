"""lm-eval's own `local-completions` on Korean items; prints ids and log-probabilities as one line of JSON.

PYTHON lm_eval_client.py URL KEY MODEL CONTEXT_TOKENS
"""

import json
import os
import sys

URL, KEY, MODEL, CONTEXT = sys.argv[1:5]
os.environ["OPENAI_API_KEY"] = KEY

from lm_eval.api.instance import Instance  # noqa: E402
from lm_eval.models.openai_completions import LocalCompletionsAPI  # noqa: E402
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window  # noqa: E402

STARTS = ["오늘은 날이", "회의는 두 시에", "마을 도서관은 열 시에 문을", "비가 온 뒤", "그래서 우리는 집에"]
ENDS = [" 좋다.", " 시작합니다.", " 연다.\n", " 갔다.", "요.", " 있었습니다.\n\n", " 끝났다"]
LONG = " ".join(
    f"{number}번째 사람은 {end.strip()} 그리고 다음 사람을 불렀다." for number in range(60) for end in ENDS[:5]
)


def main() -> None:
    """Scores, rolling scores and generations, in batches of 4."""
    lm = LocalCompletionsAPI(
        model=MODEL,
        base_url=f"{URL}/v1/completions",
        tokenizer_backend="remote",
        batch_size=4,
        max_length=int(CONTEXT),
        auth_token=KEY,
    )
    pairs = [(start, end) for start in STARTS for end in ENDS]
    scored = lm.loglikelihood([_instance("loglikelihood", pair, place) for place, pair in enumerate(pairs)])
    items = [
        {"parts": [list(map(list, lm._encode_pair(*pair)))], "logprob": found[0]}  # noqa: SLF001
        for pair, found in zip(pairs, scored, strict=True)
    ]
    rolled = lm.loglikelihood_rolling([_instance("loglikelihood_rolling", (LONG,), 0)])
    windows = get_rolling_token_windows(
        token_list=lm.tok_encode(LONG), prefix_token=lm.prefix_token_id, max_seq_len=lm.max_length - 1, context_len=1
    )
    parts = [list(map(list, make_disjoint_window(window))) for window in windows]
    items.append({"parts": parts, "logprob": rolled[0]})
    until = {"until": ["\nclass", "\ndef", "\n#", "\nif", "\nprint", "다."], "max_gen_toks": 12}
    wishes = [_instance("generate_until", (start, until), place) for place, start in enumerate(STARTS)]
    generated = lm.generate_until(wishes)
    print(json.dumps({"items": items, "generated": generated}))


def _instance(kind: str, arguments: tuple, place: int) -> Instance:
    return Instance(request_type=kind, doc={}, arguments=arguments, idx=place)


main()
