"""A client that leaves takes its provider's call with it, in every phase, at once."""
import socket
import struct
import time

import pytest

from harness.daemon import PATIENCE, configuration, head
from harness.provider import COMPLETION

BOUND_S = 0.1 * PATIENCE
TRIES = 5  # of which one must keep to it: the machine may have been busy with others


class Watcher:
    """A behaviour that notes when the caller left."""

    def __init__(self, before=lambda reply: None):
        self.before, self.left_at, self.began = before, None, False

    def __call__(self, reply):
        self.before(reply)
        self.began = True
        self.left_at = reply.wait_until_left(5)

    def wait_begun(self):
        until = time.monotonic() + 5
        while not self.began and time.monotonic() < until:
            time.sleep(0.002)
        assert self.began

    def wait_left(self):
        until = time.monotonic() + 5
        while self.left_at is None and time.monotonic() < until:
            time.sleep(0.002)
        assert self.left_at, "the provider's connection is still open"
        return self.left_at


def stream_begun(reply):
    reply.begin_stream()
    reply.say("one")


def half_a_reply(reply):
    reply.raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")


def leave_once(bourse, provider, before, members, how):
    """Seconds from the client's leaving to the end of the provider's call."""
    provider.behaviour = watcher = Watcher(before)
    client = bourse.open_chat(**members)
    watcher.wait_begun()
    time.sleep(0.05)
    left = time.monotonic()
    if how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if how == "half-close":
        client.shutdown(socket.SHUT_WR)
    else:
        client.close()
    took = watcher.wait_left() - left
    client.close()
    return took


@pytest.mark.parametrize("before,members", [
    (lambda reply: None, {"stream": True}),
    (lambda reply: reply.begin_stream(), {"stream": True}),
    (stream_begun, {"stream": True}),
    (lambda reply: None, {}),
    (half_a_reply, {}),
], ids=["before the head of the stream", "waiting for the first token", "in mid-stream",
        "not streamed, before the head", "not streamed, in the body"])
@pytest.mark.parametrize("how", ["close", "reset", "half-close"])
def test_the_providers_call_ends_when_the_client_leaves(bourse, provider, before, members, how):
    took, tries = [], 0
    while not took or (min(took) >= BOUND_S and tries < TRIES):
        took.append(leave_once(bourse, provider, before, members, how))
        tries += 1
    assert min(took) < BOUND_S, took
    assert "client_gone=true" in bourse.exchanges(tries)[0]
    assert bourse.metric("bourse_upstream_cancelled_total") == tries
    assert bourse.metric("bourse_client_gone_total") == tries
    assert bourse.metric("bourse_exchanges") <= 1  # the one that asks


@pytest.mark.parametrize("pause_s", [0, 0.1], ids=["at once", "after a pause"])
@pytest.mark.parametrize("size", [8, 5_000, 200_000])
def test_a_client_that_leaves_in_the_middle_of_its_body_reaches_no_provider(bourse, provider, size,
                                                                            pause_s):
    body = (b'{"model":"' + b"m" * size)[:size]
    with bourse.connect() as client:
        client.sendall(head("POST", "/v1/chat/completions", {"Content-Length": 1_000_000}) + body)
        time.sleep(pause_s)
    assert "client_gone=true" in bourse.exchanges()[0]
    assert provider.seen == []
    assert bourse.metric("bourse_buffered_bytes") == 0


def is_being_connected_to(port):
    """Does anybody on this machine wait for that port to accept?"""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return any(row[2].endswith(f":{port:04X}") and row[3] == "02" for row in rows)


def sockets_at_rest(bourse):
    """How many it has open once those of its start are closed."""
    counts = [-1]
    while counts[-5:] != counts[-1:] * 5:
        time.sleep(0.05)
        counts.append(bourse.sockets())
    return counts[-1]


def wait_for_sockets(bourse, count):
    until = time.monotonic() + 5 * PATIENCE
    while bourse.sockets() != count:
        assert time.monotonic() < until
        time.sleep(0.002)
    return time.monotonic()


def test_a_client_that_leaves_while_the_provider_is_connected_to_ends_the_attempt(serve):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        address = deaf.getsockname()
        fill = [socket.socket() for _ in range(4)]
        for one in fill:  # the queue is full from here on, and nobody is answered
            one.setblocking(False)
            one.connect_ex(address)
        bourse = serve(configuration(f"http://127.0.0.1:{address[1]}/v1"))
        before, took = sockets_at_rest(bourse), []
        while not took or (min(took) >= BOUND_S and len(took) < TRIES):
            client = bourse.open_chat()
            wait_for_sockets(bourse, before + 2)
            left = time.monotonic()
            client.close()
            took.append(wait_for_sockets(bourse, before) - left)
        assert is_being_connected_to(address[1]), "the queue was not full"
        assert min(took) < BOUND_S, took
        gone = bourse.exchanges(len(took))
        assert all("client_gone=true" in line and "attempts=1" in line for line in gone)
        assert bourse.metric("bourse_upstream_cancelled_total") == len(took)
        for one in fill:
            one.close()


def test_clients_that_leave_among_refused_connections_leave_nothing_behind(serve):
    bourse = serve(configuration(*["http://127.0.0.1:1/v1"] * 4))
    for _ in range(300):
        bourse.open_chat().close()
    assert len(bourse.exchanges(300)) == 300
    assert bourse.metric("bourse_buffered_bytes") == 0


def test_a_client_that_leaves_is_not_held_against_the_model(bourse, provider):
    provider.behaviour = watcher = Watcher(stream_begun)
    client = bourse.open_chat(stream=True)
    watcher.wait_begun()
    client.close()
    watcher.wait_left()
    provider.behaviour = lambda reply: reply.whole(COMPLETION)
    assert bourse.chat().status == 200
    failures = [line for line in bourse.page("/metrics").body.decode().splitlines()
                if line.startswith("bourse_attempt_failures_total") and "client_gone" not in line]
    assert failures == []


def test_many_that_leave_at_once_leave_nothing_behind(bourse, provider):
    provider.behaviour = watcher = Watcher(stream_begun)
    clients = [bourse.open_chat(stream=True) for _ in range(50)]
    provider.wait_for(50)
    for client in clients:
        client.close()
    assert watcher.wait_left()
    assert len(bourse.exchanges(50)) == 50
    assert bourse.metric("bourse_streams") == 0
    assert bourse.metric("bourse_buffered_bytes") == 0
    assert bourse.metric("bourse_inflight") == 0
