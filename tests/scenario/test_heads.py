"""Heads and framings that two parsers could read differently: refused in JSON, whatever way they
come, and shown to no provider."""
import json
import re
import socket
import time

import pytest

from harness.daemon import PATIENCE, configuration, head, parse, read_all, read_until

CHAT = "/v1/chat/completions"
BODY = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "hi"}]}).encode()
POST = f"POST {CHAT} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n".encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKS = b"Transfer-Encoding: chunked\r\n"
GET = b"GET /v1/models HTTP/1.1\r\n"
SMUGGLED = GET + b"Host: smuggled\r\n\r\n"

MALFORMED = {
    "two lengths that differ": POST + LENGTH + b"Content-Length: 5\r\n\r\n" + BODY,
    "two lengths that agree": POST + LENGTH + LENGTH + b"\r\n" + BODY,
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a signed length": POST + b"Content-Length: +%d\r\n\r\n" % len(BODY) + BODY,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length in hex": POST + b"Content-Length: 0x10\r\n\r\n" + BODY,
    "a length of twenty digits": POST + b"Content-Length: 99999999999999999999\r\n\r\n" + BODY,
    "a length with a blank behind": POST + b"Content-Length: 5 \r\n\r\nhello",
    "no length in the length": POST + b"Content-Length:\r\n\r\n" + BODY,
    "length and chunks": POST + LENGTH + CHUNKS + b"\r\n0\r\n\r\n",
    "chunks and length": POST + CHUNKS + LENGTH + b"\r\n0\r\n\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    "chunks and another coding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two codings": POST + CHUNKS + CHUNKS + b"\r\n0\r\n\r\n",
    "a coding in quotes": POST + b"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    "a coding with a blank behind": POST + b"Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n",
    "a coding on the next line": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0") + CHUNKS + b"\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 2\r\n\r\n{}",
    "a space before a coding's colon": POST + b"Transfer-Encoding : chunked\r\n" + LENGTH + b"\r\n",
    "a continued line": POST + b"X-A: a\r\n b\r\n" + LENGTH + b"\r\n" + BODY,
    "a continued first line": GET + b" Host: a\r\n\r\n",
    "a bare LF": POST + b"X-A: a\n" + LENGTH + b"\r\n" + BODY,
    "a bare LF at the end": POST + LENGTH + b"\n" + BODY,
    "a bare LF behind the version": GET.replace(b"\r", b"") + b"Host: a\r\n\r\n",
    "a bare CR in a value": POST + b"X-A: a\rContent-Length: 0\r\n" + LENGTH + b"\r\n" + BODY,
    "a NUL in a value": POST + b"X-A: a\0b\r\n" + LENGTH + b"\r\n" + BODY,
    "a NUL in a name": POST + b"X\0A: b\r\n" + LENGTH + b"\r\n" + BODY,
    "a control character": POST + b"X-A: a\x01b\r\n" + LENGTH + b"\r\n" + BODY,
    "a name that is no token": POST + b"X(A): 1\r\n" + LENGTH + b"\r\n" + BODY,
    "a name that is none": POST + b": 1\r\n" + LENGTH + b"\r\n" + BODY,
    "a line without a colon": POST + b"nonsense\r\n" + LENGTH + b"\r\n" + BODY,
    "a NUL in the path": b"POST /v1/chat\0/completions HTTP/1.1\r\nHost: a\r\n" +
                         LENGTH + b"\r\n" + BODY,
    "an escaped NUL": b"GET /v1/models/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path that climbs": b"GET /v1/files/../models HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path that climbs, escaped": b"GET /v1/files/%2e%2E/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "an escaped slash": b"GET /v1/files%2f..%2fmodels HTTP/1.1\r\nHost: a\r\n\r\n",
    "a backslash": b"GET /v1/files\\..\\models HTTP/1.1\r\nHost: a\r\n\r\n",
    "a whole URL": b"GET http://elsewhere.test/v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the URL": b"GET /v1/models HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces": b"GET  /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "no version": b"GET /v1/models\r\n\r\n",
    "an unknown version": b"GET /v1/models HTTP/3.7\r\nHost: a\r\n\r\n",
    "a version in lower case": b"GET /v1/models http/1.1\r\nHost: a\r\n\r\n",
    "no host": GET + b"\r\n",
    "two hosts": GET + b"Host: a\r\nHost: b\r\n\r\n",
    "a host with a path": GET + b"Host: a/b\r\n\r\n",
    "two authorizations": POST + b"Authorization: a\r\nAuthorization: b\r\n" + LENGTH + b"\r\n" + BODY,
    "two types": POST + b"Content-Type: text/plain\r\n" + LENGTH + b"\r\n" + BODY,
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "two empty lines": b"\r\n\r\n",
}

# Only libmicrohttpd reads bodies, and finds fault with these.
MALFORMED_BODIES = {
    "a chunk's size that is none": b"zz\r\n{}\r\n0\r\n\r\n",
    "a chunk's size below zero": b"-2\r\n{}\r\n0\r\n\r\n",
    "a chunk's size of seventeen digits": b"10000000000000002\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than it says": b"1\r\n{}\r\n0\r\n\r\n",
    "a line without a colon behind the chunks": b"2\r\n{}\r\n0\r\nnonsense\r\n\r\n",
}


def assert_refused_once(raw, status=400):
    """One answer, in JSON, and then the end of the connection, which read_all has waited for."""
    reply = parse(raw)
    assert reply.status == status, raw
    assert len(re.findall(rb"HTTP/1.1 \d", raw)) == 1 and b"<html" not in raw.lower()
    reason = raw.split(b"\r\n")[0].split(b" ", 2)[2]
    assert reason in {400: [b"Bad Request"], 405: [b"Method Not Allowed"]}.get(status, [reason])
    assert reason not in (b"", b"Error", b"Unknown")
    assert reply.error()["message"]
    assert reply.headers["x-request-id"].startswith("req_")
    assert reply.headers["connection"] == "close"
    assert len(reply.body) == int(reply.headers["content-length"])


def send_bytes(client, data):
    """Each byte by itself; a refusal may come before the last."""
    if client.family != socket.AF_UNIX:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        for i in range(len(data)):
            client.sendall(data[i:i + 1])
    except OSError:
        pass


def ask_for_models(client):
    client.sendall(GET + b"Host: a\r\n\r\n")
    assert read_until(client, b"}]}").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("before", [lambda client: None, ask_for_models],
                         ids=["fresh", "kept alive"])
@pytest.mark.parametrize("send", [lambda client, data: client.sendall(data), send_bytes],
                         ids=["at once", "byte by byte"])
def test_malformed_http_is_refused_in_json_and_the_connection_closed(bourse, provider, send, before):
    for what, data in MALFORMED.items():
        with bourse.connect() as client:
            before(client)
            send(client, data + SMUGGLED)
            try:
                assert_refused_once(read_all(client))
            except AssertionError as error:
                raise AssertionError(what) from error
    assert provider.seen == []
    assert bourse.metric("bourse_guard_refused_total") == len(MALFORMED)
    assert bourse.metric("bourse_connections") <= 1  # the one that asks


@pytest.mark.parametrize("what", ["a continued line", "a bare LF at the end", "an unknown version"])
@pytest.mark.parametrize("before", [lambda client: None, ask_for_models],
                         ids=["fresh", "kept alive"])
def test_it_is_refused_wherever_it_is_cut_in_two(bourse, provider, what, before):
    data = MALFORMED[what]
    for cut in range(1, len(data)):
        with bourse.connect() as client:
            before(client)
            try:
                client.sendall(data[:cut])
                time.sleep(0.001)
                client.sendall(data[cut:])
            except OSError:
                pass
            assert_refused_once(read_all(client))
    assert provider.seen == []


@pytest.mark.parametrize("what", MALFORMED_BODIES)
@pytest.mark.parametrize("send", [lambda client, data: client.sendall(data), send_bytes],
                         ids=["at once", "byte by byte"])
def test_a_malformed_body_is_refused_in_json_as_well(bourse, provider, what, send):
    with bourse.connect() as client:
        send(client, POST + CHUNKS + b"\r\n" + MALFORMED_BODIES[what] + SMUGGLED)
        raw = read_all(client)
    assert_refused_once(raw, 413 if "seventeen" in what else 400)
    assert provider.seen == []
    assert "reason=" in bourse.exchanges()[0] and "client_gone" not in bourse.exchanges()[0]


@pytest.mark.parametrize("data,status", [
    (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n", 431),
    (GET + b"X: " + b"a" * 20000, 431),
    (GET + b"Host: a\r\n" + b"X: y\r\n" * 200, 431),
    (b"BREW /v1/models HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    (POST + b"Content-Length: 999999999999\r\n\r\n", 413),
    (POST + LENGTH + b"Expect: 200-ok\r\n\r\n", 417),
], ids=["a long URL", "a long header", "many headers", "a method", "a length", "an expectation"])
def test_a_head_beyond_a_limit_is_refused_in_json(bourse, data, status):
    for before in (lambda client: None, ask_for_models):
        with bourse.connect() as client:
            before(client)
            client.sendall(data)
            assert_refused_once(read_all(client), status)


def test_a_large_head_within_the_limits_passes(bourse):
    fields = "".join(f"X-{i}: {'y' * 70}\r\n" for i in range(93)).encode()
    with bourse.connect() as client:
        for _ in range(2):
            client.sendall(POST + LENGTH + fields + b"\r\n" + BODY)
            assert read_until(client, b"}}").startswith(b"HTTP/1.1 200 ")


def test_a_refused_head_is_told_in_the_log_with_its_path_and_why(bourse):
    with bourse.connect() as client:
        client.sendall(MALFORMED["two hosts"])
        request_id = parse(read_all(client)).headers["x-request-id"]
    line = bourse.exchanges()[0]
    assert request_id in line and "path=/models" in line and "status=400" in line
    assert "reason=malformed_http" in line and "came twice" in line


@pytest.mark.parametrize("before", [lambda client: None, ask_for_models],
                         ids=["fresh", "kept alive"])
def test_a_good_request_passes_byte_by_byte(bourse, provider, before):
    with bourse.connect() as client:
        before(client)
        for framing, body in ((LENGTH, BODY), (CHUNKS, b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY))):
            send_bytes(client, b"\r\n" + POST + framing + b"\r\n" + body)
            assert read_until(client, b"}}").startswith(b"HTTP/1.1 200 ")
    assert [seen.body.count(b"hi") for seen in provider.seen] == [1, 1]


def test_on_a_unix_socket_it_is_all_the_same(serve, provider, tmp_path):
    path = str(tmp_path / "socket")
    bourse = serve(f"listen: 'unix:{path}'\nadmin: {{listen: off}}\n" + configuration(provider.url),
                   wait=False)
    bourse.wait_for_log("event=ready")
    for data, status in ((POST + LENGTH + b"Connection: close\r\n\r\n" + BODY, 200),
                         (MALFORMED["a continued line"], 400)):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            send_bytes(client, data)
            assert parse(read_all(client)).status == status
    assert len(provider.seen) == 1


@pytest.mark.parametrize("second", [SMUGGLED, MALFORMED["a continued line"],
                                    MALFORMED["an unknown version"]])
def test_a_request_that_comes_with_the_one_before_it_is_refused(bourse, provider, second):
    with bourse.connect() as client:
        client.sendall(POST + LENGTH + b"\r\n" + BODY + second)
        first, _, rest = read_all(client).partition(b"}}")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert_refused_once(rest)
    assert len(provider.seen) == 1


def test_a_request_that_comes_while_the_one_before_it_is_answered_waits(bourse, provider):
    def slowly(reply):
        time.sleep(0.2)
        reply.whole({"done": len(provider.seen)})

    provider.behaviour = slowly
    with bourse.connect() as client:
        client.sendall(POST + LENGTH + b"\r\n" + BODY)
        provider.wait_for(1)
        client.sendall(POST + LENGTH + b"\r\n" + BODY)
        assert b'{"done": 1}' in read_until(client, b"}")
        assert b'{"done": 2}' in read_until(client, b"}")


@pytest.mark.parametrize("before", [lambda client: None, ask_for_models],
                         ids=["fresh", "kept alive"])
def test_a_head_that_comes_a_byte_now_and_then_is_cut_with_408(serve, provider, before):
    bourse = serve(configuration(provider.url, extra="limits: {header_timeout: 300ms}"))
    with bourse.connect() as client:
        before(client)
        began = time.monotonic()
        for byte in b"POST /v1/":
            client.sendall(bytes([byte]))
            time.sleep(0.02)
        assert_refused_once(read_all(client), 408)
    assert time.monotonic() - began < 1.5 * PATIENCE
    assert "status=408" in bourse.wait_for_log("reason=slow_request")


def test_a_client_that_sends_on_after_a_refusal_can_read_it(bourse):
    with bourse.connect() as client:
        client.sendall(head("POST", "/v1/nothing", {"Content-Length": 8 << 20}))
        for _ in range(8):
            client.sendall(b" " * (1 << 20))
        assert_refused_once(read_all(client), 404)
    assert bourse.exchanges() and "client_gone" not in bourse.exchanges()[0]
