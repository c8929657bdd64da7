"""Providers of models on the loopback address, which answer what a test has prepared, in the wire formats of
Anthropic's Messages API and of OpenAI's chat completions and Responses API: as JSON, or as server-sent events
where the request asks for a stream."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass
class Answer:
    """What a provider answers: the object, and the events that a stream of it has. ``breaks_off`` ends the
    connection after so many events, ``stalls`` sends no more after so many."""

    whole: Json
    events: list[tuple[str | None, Json | str]]
    status: int = 200
    breaks_off: int | None = None
    stalls: int | None = None

    def broken_off(self, after: int) -> Answer:
        return replace(self, breaks_off=after)

    def stalled(self, after: int) -> Answer:
        return replace(self, stalls=after)


class Quiet(ThreadingHTTPServer):
    """A client that leaves a stream is no error of the server."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


class Provider:
    """Answers each request with the next answer."""

    def __init__(self, *answers: Answer | Callable[[Json], Answer]):
        self.requests: list[Json] = []
        self._answers = list(answers)
        self._is_over = threading.Event()
        self._server = Quiet(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.requests.append(request)
                answer = provider._answers.pop(0)
                said = answer if isinstance(answer, Answer) else answer(request)
                if request.get("stream") and said.status == 200:
                    self._stream(said)
                else:
                    self._whole(said)

            def _whole(self, answer: Answer) -> None:
                body = json.dumps(answer.whole).encode()
                if answer.breaks_off is not None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _stream(self, answer: Answer) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for number, event in enumerate(lines(answer.events[: answer.breaks_off])):
                    if number == answer.stalls:
                        provider._is_over.wait(60)
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                    self.wfile.flush()
                if answer.breaks_off is None:
                    self.wfile.write(b"0\r\n\r\n")
                else:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def lines(events: list[tuple[str | None, Json | str]]) -> Iterator[bytes]:
    """Events as they are sent."""
    for name, data in events:
        head = f"event: {name}\n" if name else ""
        yield f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


# --- Anthropic's Messages API ---


def message(*blocks: Json, input_tokens: int, output_tokens: int, cached: int = 0, stop: str | None = None) -> Answer:
    """An answer of POST /v1/messages."""
    stop = stop or ("tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn")
    usage = {"input_tokens": input_tokens, "output_tokens": output_tokens, "cache_read_input_tokens": cached,
             "cache_creation_input_tokens": 0}
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
             "content": list(blocks), "stop_reason": stop, "stop_sequence": None, "usage": usage}
    begun = {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    events: list[tuple[str | None, Json | str]] = [("message_start", {"type": "message_start", "message": begun})]
    for index, block in enumerate(blocks):
        is_text = block["type"] == "text"
        empty = {**block, "text": ""} if is_text else {**block, "input": {}}
        start = {"type": "content_block_start", "index": index, "content_block": empty}
        events.append(("content_block_start", start))
        whole_text = block["text"] if is_text else json.dumps(block["input"])
        for part in (whole_text[: len(whole_text) // 2], whole_text[len(whole_text) // 2 :]):
            delta = {"type": "text_delta", "text": part} if is_text else {"type": "input_json_delta", "partial_json": part}
            events.append(("content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}))
        events.append(("content_block_stop", {"type": "content_block_stop", "index": index}))
    end = {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None},
           "usage": {"output_tokens": output_tokens}}
    return Answer(whole, [*events, ("message_delta", end), ("message_stop", {"type": "message_stop"})])


def text(said: str) -> Json:
    return {"type": "text", "text": said}


def tool_use(name: str, number: str, **arguments: Any) -> Json:
    return {"type": "tool_use", "id": number, "name": name, "input": arguments}


def refusal(status: int, kind: str = "invalid_request_error") -> Answer:
    """An error, in the form that both providers understand."""
    return Answer({"type": "error", "error": {"type": kind, "message": "no", "code": kind, "param": None}}, [], status)


# --- OpenAI's chat completions ---


def completion(
    said: str | None = None,
    *,
    calls: tuple[tuple[str, str, Json], ...] = (),
    input_tokens: int,
    output_tokens: int,
    cached: int = 0,
    model: str = "gpt-4o-2024-08-06",
) -> Answer:
    """An answer of POST /v1/chat/completions. Its stream has the usage at the end, as with include_usage."""
    usage = {"prompt_tokens": input_tokens, "completion_tokens": output_tokens,
             "total_tokens": input_tokens + output_tokens, "prompt_tokens_details": {"cached_tokens": cached}}
    tool_calls = [
        {"id": number, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for name, number, arguments in calls
    ]
    given: Json = {"role": "assistant", "content": said, **({"tool_calls": tool_calls} if tool_calls else {})}
    head = {"id": "chatcmpl-1", "created": 1700000000, "model": model}
    reason = "tool_calls" if calls else "stop"
    choice = {"index": 0, "message": given, "finish_reason": reason, "logprobs": None}
    whole = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}

    def chunk(delta: Json, finish: str | None = None) -> tuple[None, Json]:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]
        return None, {**head, "object": "chat.completion.chunk", "choices": choices, "usage": None}

    events: list[tuple[str | None, Json | str]] = [chunk({"role": "assistant", "content": ""})]
    half = len(said or "") // 2
    events += [chunk({"content": part}) for part in ((said or "")[:half], (said or "")[half:]) if part]
    events += [chunk({"tool_calls": [{"index": index, **call}]}) for index, call in enumerate(tool_calls)]
    last = {**head, "object": "chat.completion.chunk", "choices": [], "usage": usage}
    return Answer(whole, [*events, chunk({}, reason), (None, last), (None, "[DONE]")])


# --- OpenAI's Responses API ---


def response(
    said: str | None = None,
    *,
    calls: tuple[tuple[str, str, Json], ...] = (),
    input_tokens: int,
    output_tokens: int,
    cached: int = 0,
) -> Answer:
    """An answer of POST /v1/responses."""
    output: list[Json] = [
        {"type": "function_call", "id": f"fc_{number}", "call_id": number, "name": name,
         "arguments": json.dumps(arguments), "status": "completed"}
        for name, number, arguments in calls
    ]
    if said is not None:
        part = {"type": "output_text", "text": said, "annotations": [], "logprobs": []}
        output.append({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]})
    usage = {"input_tokens": input_tokens, "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
             "output_tokens": output_tokens, "output_tokens_details": {"reasoning_tokens": 0},
             "total_tokens": input_tokens + output_tokens}
    whole: Json = {"id": "resp_1", "object": "response", "created_at": 1700000000, "status": "completed",
                   "model": "gpt-4o-2024-08-06", "output": output, "usage": usage, "error": None,
                   "incomplete_details": None, "instructions": None, "metadata": {}, "parallel_tool_calls": True,
                   "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0}
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    said_so_far: list[Json] = [{"type": "response.created", "response": begun}]
    for index, item in enumerate(output):
        is_text = item["type"] == "message"
        nothing: Json = {"content": []} if is_text else {"arguments": ""}
        empty = {**item, "status": "in_progress", **nothing}
        said_so_far.append({"type": "response.output_item.added", "output_index": index, "item": empty})
        if is_text:
            place = {"item_id": item["id"], "output_index": index, "content_index": 0}
            said_so_far.append({"type": "response.content_part.added", **place, "part": {**item["content"][0], "text": ""}})
            said_so_far.append({"type": "response.output_text.delta", **place, "delta": said, "logprobs": []})
            said_so_far.append({"type": "response.output_text.done", **place, "text": said, "logprobs": []})
            said_so_far.append({"type": "response.content_part.done", **place, "part": item["content"][0]})
        else:
            place = {"item_id": item["id"], "output_index": index}
            said_so_far.append({"type": "response.function_call_arguments.delta", **place, "delta": item["arguments"]})
            said_so_far.append({"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"],
                                "name": item["name"]})
        said_so_far.append({"type": "response.output_item.done", "output_index": index, "item": item})
    said_so_far.append({"type": "response.completed", "response": whole})
    events: list[tuple[str | None, Json | str]] = [
        (event["type"], {**event, "sequence_number": number}) for number, event in enumerate(said_so_far)
    ]
    return Answer(whole, events)
