"""Hostile and broken requests: refused in JSON, at once, and never passed on."""
import json
import time

import pytest

from harness.daemon import PATIENCE, configuration, head, parse, read_all

CHAT = "/v1/chat/completions"
BODY = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "hi"}]}).encode()
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: smuggled\r\n\r\n"


def send_raw(bourse, data):
    with bourse.connect() as client:
        client.sendall(data)
        return read_all(client)


def post(bourse, body, headers=None):
    return bourse.ask("POST", CHAT, body, headers)


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


def test_a_body_without_a_length_is_refused_with_411(bourse, provider):
    raw = send_raw(bourse, head("POST", CHAT) + SMUGGLED)
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
    assert "client_gone" not in line and bourse.metric("bourse_client_gone_total") == 0


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
