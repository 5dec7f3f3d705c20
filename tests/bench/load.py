"""load.py - loading a server: with wrk, and with streams that say nothing."""
import json
import os
import socket
import subprocess
import threading
import typing

HERE = os.path.dirname(os.path.abspath(__file__))
EVENTS = 200


def chat_body(model, bytes_wanted, stream=False):
    """A chat request of exactly that many bytes, as a client writes it."""
    body = {"model": model,
            "messages": [{"role": "system", "content": "You are a helpful assistant."},
                         {"role": "user", "content": "@"}],
            "temperature": 0.2, "max_tokens": 100}
    if stream:
        body.update(stream=True, stream_options={"include_usage": True})
    text = json.dumps(body)
    words = 'Why does a "quiet" river\\nrun deep, and who would know it? '
    room = bytes_wanted - len(text) + 1
    filler = (words.replace('"', '\\"') * (room // len(words) + 1))[:room]
    filler = filler.rstrip("\\").ljust(room, ".")
    return text.replace("@", filler)


def file_body(model, bytes_wanted):
    """A question about a file of about that many bytes: it does not count as text to be read."""
    file = "iVBORw0KGgoAAAANSUhEUgAAAAUA"
    return json.dumps({"model": model, "messages": [{"role": "user", "content": [
        {"type": "text", "text": "What is in it?"},
        {"type": "file", "file": {"file_data": file * (bytes_wanted // len(file))}}]}]})


def chat_reply():
    return json.dumps({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "small",
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None,
                     "message": {"role": "assistant", "content": "Because it is not in a hurry."}}],
        "usage": {"prompt_tokens": 60, "completion_tokens": 8, "total_tokens": 68}})


def message_reply():
    """The same as Anthropic would answer it."""
    return json.dumps({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "small",
        "content": [{"type": "text", "text": "Because it is not in a hurry."}],
        "stop_reason": "end_turn", "stop_sequence": None,
        "usage": {"input_tokens": 60, "output_tokens": 8}})


def stream_reply():
    """200 events of about 200 bytes, as a chat is streamed, with its usage and its end."""
    def event(delta, finish=None):
        return "data: " + json.dumps({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "small",
            "system_fingerprint": "fp_1", "usage": None,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}) + "\n\n"

    events = [event({"role": "assistant", "content": ""})]
    events += [event({"content": f" word {n}"}) for n in range(EVENTS - 4)]
    events.append(event({}, "stop"))
    events.append("data: " + json.dumps({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "small",
        "choices": [], "usage": {"prompt_tokens": 60, "completion_tokens": 197,
                                 "total_tokens": 257}}) + "\n\n")
    events.append("data: [DONE]\n\n")
    return "".join(events)


class Ran(typing.NamedTuple):
    requests: int
    median_us: int  # latency
    p99_us: int
    cpu_seconds: float  # that the server used


class Load:
    """One kind of request: its path, its body, how many connections send it."""

    def __init__(self, folder, name, path, body, connections, headers=None):
        self.path, self.connections = path, connections
        self.headers = [word for name_value in (headers or {}).items()
                        for word in ("-H", ": ".join(name_value))]
        self.body = os.path.join(folder, f"{name}.json")
        with open(self.body, "w", encoding="utf-8") as file:
            file.write(body)

    def run(self, server, seconds):
        before = server.cpu_seconds()
        told = subprocess.run(
            ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "10s",
             *self.headers, "-s",
             os.path.join(HERE, "chat.lua"), server.url(self.path), "--", self.body],
            capture_output=True, text=True, check=True).stdout
        used = server.cpu_seconds() - before
        result = next(line for line in told.split("\n") if line.startswith("result ")).split()
        requests, median_us, p99_us, refused, broken = map(int, result[1:])
        if requests == 0 or refused + broken > 0:
            raise SystemExit(f"bench: {server.name}: {requests} requests, {refused} refused, "
                             f"{broken} broken ({server.log} may say why)")
        return Ran(requests, median_us, p99_us, used)


class SilentProvider:
    """Begins every answer with its role and a word, and then says nothing."""

    EVENT = "\n\n".join(stream_reply().split("\n\n")[:2]) + "\n\n"

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.held = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            self.held.append(client)
            threading.Thread(target=self.begin, args=(client,), daemon=True).start()

    def begin(self, client):
        seen = b""
        while b"\r\n\r\n" not in seen:
            piece = client.recv(65536)
            if not piece:
                return
            seen += piece
        client.sendall(("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n"
                        f"{len(self.EVENT):x}\r\n{self.EVENT}\r\n").encode())


def open_streams(server, count, body):
    """Connections that each got the first event of an answer."""
    streams = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        client.sendall(("POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\n"
                        "Content-Type: application/json\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        streams.append(client)
    for client in streams:
        seen = b""
        while b"data: " not in seen:
            piece = client.recv(65536)
            if not piece:
                raise SystemExit(f"bench: a stream ended before its first event: {seen[:300]!r}")
            seen += piece
    return streams
