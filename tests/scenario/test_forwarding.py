"""What goes up to a provider, and what comes down from it."""
import json
import time

import pytest

from harness.daemon import CANARY_KEY, configuration, head, read_all
from harness.provider import COMPLETION, chunk

ODD_BODY = ('{ "model" : "auto" , "messages":[{"role":"user","content":"\\u00e9 \\/ \\ud83d\\ude00"}],'
            '\n\t"seed": 1e2, "temperature":0.10, "x_unknown": {"b":1, "a":2.000},'
            ' "x_unknown": [1,2 , 3 ] }')


def data_of(stream):
    """What the events of a stream carry."""
    return [event[6:] for event in stream.decode().split("\n\n") if event.startswith("data: ")]


def test_the_body_goes_up_byte_for_byte_but_for_the_model(bourse, provider):
    reply = bourse.ask("POST", "/v1/chat/completions", ODD_BODY)
    assert reply.status == 200
    assert provider.seen[0].body.decode() == ODD_BODY.replace('"auto"', '"up-0"')


def test_our_own_members_never_go_up(bourse, provider):
    reply = bourse.chat(bourse={"answer_value": 0.5, "explain": True}, models=["m0"], num_retries=1,
                        provider={"allow_fallbacks": True}, temperature=1)
    assert reply.status == 200, reply.body
    sent = provider.seen[0].json()
    assert set(sent) == {"model", "messages", "temperature"}


def test_the_reply_comes_down_byte_for_byte(bourse, provider):
    odd = '{"choices" : [ ],\n "created":1.50, "emoji":"\\ud83d", "usage":null }'
    provider.behaviour = lambda reply: reply.whole(odd)
    assert bourse.chat().body.decode() == odd


@pytest.mark.parametrize("name,value", [
    ("Authorization", "Bearer sk-of-the-client"), ("x-api-key", "sk-of-the-client"),
    ("X-Stainless-Lang", "python"), ("x-stainless-retry-count", "1"), ("x-bourse-max-cost", "1"),
    ("x-bourse-explain", "1"), ("Cookie", "session=1"), ("OpenAI-Organization", "org-client"),
    ("OpenAI-Project", "proj-client"), ("X-Forwarded-For", "10.0.0.1")])
def test_a_private_header_of_the_client_never_goes_up(bourse, provider, name, value):
    assert bourse.chat(headers={name: value}).status == 200
    sent = provider.seen[0].headers
    assert value not in sent.values() or name.lower() not in sent
    assert "sk-of-the-client" not in provider.seen[0].head


def test_the_providers_key_goes_up_and_nowhere_else(bourse, provider):
    reply = bourse.chat(headers={"Authorization": "Bearer sk-of-the-client"})
    assert provider.seen[0].headers["authorization"] == f"Bearer {CANARY_KEY}"
    assert CANARY_KEY not in str(reply.headers) and CANARY_KEY.encode() not in reply.body


def test_the_host_is_the_providers_own(bourse, provider):
    bourse.chat(headers={"Host": "elsewhere.test"})
    assert provider.seen[0].headers["host"] == f"127.0.0.1:{provider.port}"


def test_a_beta_header_of_the_client_goes_up(bourse, provider):
    bourse.chat(headers={"OpenAI-Beta": "assistants=v2"})
    assert provider.seen[0].headers.get("openai-beta") == "assistants=v2"


@pytest.mark.parametrize("path", ["/chat/completions", "/v1/chat/completions"])
def test_a_path_works_with_and_without_v1(bourse, provider, path):
    assert bourse.chat(path=path).json() == COMPLETION
    assert provider.seen[0].path == "/v1/chat/completions"


def test_usage_is_asked_for_and_kept_from_a_client_that_did_not_ask(bourse, provider):
    reply = bourse.chat(stream=True)
    assert provider.seen[0].json()["stream_options"] == {"include_usage": True}
    assert b"usage" not in reply.body
    assert data_of(reply.body)[-1] == "[DONE]"
    assert "tokens_in=3" in bourse.exchanges()[0] and "tokens_out=2" in bourse.exchanges()[0]


def test_usage_reaches_a_client_that_asked(bourse):
    reply = bourse.chat(stream=True, stream_options={"include_usage": True})
    assert json.loads(data_of(reply.body)[-2])["usage"] == COMPLETION["usage"]


def test_other_stream_options_are_kept(bourse, provider):
    bourse.chat(stream=True, stream_options={"include_obfuscation": False})
    assert provider.seen[0].json()["stream_options"] == {"include_obfuscation": False,
                                                         "include_usage": True}


def test_a_stream_says_that_it_is_one(bourse):
    reply = bourse.chat(stream=True)
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["x-accel-buffering"] == "no"
    assert reply.headers["x-request-id"].startswith("req_")


def test_every_event_is_passed_on_as_it_comes(bourse, provider):
    def slowly(reply):
        reply.begin_stream()
        reply.say("first")
        reply.wait_until_left(2)

    provider.behaviour = slowly
    began = time.monotonic()
    with bourse.open_chat(stream=True) as client:
        data = b""
        while b"first" not in data:
            data += client.recv(4096)
    assert time.monotonic() - began < 1


def test_a_character_split_over_pieces_arrives_whole(bourse, provider):
    def split(reply):
        reply.begin_stream()
        event = f"data: {json.dumps(chunk('日本 😀'), ensure_ascii=False)}\n\n".encode()
        for byte in event:
            reply.piece(bytes([byte]))
        reply.say(None, "stop")
        reply.event("[DONE]")
        reply.end_stream()

    provider.behaviour = split
    assert "日本 😀" in bourse.chat(stream=True).body.decode()


def test_comments_of_the_provider_are_passed_on(bourse, provider):
    def with_comments(reply):
        reply.begin_stream()
        reply.say("a")
        reply.piece(": keep-alive\n\n")
        reply.say("b", "stop")
        reply.event("[DONE]")
        reply.end_stream()

    provider.behaviour = with_comments
    body = bourse.chat(stream=True).body
    assert body.index(b'"a"') < body.index(b": keep-alive\n\n") < body.index(b'"b"')


def test_an_event_that_is_not_json_is_dropped_and_counted(bourse, provider):
    def with_garbage(reply):
        reply.begin_stream()
        reply.say("a")
        reply.event('{"choices":[{"delta":{"content":"br')
        reply.say("b", "stop")
        reply.event("[DONE]")
        reply.end_stream()

    provider.behaviour = with_garbage
    events = data_of(bourse.chat(stream=True).body)
    assert [json.loads(event)["choices"][0]["delta"]["content"] for event in events[:-1]] == ["a", "b"]
    assert events[-1] == "[DONE]"
    assert bourse.metric("bourse_events_malformed_total") == 1


def test_a_complete_stream_without_its_done_gets_one(bourse, provider):
    def forgetful(reply):
        reply.begin_stream()
        reply.say("all", "stop")
        reply.end_stream()

    provider.behaviour = forgetful
    assert data_of(bourse.chat(stream=True).body)[-1] == "[DONE]"


@pytest.mark.parametrize("orderly", [True, False])
def test_a_stream_cut_in_the_middle_ends_with_an_error_and_no_done(bourse, provider, orderly):
    def cutting(reply):
        reply.begin_stream()
        reply.say("half")
        if orderly:
            reply.end_stream()
        else:
            reply.cut()

    provider.behaviour = cutting
    events = data_of(bourse.chat(stream=True).body)
    assert "half" in events[0]
    last = json.loads(events[-1])
    assert last["error"]["message"] and last["choices"][0]["finish_reason"] == "error"
    assert "[DONE]" not in events


def test_a_silent_stream_is_ended_by_the_idle_timeout(serve, provider):
    def silent(reply):
        reply.begin_stream()
        reply.say("half")
        assert reply.wait_until_left(3)

    provider.behaviour = silent
    bourse = serve(configuration(provider.url, provider_extra="idle_timeout: 200ms"))
    events = data_of(bourse.chat(stream=True).body)
    assert json.loads(events[-1])["error"]["metadata"]["reason"] == "idle_timeout"


def test_a_path_that_names_no_model_goes_to_the_default_provider(serve, provider):
    bourse = serve(configuration(provider.url, extra="default_provider: p0"))
    provider.behaviour = lambda reply: reply.whole("raw bytes", headers={"Content-Type": "a/b"})
    reply = bourse.ask("GET", "/v1/files/f1/content?limit=2")
    assert (reply.body, reply.headers["content-type"]) == (b"raw bytes", "a/b")
    assert provider.seen[0].path == "/v1/files/f1/content?limit=2"


def test_a_chunked_upload_goes_up_with_its_length(bourse, provider):
    body = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "x" * 300}]})
    with bourse.connect() as client:
        client.sendall(head("POST", "/v1/chat/completions",
                            {"Transfer-Encoding": "chunked", "Connection": "close"}))
        for at in range(0, len(body), 7):
            piece = body[at:at + 7].encode()
            client.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        client.sendall(b"0\r\n\r\n")
        assert b" 200 " in read_all(client)
    assert provider.seen[0].body.decode() == body.replace('"auto"', '"up-0"')
