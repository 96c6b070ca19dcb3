"""A server of a few lines that answers streams with whatever bytes a test wants, and the rest as vLLM would."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from malmoi.serve.remote.engine import RemoteEngine
from malmoi.serve.remote.settings import Limits, RemoteSettings
from malmoi.serve.settings import ServeSettings

LIMITS = Limits(connect_s=30, first_s=60, idle_s=60, poll_s=0.1, line_bytes=20_000, reply_bytes=100_000)
HASTY = Limits(connect_s=0.5, first_s=0.5, idle_s=2)
"""Gives up soon, for the tests of that alone: others must pass on a slow machine."""
FORCED = "네"


def event(content) -> bytes:
    return b"data: " + json.dumps(content, ensure_ascii=False).encode() + b"\n\n"


def chunk(ids=(), text="", finish=None, **more) -> bytes:
    """A chunk of a stream as vLLM writes it."""
    logprobs = {"tokens": [f"token_id:{each}" for each in ids], "token_logprobs": [-0.5] * len(ids)} if ids else None
    return event({"choices": [{"index": 0, "text": text, "logprobs": logprobs, "finish_reason": finish}], **more})


class Strange:
    """What the server says and has seen. stream: a function that gets the wire and the body of a streamed request."""

    def __init__(self) -> None:
        self.stream = lambda wire, _: wire.write(chunk([300], finish="length"))
        self.head, self.content_type, self.after = 200, "text/event-stream", {}
        self.headers, self.bodies, self.left = list[dict](), list[dict](), threading.Event()
        self.models = {"data": [{"id": "one", "owned_by": "vllm", "max_model_len": 512}]}
        self.health = 200


def _answer(body: dict) -> dict:
    """A small whole answer; a guide is followed, an echo echoed."""
    prompt = body["prompt"]
    ids = [*prompt, 300] if body.get("echo") else [300, 301][: body["max_tokens"]]
    ids = ids[: len(ids) - 1] if body.get("echo") and not body["max_tokens"] else ids
    names = [f"token_id:{each}" if body.get("return_tokens_as_token_ids") else "가" for each in ids]
    tops = [{name: -0.5} for name in names]
    logprobs = {"tokens": names, "token_logprobs": [-0.5] * len(ids)}
    text = FORCED if "structured_outputs" in body else "가나"
    choice = {"index": 0, "text": text, "logprobs": {**logprobs, "top_logprobs": tops}, "finish_reason": "length"}
    return {"choices": [choice], "usage": {"prompt_tokens": len(prompt) if isinstance(prompt, list) else None}}


@contextlib.contextmanager
def strange_server(strange: Strange, *, takes_ids: bool = True):
    """Its address while the block runs. takes_ids: prompts as ids."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            strange.headers.append(dict(self.headers))
            status = strange.health if self.path == "/health" else 200
            self._send(status, json.dumps(strange.models).encode(), "application/json")

        def do_POST(self):
            strange.headers.append(dict(self.headers))
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            strange.bodies.append(body)
            if self.path != "/v1/completions":
                return self._send(404, b'{"detail": "Not Found"}', "application/json")
            if isinstance(body["prompt"], list) and not takes_ids:
                return self._send(400, b'{"detail": "prompt must be a string."}', "application/json")
            if not body.get("stream"):
                return self._send(200, json.dumps(_answer(body)).encode(), "application/json")
            self.send_response(strange.head)
            for name, value in {"content-type": strange.content_type, "connection": "close", **strange.after}.items():
                self.send_header(name, value)
            self.end_headers()
            self.close_connection = True
            try:
                strange.stream(self.wfile, body)
            except (BrokenPipeError, ConnectionResetError):
                strange.left.set()

        def _send(self, status, content, kind):
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def remote_engine(address, tokenizer, **more):
    """The engine for a server."""
    recipe = RemoteSettings(address, tokenizer, limits=more.pop("limits", LIMITS), **more)
    with RemoteEngine(recipe, ServeSettings(slots=2)) as engine:
        yield engine
