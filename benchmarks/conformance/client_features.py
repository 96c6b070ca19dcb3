"""What the official openai client and LiteLLM do with a server, feature by feature; one line of JSON for each.

    PYTHON client_features.py openai|litellm URL KEY MODEL

Runs in a virtual environment that has only that client; serve_conformance.py starts it.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

CLIENT, URL, KEY, MODEL = sys.argv[1:5]
USER = [{"role": "user", "content": "안녕하세요. 오늘은"}]


def _functions() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any] | None]:
    """Chat, completions, and the client itself where it has more."""
    if CLIENT == "litellm":
        import litellm

        shared = {"api_base": f"{URL}/v1", "api_key": KEY, "num_retries": 0}
        chat = lambda **asked: litellm.completion(model=f"openai/{MODEL}", **shared, **asked)  # noqa: E731
        text = lambda **asked: litellm.text_completion(  # noqa: E731
            model=f"text-completion-openai/{MODEL}", **shared, **asked
        )
        return chat, text, None
    import openai

    client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)
    chat = lambda **asked: client.chat.completions.create(model=MODEL, **asked)  # noqa: E731
    text = lambda **asked: client.completions.create(model=MODEL, **asked)  # noqa: E731
    return chat, text, client


CHAT, TEXT, CLIENT_ITSELF = _functions()


def _second_turn() -> None:
    message = CHAT(messages=USER, max_tokens=8, seed=1).choices[0].message
    for old in (message, message.model_dump()):
        assert CHAT(messages=[*USER, old, *USER], max_tokens=8).choices[0].message.content is not None


def _stream() -> None:
    asked = {"messages": USER, "max_tokens": 12, "temperature": 0}
    whole = CHAT(**asked).choices[0].message.content
    chunks = list(CHAT(**asked, stream=True, stream_options={"include_usage": True}))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said.strip() == whole.strip(), (said, whole)
    assert chunks[-1].usage.completion_tokens <= 12


def _logprobs() -> None:
    answer = CHAT(messages=USER, max_tokens=5, logprobs=True, top_logprobs=3)
    content = answer.choices[0].logprobs.content
    assert len(content) == answer.usage.completion_tokens
    assert all(len(token.top_logprobs) == 3 for token in content)


def _echo() -> None:
    answer = TEXT(prompt="오늘은 날이", max_tokens=1, echo=True, logprobs=1, temperature=0)
    assert len(answer.choices[0].logprobs.token_logprobs) == answer.usage.total_tokens


def _json_schema() -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    schema["additionalProperties"] = False
    format_ = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": schema}}
    answer = CHAT(messages=USER, max_tokens=60, response_format=format_).choices[0]
    assert isinstance(json.loads(answer.message.content)["ok"], bool)


def _n() -> None:
    assert len(CHAT(messages=USER, max_tokens=4, n=3).choices) == 3


def _stops() -> None:
    assert CHAT(messages=USER, max_tokens=8, stop=["\nclass", "\ndef", "\n#", "\nif"]).choices


def _penalties() -> None:
    steering = {"presence_penalty": 0.5, "frequency_penalty": 0.5, "logit_bias": {"300": -100}, "seed": 3}
    assert CHAT(messages=USER, max_tokens=8, top_p=0.9, **steering).choices


def _prompt_list() -> None:
    both = TEXT(prompt=["오늘은", "내일은"], max_tokens=4, temperature=0).choices
    assert both[1].text == TEXT(prompt="내일은", max_tokens=4, temperature=0).choices[0].text


def _prompt_ids() -> None:
    assert len(TEXT(prompt=[[300, 301], [302]], max_tokens=4).choices) == 2


def _errors() -> None:
    try:
        CHAT(messages=USER, temperature=9)
    except Exception as error:
        assert type(error).__name__ == "BadRequestError", type(error)
        assert "temperature" in str(error)
    else:
        raise AssertionError("no error")


def _models() -> None:
    assert CLIENT_ITSELF is not None
    assert [model.id for model in CLIENT_ITSELF.models.list()] == [MODEL]


def _embeddings() -> None:
    assert CLIENT_ITSELF is not None
    CLIENT_ITSELF.embeddings.create(model=MODEL, input="안녕")


def _request_id() -> None:
    assert CHAT(messages=USER, max_tokens=2)._request_id  # noqa: SLF001 (its public way, by its documentation)


def _responses() -> None:
    assert CLIENT_ITSELF is not None
    asked = {"model": MODEL, "input": USER, "max_output_tokens": 12, "temperature": 0}
    whole = CLIENT_ITSELF.responses.create(**asked).output_text
    events = list(CLIENT_ITSELF.responses.create(**asked, stream=True))
    assert "".join(each.delta for each in events if each.type == "response.output_text.delta") == whole
    assert events[-1].response.output_text == whole


FEATURES: dict[str, Callable[[], None]] = {
    "list of models": _models,
    "chat, second turn": _second_turn,
    "stream = whole, usage": _stream,
    "log-probabilities": _logprobs,
    "echo with scores": _echo,
    "JSON schema": _json_schema,
    "n answers": _n,
    "4 stops": _stops,
    "penalties, biases, seed": _penalties,
    "list of prompts": _prompt_list,
    "prompts as ids": _prompt_ids,
    "error names the field": _errors,
    "request id": _request_id,
    "embeddings": _embeddings,
    "responses, streamed": _responses,
}
NOT_OF_LITELLM = {"list of models", "request id", "embeddings", "responses, streamed"}

for name, feature in FEATURES.items():
    if CLIENT == "litellm" and name in NOT_OF_LITELLM:
        print(json.dumps({"feature": name, "result": "cannot: not asked of this client"}))
        continue
    try:
        feature()
        print(json.dumps({"feature": name, "result": "ok"}))
    except Exception as error:
        print(json.dumps({"feature": name, "result": f"{type(error).__name__}: {str(error)[:200]}"}))
