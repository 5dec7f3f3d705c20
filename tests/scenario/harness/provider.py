"""provider.py - a fake provider over bare sockets: each test says what it answers, byte for byte,
and reads afterwards what it was sent."""
import json
import socket
import threading
import time


class Seen:
    """One request as it came in."""

    def __init__(self, head, body):
        self.head = head.decode("latin-1")
        lines = self.head.split("\r\n")
        self.method, self.path, _ = lines[0].split(" ", 2)
        self.headers = {name.lower(): value.strip()
                        for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        self.body = body
        self.at = time.monotonic()

    def json(self):
        return json.loads(self.body)


class Reply:
    """The provider's side of one exchange, handed to the test's behaviour."""

    def __init__(self, connection, seen, number):
        self.connection, self.seen, self.number = connection, seen, number

    def raw(self, data):
        self.connection.sendall(data if isinstance(data, bytes) else data.encode())

    def whole(self, body, status=200, headers=None):
        """A reply with its length; a dict becomes JSON."""
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        body = body if isinstance(body, bytes) else body.encode()
        lines = {"Content-Type": "application/json", "Content-Length": len(body), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.raw(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)

    def error(self, status, message="no", headers=None):
        self.whole({"error": {"message": message, "type": "x", "param": None, "code": None}},
                   status, headers)

    def begin_stream(self):
        self.raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n")

    def piece(self, data):
        """One HTTP chunk, whatever stands in it."""
        data = data if isinstance(data, bytes) else data.encode()
        self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    def event(self, data):
        self.piece(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n")

    def say(self, content, finish=None):
        self.event(chunk(content, finish))

    def end_stream(self):
        self.raw("0\r\n\r\n")

    def cut(self):
        """Closes in the middle of what was being said."""
        self.connection.shutdown(socket.SHUT_RDWR)

    def wait_until_left(self, within=5.0):
        """The moment at which the caller closed, or None when it did not."""
        self.connection.settimeout(within)
        try:
            while self.connection.recv(65536):
                pass
        except TimeoutError:
            return None
        except OSError:
            pass
        return time.monotonic()


def chunk(content, finish=None):
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "up",
            "choices": [{"index": 0, "delta": {"content": content} if content else {},
                         "finish_reason": finish}]}


COMPLETION = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "up",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"},
                 "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}


def answer_well(reply):
    """What a healthy provider does."""
    if not reply.seen.body or not reply.seen.json().get("stream"):
        reply.whole(COMPLETION)
        return
    reply.begin_stream()
    reply.say("hel")
    reply.say("lo")
    reply.say(None, "stop")
    if (reply.seen.json().get("stream_options") or {}).get("include_usage"):
        reply.event({**chunk(None), "choices": [], "usage": COMPLETION["usage"]})
    reply.event("[DONE]")
    reply.end_stream()


class Provider:
    """Listens at once; `behaviour` may be changed at any time."""

    def __init__(self, behaviour=answer_well):
        self.behaviour = behaviour
        self.seen = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        pending = b""
        try:
            while True:
                seen, pending = read_request(connection, pending)
                if seen is None:
                    return
                self.seen.append(seen)
                self.behaviour(Reply(connection, seen, len(self.seen)))
        except OSError:
            pass
        finally:
            connection.close()

    def wait_for(self, count, within=5.0):
        """Until so many requests have come."""
        until = time.monotonic() + within
        while len(self.seen) < count and time.monotonic() < until:
            time.sleep(0.005)
        assert len(self.seen) >= count, f"the provider saw {len(self.seen)} requests, not {count}"

    def close(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()


def read_request(connection, pending):
    while b"\r\n\r\n" not in pending:
        data = connection.recv(65536)
        if not data:
            return None, b""
        pending += data
    head, _, rest = pending.partition(b"\r\n\r\n")
    seen = Seen(head, b"")
    length = int(seen.headers.get("content-length", 0))
    if seen.headers.get("expect"):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(rest) < length:
        data = connection.recv(65536)
        if not data:
            return None, b""
        rest += data
    seen.body = rest[:length]
    return seen, rest[length:]
