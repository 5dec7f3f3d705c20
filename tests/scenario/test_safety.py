"""Hostile and broken requests: refused in JSON, at once, and never passed on."""
import json
import time

import pytest

from harness.daemon import PATIENCE, configuration, head, parse, read_all

CHAT = "/v1/chat/completions"
BODY = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "hi"}]}).encode()
POST = f"POST {CHAT} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n".encode()
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: smuggled\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)

# What a smuggler or a broken client sends; each is answered with 400 and the connection closed.
MALFORMED = {
    "two lengths that differ": POST + LENGTH + b"Content-Length: 5\r\n\r\n" + BODY,
    "two lengths that agree": POST + LENGTH + LENGTH + b"\r\n" + BODY,
    "length and chunks": POST + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n0\r\n\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    "chunks and another coding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: chunked\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding in quotes": POST + b"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0") +
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Content-Length : 2\r\n\r\n{}",
    "a control character": POST + b"X-A: a\x01b\r\n" + LENGTH + b"\r\n" + BODY,
    "a bare CR in a value": POST + b"X-A: a\rContent-Length: 0\r\n" + LENGTH + b"\r\n" + BODY,
    "a name that is no token": POST + b"X(A): 1\r\n" + LENGTH + b"\r\n" + BODY,
    "an escaped NUL": b"GET /v1/models/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path that climbs": b"GET /v1/files/../models HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path that climbs, escaped": b"GET /v1/files/%2e%2E/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "an escaped slash": b"GET /v1/files%2f..%2fmodels HTTP/1.1\r\nHost: a\r\n\r\n",
    "a backslash": b"GET /v1/files\\..\\models HTTP/1.1\r\nHost: a\r\n\r\n",
    "a whole URL": b"GET http://elsewhere.test/v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
    "no host": b"GET /v1/models HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a host with a path": b"GET /v1/models HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "two authorizations": POST + b"Authorization: a\r\nAuthorization: b\r\n" +
                          LENGTH + b"\r\n" + BODY,
}

# These libmicrohttpd refuses before it asks us: without our JSON, but they must go no further.
REFUSED_BELOW = {
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a signed length": POST + b"Content-Length: +%d\r\n\r\n" % len(BODY) + BODY,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length in hex": POST + b"Content-Length: 0x10\r\n\r\n" + BODY,
    "a length that is too long": POST + b"Content-Length: 99999999999999999999\r\n\r\n" + BODY,
    "a NUL in the path": b"POST /v1/chat\0/completions HTTP/1.1\r\nHost: a\r\n" +
                         LENGTH + b"\r\n" + BODY,
    "a line without a colon": POST + b"nonsense\r\n" + LENGTH + b"\r\n" + BODY,
    "an unknown version": b"GET /v1/models HTTP/3.7\r\nHost: a\r\n\r\n",
    "a chunk size that is none": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


def send_raw(bourse, data):
    with bourse.connect() as client:
        client.sendall(data)
        return read_all(client)


def post(bourse, body, headers=None):
    return bourse.ask("POST", CHAT, body, headers)


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_http_is_refused_and_the_connection_closed(bourse, provider, what):
    raw = send_raw(bourse, MALFORMED[what] + SMUGGLED)
    reply = parse(raw)
    assert reply.status == 400, raw
    assert raw.count(b"HTTP/1.1 4") == 1 and b"200 OK" not in raw
    reply.error()
    assert provider.seen == []


@pytest.mark.parametrize("what", REFUSED_BELOW)
def test_what_the_library_refuses_goes_no_further(bourse, provider, what):
    raw = send_raw(bourse, REFUSED_BELOW[what] + SMUGGLED)
    assert b" 200 " not in raw and b'"object"' not in raw
    assert raw == b"" or 400 <= parse(raw).status <= 505
    assert provider.seen == []


@pytest.mark.parametrize("method,path,body,headers,status", [
    ("GET", "/nothing", None, {}, 404),
    ("GET", "/", None, {}, 404),
    ("POST", "/v1/nothing", "{}", {}, 404),
    ("GET", CHAT, None, {}, 405),
    ("DELETE", "/v1/models", None, {}, 405),
    ("POST", CHAT, b"{}", {"Content-Type": "text/plain"}, 415),
    ("POST", CHAT, BODY, {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ("POST", CHAT, BODY, {"Expect": "200-ok"}, 417),
    ("GET", "/v1/models/nobody", None, {}, 404),
    ("POST", CHAT, b"{}", {}, 400),
    ("POST", CHAT, b"", {}, 400),
    ("POST", CHAT, b"[]", {}, 400),
    ("POST", CHAT, BODY.replace(b"auto", b"nobody"), {}, 404),
    ("POST", CHAT, BODY, {f"X-{i}": "y" for i in range(300)}, 431),
])
def test_every_refusal_is_json_with_all_four_keys(bourse, provider, method, path, body, headers,
                                                  status):
    reply = bourse.ask(method, path, body, headers)
    assert reply.status == status, reply.body
    assert reply.error()["message"]
    assert reply.headers["x-request-id"].startswith("req_")
    assert provider.seen == []


@pytest.mark.parametrize("fields", [b"", b": 1\r\n" + LENGTH])
def test_a_body_without_a_length_is_refused_with_411(bourse, provider, fields):
    raw = send_raw(bourse, POST + fields + b"\r\n" + SMUGGLED)
    reply = parse(raw)
    assert (reply.status, provider.seen) == (411, [])
    reply.error()
    assert b"200 OK" not in raw


def test_a_head_that_does_not_arrive_in_time_is_cut_with_408(serve, provider):
    bourse = serve(configuration(provider.url, extra="limits: {header_timeout: 300ms}"))
    began = time.monotonic()
    with bourse.connect() as client:
        for byte in b"POST /v1/":  # a byte now and then does not help
            client.sendall(bytes([byte]))
            time.sleep(0.02)
        reply = parse(read_all(client))
    assert reply.status == 408
    reply.error()
    assert time.monotonic() - began < 1.5 * PATIENCE


def test_a_body_that_does_not_arrive_in_time_is_cut_with_408(serve, provider):
    bourse = serve(configuration(provider.url, extra="limits: {body_timeout: 300ms}"))
    began = time.monotonic()
    with bourse.connect() as client:
        client.sendall(head("POST", CHAT, {"Content-Length": 1000}) + b"{")
        reply = parse(read_all(client))
    assert reply.status == 408
    reply.error()
    assert time.monotonic() - began < 1.5 * PATIENCE
    line = bourse.exchanges()[0]
    assert "reason=slow_request" in line and "status=408" in line


@pytest.mark.parametrize("body", [
    b'{"model":"auto","messages":' + b"[" * 10000 + b"]" * 10000 + b"}",
    b'{"model":"auto","x":' + b'{"a":' * 10000 + b"1" + b"}" * 10000 + b"}",
    b"[" * 10000,
])
def test_brackets_ten_thousand_deep_are_refused(bourse, provider, body):
    reply = post(bourse, body)
    assert reply.status == 400
    reply.error()
    assert provider.seen == [] and bourse.chat().status == 200


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80",
                                  b"\xf4\x90\x80\x80", b"\xe6\x97"])
def test_invalid_utf8_is_refused(bourse, provider, text):
    reply = post(bourse, BODY.replace(b"hi", text))
    assert (reply.status, provider.seen) == (400, [])
    reply.error()


@pytest.mark.parametrize("body", [
    BODY[:-1], BODY + b"x", BODY + BODY, b'{"model":"auto",}', b"{'model':'auto'}", b"\0" + BODY,
    b'{"model":"auto","messages":[{"role":"user","content":"a\nb"}]}', b"nul", b'"\\ud800'])
def test_what_is_not_json_is_refused(bourse, provider, body):
    reply = post(bourse, body)
    assert (reply.status, provider.seen) == (400, [])
    reply.error()


def test_two_models_in_one_body_cannot_mean_one_here_and_another_there(bourse, provider):
    reply = post(bourse, b'{"model":"auto","messages":[],"model":"gpt-secret"}')
    if reply.status == 200:
        assert b"gpt-secret" not in provider.seen[0].body and b"auto" not in provider.seen[0].body
    else:
        assert reply.status in (400, 404)


def test_an_escaped_name_of_our_own_member_does_not_slip_through(bourse, provider):
    post(bourse, BODY[:-1] + b',"bou\\u0072se":{"answer_value":1}}')
    assert all("bourse" not in seen.json() for seen in provider.seen)


def test_a_body_above_the_cap_is_refused_by_its_length_before_it_is_sent(serve, provider):
    bourse = serve(configuration(provider.url, extra="limits: {request_body: 1MiB}"))
    reply = parse(send_raw(bourse, head("POST", CHAT, {"Content-Length": 2 << 20})))
    assert reply.status == 413
    assert reply.error()["metadata"]["error_type"] == "payload_too_large"


@pytest.mark.parametrize("pieces", [20, 200])
def test_a_chunked_body_above_the_cap_is_refused(serve, provider, pieces):
    bourse = serve(configuration(provider.url, extra="limits: {request_body: 1MiB}"))
    with bourse.connect() as client:
        client.sendall(head("POST", CHAT, {"Transfer-Encoding": "chunked", "Connection": "close"}))
        try:
            for _ in range(pieces):
                client.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            client.sendall(b"0\r\n\r\n")
        except OSError:
            pass
        raw = read_all(client)
    if pieces == 20 or raw:  # one that goes on for ever may find the connection reset
        reply = parse(raw)
        assert reply.status == 413
        reply.error()
    assert provider.seen == []
    assert bourse.metric("bourse_buffered_bytes") == 0


def test_a_request_that_waits_to_be_told_to_go_on_is_told(bourse):
    with bourse.connect() as client:
        client.sendall(head("POST", CHAT, {"Content-Length": len(BODY), "Connection": "close",
                                           "Expect": "100-continue"}))
        assert client.recv(1000).startswith(b"HTTP/1.1 100 ")
        client.sendall(BODY)
        assert parse(read_all(client)).status == 200


def test_requests_one_after_the_other_share_a_connection(bourse):
    with bourse.connect() as client:
        for _ in range(3):
            client.sendall(head("POST", CHAT, {"Content-Length": len(BODY)}) + BODY)
            data = b""
            while not data.endswith(b"}}"):
                data += client.recv(65536)
            assert data.startswith(b"HTTP/1.1 200 ")
