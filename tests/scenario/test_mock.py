"""`bourse mock`, as a client of it sees its faults, and as a client of bourse does."""
import contextlib
import gzip
import http.client
import json
import resource
import socket
import time
import urllib.parse

import pytest

from harness.daemon import PATIENCE, configuration, head
from harness.mock import Mock


@pytest.fixture
def mock():
    mock = Mock()
    yield mock
    mock.stop()


def ask(mock, model, timeout=20.0, **members):
    """(status, headers, body) of the mock itself."""
    connection = http.client.HTTPConnection(urllib.parse.urlparse(mock.url).netloc,
                                            timeout=timeout * PATIENCE)
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], **members}
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


def through(serve, mock, *models, extra=""):
    """A daemon whose candidates are these models of the mock, in this order."""
    config = configuration(*[mock.url] * len(models), provider_extra=extra)
    for i, model in enumerate(models):
        config = config.replace(f"upstream_model: up-{i}", f"upstream_model: {model}")
    return serve(config)


def test_a_prefill_is_refused_and_a_question_answered(mock):
    prefill = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "I am"}]
    status, _, body = ask(mock, "mock-no-prefill", messages=prefill)
    assert (status, json.loads(body)["error"]["type"]) == (400, "invalid_request_error")
    assert ask(mock, "mock-no-prefill")[0] == 200


def test_a_flapping_model_fails_for_a_while_and_is_well_for_as_long(mock):
    began, seen = time.monotonic(), []
    while time.monotonic() - began < 3.5:
        status = ask(mock, "mock-flap-1")[0]
        if not seen or seen[-1] != status:
            seen.append(status)
        time.sleep(0.05)
    assert seen in ([503, 200, 503, 200], [503, 200, 503], [200, 503, 200], [200, 503, 200, 503])


def test_a_compressed_reply_is_the_same_inside(mock):
    _, headers, body = ask(mock, "mock-gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert "You said: hi" in json.loads(gzip.decompress(body))["choices"][0]["message"]["content"]
    stream = gzip.decompress(ask(mock, "mock-gzip", stream=True)[2])
    assert stream.endswith(b"data: [DONE]\n\n")


def test_bytes_come_one_by_one(mock):
    with socket.create_connection(urllib.parse.urlparse(mock.url).netloc.split(":")) as client:
        body = b'{"model":"mock-bytes-20","messages":[{"role":"user","content":"hi"}]}'
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n\r\n%s"
                       % (len(body), body))
        data = b""
        while b"\r\n\r\n" not in data:
            data += client.recv(1)
        assert [len(client.recv(100)) for _ in range(10)].count(1) > 7


def test_an_event_has_the_size_that_was_asked_for(mock):
    events = ask(mock, "mock-huge-event-2", stream=True)[2].split(b"\n\n")
    assert max(map(len, events)) > 2_000_000
    assert events[-2] == b"data: [DONE]" and len(events) > 60


def test_headers_have_the_size_that_was_asked_for(mock):
    with socket.create_connection(urllib.parse.urlparse(mock.url).netloc.split(":")) as client:
        body = b'{"model":"mock-huge-head-100","messages":[]}'
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n\r\n%s"
                       % (len(body), body))
        data = b""
        while piece := client.recv(65536):
            data += piece
    assert len(data.partition(b"\r\n\r\n")[0]) > 100 << 10 and data.endswith(b"\r\n\r\n{}")


def test_an_endless_stream_goes_on_until_the_client_leaves(mock):
    connection = http.client.HTTPConnection(urllib.parse.urlparse(mock.url).netloc, timeout=20)
    connection.request("POST", "/v1/chat/completions", json.dumps(
        {"model": "mock-endless-0", "stream": True, "messages": [{"role": "user", "content": "x"}]}))
    reply = connection.getresponse()
    read = 0
    while read < 1 << 20:
        piece = reply.read1(65536)
        assert piece and b"[DONE]" not in piece
        read += len(piece)
    connection.close()


def test_of_mixed_faults_there_are_as_many_as_were_asked_for(mock):
    well = 0
    for _ in range(100):
        try:
            status, _, body = ask(mock, "mock-mixed-100", timeout=0.3)
            well += status == 200 and b"You said" in body
        except (OSError, http.client.HTTPException):
            pass
    assert well == 90


@pytest.mark.parametrize("model, stream", [
    ("mock-429", True), ("mock-503", False), ("mock-reset", True), ("mock-garbage", True),
    ("mock-html", False), ("mock-huge-head", False), ("mock-silent", True), ("mock-reset-once", False),
    ("mock-503-once", True), ("mock-gzip", False), ("mock-gzip", True)])
def test_a_client_of_bourse_gets_the_whole_answer_of_somebody(serve, mock, model, stream):
    bourse = through(serve, mock, model, "mock", extra="first_token_timeout: 1s")
    reply = bourse.chat(stream=stream)
    assert reply.status == 200, reply.body[:300]
    if stream:
        assert reply.body.endswith(b"data: [DONE]\n\n")
    else:
        assert "You said" in reply.json()["choices"][0]["message"]["content"]


def test_bytes_one_by_one_are_one_answer_to_a_client_of_bourse(serve, mock):
    bourse = through(serve, mock, "mock-bytes-0")
    assert "You said" in bourse.chat().json()["choices"][0]["message"]["content"]
    assert bourse.chat(stream=True).body.endswith(b"data: [DONE]\n\n")


def test_hundreds_of_connections_may_be_kept_at_the_same_time():
    def few_descriptors_unless_it_asks_for_more():
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))

    mock = Mock(before_start=few_descriptors_unless_it_asks_for_more)
    address = urllib.parse.urlparse(mock.url)
    with contextlib.ExitStack() as kept:
        kept.callback(mock.stop)
        for _ in range(700):
            client = kept.enter_context(socket.create_connection((address.hostname, address.port), 20))
            client.sendall(head("GET", "/v1/models"))
            assert client.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
