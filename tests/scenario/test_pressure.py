"""A slow client slows its provider; the daemon's memory does not pay for it."""
import contextlib
import json
import resource
import socket
import threading
import time

import pytest

from harness.daemon import PATIENCE, SANITIZED, configuration, head, read_all
from harness.provider import COMPLETION, answer_well, chunk

BOUND_MIB = 60


def endless(written):
    """A provider that writes as fast as it is read, and notes how much that was."""
    event = "x" * 1000

    def behaviour(reply):
        reply.begin_stream()
        while True:
            reply.say(event)
            written[0] += len(event)

    return behaviour


def chat_request():
    body = json.dumps({"model": "auto", "stream": True, "messages": []}).encode()
    return head("POST", "/v1/chat/completions", {"Content-Length": len(body)}) + body


def settled(written):
    """What was written once nothing more is taken."""
    for _ in range(100):
        before = written[0]
        time.sleep(0.15)
        if written[0] == before:
            return before
    raise AssertionError("the provider is never slowed down")


def test_a_client_that_does_not_read_pauses_its_provider(bourse, provider):
    written = [0]
    provider.behaviour = endless(written)
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        held = settled(written)
        client.settimeout(5)
        until = time.monotonic() + 5 * PATIENCE
        while written[0] == held:
            assert time.monotonic() < until, "the provider is not resumed"
            client.recv(1 << 16)
    assert held < 24 << 20


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own memory is in the way")
def test_memory_stays_bounded_with_many_clients_that_do_not_read(bourse, provider):
    written = [0]
    provider.behaviour = endless(written)
    clients = [bourse.open_chat(stream=True) for _ in range(20)]
    provider.wait_for(20)
    settled(written)
    assert bourse.resident_mib() < BOUND_MIB
    assert bourse.metric("bourse_buffered_bytes") < 20 * (1 << 20)
    for client in clients:
        client.close()
    assert len(bourse.exchanges(20)) == 20
    assert bourse.metric("bourse_buffered_bytes") == 0


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own memory is in the way")
def test_many_clients_that_read_a_byte_a_second_stay_below_the_bound_of_all(serve, provider):
    """Each alone might have 256 KiB, which would be twice of what all may have together."""
    written = [0]
    provider.behaviour = endless(written)
    bourse = serve(configuration(provider.url, extra="limits: {buffered_bytes: 8MiB, client_buffer: 256KiB}"))
    clients = []
    for _ in range(60):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", bourse.port))
        clients.append(client)
        client.sendall(chat_request())
    most, rounds = 0.0, 0
    while rounds < 3 or (most <= 4 << 20 and rounds < 20 * PATIENCE):  # what lies between fills first
        for client in clients:
            client.settimeout(20 * PATIENCE)
            assert client.recv(1)
        time.sleep(1)
        most, rounds = max(most, bourse.metric("bourse_buffered_bytes")), rounds + 1
    assert 4 << 20 < most < 8 << 20
    assert bourse.resident_mib() < BOUND_MIB
    for client in clients:
        client.close()
    assert len(bourse.exchanges(60)) == 60
    assert bourse.metric("bourse_buffered_bytes") == 0


def test_who_is_paused_behind_its_last_word_is_still_heard_when_the_client_reads_on(serve, provider):
    """Usage comes after the last word, and is waited for a moment only: but not while nobody may say it."""
    def held_for_good():
        if bourse.metric("bourse_buffered_bytes") < 32 << 10:
            return False
        time.sleep(0.05)
        return bourse.metric("bourse_buffered_bytes") >= 32 << 10

    def says_usage_late(reply):
        reply.begin_stream()
        until = time.monotonic() + 10 * PATIENCE
        while not held_for_good() and time.monotonic() < until:
            for _ in range(10):
                reply.say("x" * 10000)
        events = [chunk("y" * 300000), chunk(None, "stop")]
        reply.piece("".join(f"data: {json.dumps(event)}\n\n" for event in events))
        time.sleep(0.2)
        reply.event({**chunk(None), "choices": [], "usage": COMPLETION["usage"]})
        reply.event("[DONE]")
        reply.end_stream()
        told.set()
    told = threading.Event()
    provider.behaviour = says_usage_late
    bourse = serve(configuration(provider.url, extra="limits: {client_buffer: 256KiB}"))
    with bourse.open_chat(stream=True, stream_options={"include_usage": True}) as client:
        assert told.wait(20 * PATIENCE)
        time.sleep(1.5)  # longer than the moment
        client.settimeout(10 * PATIENCE)
        said = b""
        while not said.endswith(b"0\r\n\r\n"):
            piece = client.recv(1 << 20)
            assert piece
            said += piece
    assert b'"usage":' in said and b"[DONE]" in said
    assert "tokens_out=2" in bourse.exchanges()[0]


def test_a_client_that_does_not_read_is_sent_no_comments(serve, provider):
    """There is something for it already: it does not wait for us."""
    def says_much(reply):
        reply.begin_stream()
        for _ in range(8000):
            reply.say("x" * 1000)
        reply.event("[DONE]")
        reply.end_stream()
    provider.behaviour = says_much
    config = configuration(provider.url, extra="limits: {client_buffer: 64KiB}")
    bourse = serve(config.replace("objective: best}", "objective: best, keep_alive_comments: 100ms}"))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", bourse.port))
        client.sendall(chat_request())
        provider.wait_for(1)
        time.sleep(1)
        client.settimeout(10 * PATIENCE)
        said = b""
        while not said.endswith(b"0\r\n\r\n"):
            piece = client.recv(1 << 20)
            assert piece
            said += piece
    assert b"[DONE]" in said and b"keep-alive" not in said


def test_a_paused_stream_does_not_hold_up_others(serve, provider, second):
    written = [0]
    provider.behaviour = endless(written)
    bourse = serve(configuration(provider.url, second.url))
    with bourse.open_chat(stream=True):
        provider.wait_for(1)
        settled(written)
        began = time.monotonic()
        assert bourse.chat(model="m1").status == 200
        assert time.monotonic() - began < 1


def without_chunks(body):
    """The bytes of a chunked body as far as its chunks are whole."""
    said = b""
    while (size := body.partition(b"\r\n")[0]) and int(size, 16) > 0:
        begin, end = len(size) + 2, len(size) + 2 + int(size, 16)
        said += body[begin:end]
        body = body[end + 2:]
    return said


def test_a_client_that_reads_slowly_gets_everything_in_order(bourse, provider):
    def numbered(reply):
        reply.begin_stream()
        for i in range(1000):
            reply.say(f"<{i}>" + "y" * 1500)
        reply.say(None, "stop")
        reply.event("[DONE]")
        reply.end_stream()

    provider.behaviour = numbered
    with bourse.open_chat(stream=True) as client:
        client.settimeout(10)
        data = b""
        while b"[DONE]" not in data[-200:]:
            data += client.recv(1 << 16)
            if len(data) < 1 << 18:
                time.sleep(0.002)
    said = without_chunks(data.partition(b"\r\n\r\n")[2])
    positions = [said.find(b"<%d>" % i) for i in range(1000)]
    assert -1 not in positions and positions == sorted(positions)


def test_a_slow_client_is_not_taken_for_a_silent_provider(serve, provider):
    written = [0]
    provider.behaviour = endless(written)
    bourse = serve(configuration(provider.url, provider_extra="idle_timeout: 300ms"))
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        settled(written)
        time.sleep(0.6)
        client.settimeout(5)
        read = 0
        while read < 8 << 20:
            piece = client.recv(1 << 16)
            assert piece and b"idle_timeout" not in piece
            read += len(piece)


def test_new_requests_are_refused_above_the_bound_of_bytes_in_flight(serve, provider):
    provider.behaviour = lambda reply: reply.wait_until_left(5)
    bourse = serve(configuration(provider.url, extra="limits: {buffered_bytes: 1MiB}"))
    with bourse.open_chat(padding="z" * (3 << 19)) as big:
        big.settimeout(5)
        status = big.recv(100)
        assert b" 503 " in status
    assert bourse.exchanges()
    assert bourse.metric("bourse_buffered_bytes") == 0
    reply_to_small = bourse.open_chat()
    provider.wait_for(1)
    reply_to_small.close()


def test_a_provider_that_reads_slowly_gets_the_whole_body(serve):
    body = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "w" * (12 << 20)}]})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        bourse = serve(configuration(f"http://127.0.0.1:{listener.getsockname()[1]}/v1"))
        replies = []
        client = threading.Thread(target=lambda: replies.append(
            bourse.ask("POST", "/v1/chat/completions", body, timeout=30)))
        client.start()
        upload, _ = listener.accept()
        data = b""
        while len(data) < len(body):
            data += upload.recv(1 << 20)
            time.sleep(0.001)
        before = bourse.cpu_seconds()
        time.sleep(0.3)
        assert bourse.cpu_seconds() - before < 0.1 * PATIENCE, "the loop spins while it waits"
        reply = json.dumps(COMPLETION).encode()
        upload.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (len(reply), reply))
        client.join()
        upload.close()
    assert replies[0].status == 200
    assert data.partition(b"\r\n\r\n")[2].decode() == body.replace('"auto"', '"up-0"')
    assert bourse.metric("bourse_buffered_bytes") == 0


def huge_event(reply):
    reply.begin_stream()
    reply.say("first")
    with contextlib.suppress(OSError):
        reply.raw(b"%x\r\ndata: \"" % (1 << 30))
        for _ in range(200):
            reply.raw(b"x" * (1 << 18))


def huge_head(reply):
    with contextlib.suppress(OSError):
        reply.raw(b"HTTP/1.1 200 OK\r\nX-Padding: ")
        for _ in range(20):
            reply.raw(b"x" * (1 << 17))


def huge_body(reply):
    with contextlib.suppress(OSError):
        reply.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                  b"Content-Length: 1000000000\r\n\r\n")
        for _ in range(2000):
            reply.raw(b"x" * (1 << 18))


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own memory is in the way")
@pytest.mark.parametrize("behaviour, stream", [(huge_event, True), (huge_head, False),
                                               (huge_body, False)],
                         ids=["an event of 50 MB", "a head of 2 MB", "a reply of 500 MB"])
def test_a_provider_without_measure_is_given_up_with_bounded_memory(bourse, provider, behaviour,
                                                                    stream):
    bourse.chat()
    provider.behaviour = behaviour
    reply = bourse.ask("POST", "/v1/chat/completions",
                       {"model": "auto", "messages": [], "stream": stream}, timeout=30)
    said = reply.body.decode()
    assert '"error"' in said and "[DONE]" not in said
    assert (reply.status == 200) == stream
    assert bourse.metric("bourse_buffered_bytes") == 0
    provider.behaviour = answer_well
    assert bourse.chat().status == 200
    assert bourse.resident_mib() < BOUND_MIB


def turned_away(said):
    """Closed without a word, or told to come back."""
    return said == b"" or said.startswith(b"HTTP/1.1 503 ")


def wait_for_connections(bourse, count):
    """Until so many clients are connected; who asks on the admin's side is none."""
    until = time.monotonic() + 5 * PATIENCE
    while bourse.metric("bourse_connections") != count:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_connections_above_the_limit_are_closed_and_counted(serve, provider):
    bourse = serve(configuration(provider.url, extra="limits: {connections: 3}"))
    wait_for_connections(bourse, 0)
    kept = [bourse.connect() for _ in range(3)]
    wait_for_connections(bourse, 3)
    with bourse.connect() as over:
        assert turned_away(read_all(over))
    assert bourse.metric("bourse_connections_refused_total") == 1
    for client in kept:
        client.close()
    wait_for_connections(bourse, 0)
    assert bourse.chat().status == 200


def test_a_daemon_without_descriptors_turns_clients_away_and_does_not_spin(serve, provider):
    def few_descriptors():
        resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80))

    bourse = serve(configuration(provider.url), before_start=few_descriptors)
    clients = [bourse.connect() for _ in range(100)]
    assert turned_away(read_all(clients[-1]))
    before = bourse.cpu_seconds()
    time.sleep(1)
    assert bourse.cpu_seconds() - before < 0.1 * PATIENCE, "the loop spins"
    for client in clients:
        client.close()
    time.sleep(0.2)
    assert bourse.chat().status == 200
    assert bourse.metric("bourse_connections_refused_total") > 0
