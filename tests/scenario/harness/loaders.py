"""loaders.py - clients that ask without pause, each in its own way, and remember what went wrong."""
import contextlib
import http.client
import json
import socket
import threading
import time

from harness.daemon import head


def chat_body(model="auto", **members):
    return json.dumps({"model": model, "messages": [{"role": "user", "content": "hi"}],
                       **members}).encode()


class Loaders:
    """Ends with the block: `problems` is then what clients must not have met."""

    def __init__(self, port, timeout=30.0):
        self.port, self.timeout = port, timeout
        self.problems, self.counts = [], {}
        self.running = True
        self.threads = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, name, count, once):
        """`count` threads that do `once(state)` again and again; state is a dict of their own."""
        self.counts[name] = 0
        for _ in range(count):
            self.threads.append(threading.Thread(target=self._run, args=(name, once)))
            self.threads[-1].start()

    def _run(self, name, once):
        state = {}
        while self.running:
            try:
                once(state)
                self.counts[name] += 1
            except (OSError, http.client.HTTPException, AssertionError) as problem:
                self.problems.append((name, repr(problem)))
                state.clear()
        with contextlib.suppress(KeyError):
            state["connection"].close()

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join()

    # ---- what they do ----

    def keep_asking(self, pause=0.0):
        """On one connection, as long as the server keeps it."""
        def once(state):
            connection = state.get("connection") or http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=self.timeout)
            state["connection"] = connection
            connection.request("POST", "/v1/chat/completions", chat_body(),
                               {"Content-Type": "application/json"})
            reply = connection.getresponse()
            body = reply.read()
            assert reply.status == 200 and b'"choices"' in body, (reply.status, body[:200])
            time.sleep(pause)
        return once

    def ask_anew(self, path="/v1/chat/completions"):
        """On a new connection each time."""
        def once(_):
            body = chat_body()
            with self._connect() as client:
                client.sendall(head("POST", path, {"Content-Length": len(body),
                                                   "Connection": "close"}) + body)
                data = read_to_the_end(client)
                assert data.startswith(b"HTTP/1.1 200") and data.endswith(b"}"), data[:200]
        return once

    def stream(self, model="auto"):
        """A stream, on a new connection, to its [DONE]."""
        def once(_):
            body = chat_body(model, stream=True)
            with self._connect() as client:
                client.sendall(head("POST", "/v1/chat/completions", {
                    "Content-Length": len(body), "Connection": "close"}) + body)
                data = read_to_the_end(client)
                assert data.startswith(b"HTTP/1.1 200") and b"data: [DONE]\n\n" in data[-40:], data[-200:]
        return once

    def _connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout)


def read_to_the_end(client):
    """All bytes until the server closes; a reset is an OSError."""
    data = b""
    while piece := client.recv(65536):
        data += piece
    return data
