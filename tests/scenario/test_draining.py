"""The end of a daemon: readiness goes first, nobody who was let in is turned out."""
import contextlib
import http.client
import signal
import socket
import threading
import time

import pytest

from harness.daemon import PATIENCE, activated, configuration, head, read_all, read_until

BODY = b'{"model":"auto","messages":[]}'


class Held:
    """A stream that ends when it is told to."""

    def __init__(self):
        self.go_on = threading.Event()

    def __call__(self, reply):
        reply.begin_stream()
        reply.say("before")
        self.go_on.wait(20)
        reply.say("after", "stop")
        reply.event("[DONE]")
        reply.end_stream()


def request(path="/v1/models"):
    return head("GET", path)


def wait_until(is_true, within=5.0):
    until = time.monotonic() + within * PATIENCE
    while not is_true():
        assert time.monotonic() < until
        time.sleep(0.005)


def wait_until_it_drains(bourse):
    wait_until(lambda: bourse.page("/readyz").status == 503)


def test_readiness_goes_first_and_clients_are_still_served(serve, provider):
    bourse = serve(configuration(provider.url, extra=f"drain_delay: {int(1500 * PATIENCE)}ms"))
    began = time.monotonic()
    bourse.signal(signal.SIGTERM)
    wait_until_it_drains(bourse)
    reply = bourse.chat()
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert time.monotonic() - began < 1.5 * PATIENCE, "this test was too slow to say anything"
    assert bourse.wait() == 0
    assert time.monotonic() - began >= 1.5 * PATIENCE


def test_who_comes_after_the_door_was_closed_is_refused_at_once(bourse, provider):
    provider.behaviour = held = Held()
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        bourse.signal(signal.SIGTERM)
        wait_until_it_drains(bourse)

        def is_refused():
            try:
                bourse.connect().close()
                return False
            except ConnectionRefusedError:
                return True
        wait_until(is_refused)
        held.go_on.set()
        assert b"after" in read_all(client)
    assert bourse.wait() == 0


def test_who_waited_at_the_door_when_it_was_closed_is_served(bourse, provider):
    """Connected in time, and slower with the request than the daemon with its farewell."""
    provider.behaviour = held = Held()
    with bourse.open_chat(stream=True) as client, bourse.connect() as late:
        provider.wait_for(1)
        bourse.signal(signal.SIGTERM)
        wait_until_it_drains(bourse)
        late.sendall(request())
        assert read_all(late).startswith(b"HTTP/1.1 200")
        held.go_on.set()
        read_all(client)
    assert bourse.wait() == 0


def test_a_kept_connection_that_asks_during_the_grace_is_answered_and_told_to_close(bourse,
                                                                                    provider):
    provider.behaviour = held = Held()
    with bourse.open_chat(stream=True) as client, bourse.connect() as kept:
        kept.sendall(request())
        first = read_until(kept, b"}]}")
        assert b"close" not in first.lower()
        bourse.signal(signal.SIGTERM)
        wait_until_it_drains(bourse)
        kept.sendall(request())
        last = read_all(kept)
        assert last.startswith(b"HTTP/1.1 200") and b"connection: close" in last.lower()
        held.go_on.set()
        read_all(client)
    assert bourse.wait() == 0


def test_a_head_that_has_begun_is_read_and_answered(bourse, provider):
    """It is no exchange yet, only a connection."""
    with bourse.connect() as client:
        body = b'{"model":"auto","messages":[]}'
        data = head("POST", "/v1/chat/completions", {"Content-Length": len(body)}) + body
        client.sendall(data[:20])
        time.sleep(0.1)
        bourse.signal(signal.SIGTERM)
        time.sleep(0.25)
        client.sendall(data[20:])
        assert read_all(client).startswith(b"HTTP/1.1 200")
    assert bourse.wait() == 0


def test_an_upload_that_has_begun_is_read_and_answered(bourse, provider):
    with bourse.connect() as client:
        client.sendall(head("POST", "/v1/chat/completions", {"Content-Length": len(BODY)}) + BODY[:9])
        wait_until(lambda: bourse.metric("bourse_exchanges") == 2)  # one is ours
        bourse.signal(signal.SIGTERM)
        wait_until_it_drains(bourse)
        time.sleep(0.7)  # longer than the grace of those who have not begun
        client.sendall(BODY[9:])
        assert read_all(client).startswith(b"HTTP/1.1 200")
    assert bourse.wait() == 0


@pytest.mark.parametrize("delay", ["0s", "30s"])
def test_a_second_signal_ends_at_once(serve, provider, delay):
    provider.behaviour = Held()
    bourse = serve(configuration(provider.url, extra=f"drain_delay: {delay}"))
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        bourse.signal(signal.SIGTERM)
        wait_until_it_drains(bourse)
        began = time.monotonic()
        bourse.signal(signal.SIGTERM)
        assert bourse.wait() == 0
        assert time.monotonic() - began < 2 * PATIENCE
        with contextlib.suppress(OSError):
            read_all(client)
    assert "what has not ended is cut" in bourse.log()


def test_how_long_it_drains_is_what_was_configured_last(serve, provider):
    provider.behaviour = Held()
    bourse = serve(configuration(provider.url, extra="drain_timeout: 60s"))
    bourse.write(configuration(provider.url, extra="drain_timeout: 300ms"))
    assert bourse.ask("POST", "/reload", admin=True).status == 200
    with bourse.open_chat(stream=True):
        provider.wait_for(1)
        began = time.monotonic()
        bourse.signal(signal.SIGTERM)
        assert bourse.wait() == 0
        assert 0.25 < time.monotonic() - began < 3 * PATIENCE


def test_clients_that_keep_asking_lose_nothing_but_their_connection(serve, provider):
    """Each asks until it is told that its connection closes; nobody meets a reset or an empty end."""
    bourse = serve(configuration(provider.url, extra="drain_delay: 200ms"))
    problems, last = [], []

    def keep_asking():
        connection = http.client.HTTPConnection("127.0.0.1", bourse.port, timeout=20)
        try:
            while True:
                connection.request("POST", "/v1/chat/completions", BODY,
                                   {"Content-Type": "application/json"})
                reply = connection.getresponse()
                assert reply.status == 200 and reply.read()
                if reply.getheader("connection") == "close":
                    last.append(reply.status)
                    return
        except (OSError, http.client.HTTPException, AssertionError) as problem:
            problems.append(repr(problem))
        finally:
            connection.close()

    clients = [threading.Thread(target=keep_asking) for _ in range(8)]
    for client in clients:
        client.start()
    provider.wait_for(40)
    bourse.signal(signal.SIGTERM)
    for client in clients:
        client.join()
    assert problems == [] and len(last) == 8
    assert bourse.wait() == 0


def test_idle_clients_are_closed_and_not_waited_for(bourse):
    idle = [bourse.connect() for _ in range(5)]
    for client in idle[:2]:
        client.sendall(request())
        read_until(client, b"}]}")
    began = time.monotonic()
    bourse.signal(signal.SIGTERM)
    for client in idle:
        assert read_all(client) == b""
    assert bourse.wait() == 0
    assert time.monotonic() - began < 2 * PATIENCE
    for client in idle:
        client.close()


def test_a_socket_of_systemd_stays_open_for_the_next(tmp_path, provider):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        path = tmp_path / "bourse.yaml"
        path.write_text("admin: {listen: off}\n" + configuration(provider.url))
        process = activated(listener, path)
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(request())
            read_until(client, b"}]}")
            process.send_signal(signal.SIGTERM)
            assert read_all(client) == b""
        early = socket.create_connection(listener.getsockname())
        assert process.wait(timeout=10 * PATIENCE) == 0
        early.sendall(head("GET", "/v1/models", {"Connection": "close"}))
        process = activated(listener, path)
        assert read_all(early).startswith(b"HTTP/1.1 200")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10 * PATIENCE) == 0
