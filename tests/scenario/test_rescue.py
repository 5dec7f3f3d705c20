"""What the caller of a stream gets, and what the providers see, when it dies after its first words."""
import json
import socket
import time

import pytest

from harness.daemon import PATIENCE
from harness.provider import COMPLETION, Provider
from harness.streams import (TOKENS, WHOLE, chunk, dies_after, error, goes_on, route, says,
                             stream, streams)


def seams(told):
    return [comment for comment in told.comments if "bourse" in comment]


# ---- the whole answer ----


def test_a_stream_that_is_cut_is_continued_by_the_next_model(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), goes_on
    bourse = serve(route(provider.url, second.url))
    told = stream(bourse)
    told.assert_whole()
    assert told.chunks[-1]["id"] == "id-first"
    assert seams(told) == [": bourse: continued by m1"]
    asked = second.seen[0].json()
    assert asked["messages"] == [{"role": "user", "content": "hi"},
                                 {"role": "assistant", "content": "".join(TOKENS[:40]).rstrip()}]
    assert asked["model"] == "up-1"
    line = bourse.exchanges()[0]
    assert "failover=continue" in line and "failover_from=m0" in line and "model=m1" in line
    assert "reason=" not in line and "tokens_wasted=40" in line and "tokens_out=2" in line
    assert bourse.metric('bourse_stream_rescues_total{kind="continue",outcome="completed"}') == 1
    assert bourse.metric("bourse_tokens_wasted_total") == 40


def test_the_first_token_is_that_of_the_answer_and_not_of_its_rescue(serve, provider, second):
    def late(reply):
        time.sleep(0.6)
        goes_on(reply)
    provider.behaviour, second.behaviour = dies_after(40), late
    bourse = serve(route(provider.url, second.url))
    stream(bourse).assert_whole()
    told = bourse.exchanges()[0].partition("first_token_ms=")[2].partition(" ")[0]
    assert float(told) < 500
    assert bourse.metric("bourse_first_token_seconds_count") == 1


def test_the_rescue_is_a_part_of_the_decisions_record(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), goes_on
    bourse = serve(route(provider.url, second.url))
    told = stream(bourse)
    record = bourse.page(f"/decisions/{told.headers['x-bourse-decision']}").json()
    assert record["rescue"] == {"kind": "continue", "outcome": "completed", "from": "m0", "by": "m1"}


@pytest.mark.parametrize("options, prefill", [("stream_failover: restart", True), ("attempts: 4", False)],
                         ids=["wished", "no prefill declared"])
def test_the_answer_is_begun_again_and_what_is_known_is_skipped(serve, provider, second, options, prefill):
    provider.behaviour = dies_after(40)
    second.behaviour = streams(says([WHOLE[at:at + 11] for at in range(0, len(WHOLE), 11)], "second"))
    bourse = serve(route(provider.url, second.url, options=options, prefill=prefill))
    told = stream(bourse)
    told.assert_whole()
    assert seams(told) == [": bourse: restarted by m1"]
    assert second.seen[0].json()["messages"] == [{"role": "user", "content": "hi"}]
    assert "failover=restart" in bourse.exchanges()[0]


def test_one_that_refuses_the_prefill_is_asked_to_begin_anew(serve, provider, second):
    def refuses(reply):
        last = reply.seen.json()["messages"][-1]
        if last["role"] == "assistant":
            reply.error(400, "the last message must be the user's")
        else:
            streams(says(TOKENS, "second"))(reply)
    provider.behaviour, second.behaviour = dies_after(40), refuses
    bourse = serve(route(provider.url, second.url))
    told = stream(bourse)
    told.assert_whole()
    assert len(second.seen) == 2
    assert bourse.metric('bourse_stream_rescues_total{kind="continue",outcome="refused"}') == 1
    assert bourse.metric('bourse_stream_rescues_total{kind="restart",outcome="completed"}') == 1
    assert "the user's" not in told.raw


def test_one_that_fails_when_asked_to_go_on_has_not_refused_and_is_left(serve, provider, second):
    third = Provider(goes_on)
    provider.behaviour, second.behaviour = dies_after(40), error(503)
    bourse = serve(route(provider.url, second.url, third.url))
    stream(bourse).assert_whole()
    assert (len(second.seen), len(third.seen)) == (1, 1)
    assert bourse.metric('bourse_stream_rescues_total{kind="continue",outcome="failed"}') == 1
    assert bourse.metric('bourse_stream_rescues_total{kind="continue",outcome="refused"}') == 0
    third.close()


def test_an_end_in_the_middle_is_followed_as_a_cut(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40, end=True), goes_on
    stream(serve(route(provider.url, second.url))).assert_whole()


def test_silence_in_the_middle_is_followed_as_a_cut(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40, stall=True), goes_on
    bourse = serve(route(provider.url, second.url, provider_extra="idle_timeout: 300ms"))
    began = time.monotonic()
    stream(bourse).assert_whole()
    assert time.monotonic() - began < 3 * PATIENCE
    assert bourse.page("/livez").status == 200


def test_an_error_event_in_the_middle_is_followed_as_a_cut(serve, provider, second):
    events = says(TOKENS[:40], stop=False) + [{"error": {"message": "overheated", "code": 500}}]
    provider.behaviour, second.behaviour = streams(events), goes_on
    told = stream(serve(route(provider.url, second.url)))
    told.assert_whole()
    assert "overheated" not in told.raw


def test_a_rescue_that_is_cut_itself_is_rescued(serve, provider, second):
    third = Provider(goes_on)
    provider.behaviour = dies_after(20)
    second.behaviour = streams(says(TOKENS[20:40], "second", stop=False), cut=True)
    told = stream(serve(route(provider.url, second.url, third.url)))
    told.assert_whole()
    assert seams(told) == [": bourse: continued by m1", ": bourse: continued by m2"]
    third.close()


def test_the_attempts_of_a_route_bound_its_rescues(serve, provider, second):
    third = Provider(goes_on)
    provider.behaviour, second.behaviour = dies_after(20), error(500)
    told = stream(serve(route(provider.url, second.url, third.url, options="attempts: 2")))
    told.assert_cut("reset", "".join(TOKENS[:20]))
    assert len(second.seen) == 1 and third.seen == []
    third.close()


def test_legacy_completions_are_begun_again(serve, provider, second):
    def legacy(tokens, who, finish=True):
        chunks = [{"id": who, "object": "text_completion", "created": 1, "model": who,
                   "choices": [{"index": 0, "text": token, "logprobs": None, "finish_reason": None}]}
                  for token in tokens]
        if finish:
            chunks[-1]["choices"][0]["finish_reason"] = "stop"
        return chunks
    provider.behaviour = streams(legacy(TOKENS[:40], "first", False), cut=True)
    second.behaviour = streams(legacy([WHOLE[:500], WHOLE[500:]], "second"))
    told = stream(serve(route(provider.url, second.url)), path="/v1/completions", messages=None, prompt="hi")
    told.assert_whole()
    assert {chunk["object"] for chunk in told.chunks} == {"text_completion"}


# ---- what the client is told besides the words ----


def test_usage_is_that_of_who_completed_the_answer(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), goes_on
    told = stream(serve(route(provider.url, second.url)), stream_options={"include_usage": True})
    told.assert_whole()
    assert told.chunks[-1]["choices"] == [] and told.chunks[-1]["usage"] == COMPLETION["usage"]
    assert all(chunk["usage"] is None for chunk in told.chunks[41:-1])


def test_usage_that_was_not_asked_for_is_not_told_after_the_seam_either(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), goes_on
    assert '"usage"' not in stream(serve(route(provider.url, second.url))).raw


def test_reasoning_is_not_carried_over_the_seam(serve, provider, second):
    provider.behaviour = streams([chunk({"role": "assistant"}), chunk({"reasoning_content": "hm"})], cut=True)
    second.behaviour = streams([chunk({"role": "assistant", "reasoning_content": "well"}, who="second")]
                               + says(TOKENS, "second"))
    told = stream(serve(route(provider.url, second.url)))
    told.assert_whole()
    assert "well" not in told.raw


def test_a_tool_may_be_called_after_the_seam(serve, provider, second):
    call = [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    provider.behaviour = dies_after(40)
    second.behaviour = streams([chunk({"role": "assistant", "content": None, "tool_calls": call}, who="second"),
                                chunk({}, "tool_calls", who="second")])
    told = stream(serve(route(provider.url, second.url)))
    assert [c["delta"]["tool_calls"] for c in told.choices if "tool_calls" in c["delta"]] == [call]
    assert told.done and "role" not in told.choices[-2]["delta"]


# ---- characters at the seam ----


@pytest.mark.parametrize("first, then", [
    (b"gr\\u00fc", "grüße".encode()),
    ("grü".encode(), b"gr\\u00fc\\u00dfe"),
    (b"hi \\ud83d", b"hi \\ud83d\\ude00!"),
    (b"hi \\ud83d", "hi \U0001f600!".encode()),
    ("hi \U0001f600".encode(), b"hi \\uD83D\\uDE00!"),
    (b'a \\"b\\" \\/ \\\\', b'a \\"b\\" / \\\\ \\n'),
])
def test_what_is_the_same_is_known_however_it_is_written(serve, provider, second, first, then):
    def raw(words, finish=b"null"):
        return (b'data: {"id":"r","created":1,"model":"r","choices":[{"index":0,"delta":{"content":"' + words
                + b'"},"finish_reason":' + finish + b"}]}\n\n")

    def begins(reply):
        reply.begin_stream()
        reply.piece(raw(first))
        reply.cut()

    def says_all(reply):
        reply.begin_stream()
        reply.piece(raw(then) + raw(b"", b'"stop"') + b"data: [DONE]\n\n")
        reply.end_stream()
    provider.behaviour, second.behaviour = begins, says_all
    told = stream(serve(route(provider.url, second.url, prefill=False)))
    bodies = "".join(line.split('"content":"')[1].split('"}')[0] for line in told.raw.split("\n\n")
                     if '"content":"' in line)
    assert json.loads(f'"{bodies}"') == json.loads(b'"' + then + b'"')
    assert told.done


def test_half_a_character_is_not_a_part_of_the_prefill(serve, provider, second):
    provider.behaviour = streams([chunk({"content": "hi there \ud83d"})], cut=True)
    second.behaviour = streams([chunk({"content": " \U0001f600 again"}, who="second"),
                                chunk({}, "stop", who="second")])
    told = stream(serve(route(provider.url, second.url)))
    assert second.seen[0].json()["messages"][-1]["content"] == "hi there"
    assert told.text.encode("utf-16", "surrogatepass").decode("utf-16") == "hi there \U0001f600 again"


# ---- the error of the first failure ----


def test_where_the_new_answer_differs_the_first_error_is_told(serve, provider, second):
    provider.behaviour = dies_after(40)
    second.behaviour = streams(says(["something ", "else"], "second"), wait=0.01)
    bourse = serve(route(provider.url, second.url, prefill=False))
    stream(bourse).assert_cut("reset", "".join(TOKENS[:40]))
    line = bourse.exchanges()[0]
    assert "reason=reset" in line and "failover=restart" in line
    assert bourse.metric('bourse_stream_rescues_total{kind="restart",outcome="differed"}') == 1
    failures = 'bourse_attempt_failures_total{model="m1",provider="p1",reason='
    assert bourse.metric(failures + '"client_gone"}') == 1 and bourse.metric(failures + '"stream_cut"}') == 0


def test_a_new_answer_that_is_shorter_differs(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), streams(says(TOKENS[:30], "second"))
    bourse = serve(route(provider.url, second.url, prefill=False))
    stream(bourse).assert_cut("reset", "".join(TOKENS[:40]))


def test_without_another_candidate_the_first_error_is_told(serve, provider):
    provider.behaviour = dies_after(40)
    stream(serve(route(provider.url))).assert_cut("reset", "".join(TOKENS[:40]))
    assert len(provider.seen) == 1


@pytest.mark.parametrize("failure", [error(500), error(400), error(429), lambda reply: reply.cut(),
                                     lambda reply: reply.whole(COMPLETION)],
                         ids=["500", "400", "429", "cut", "not a stream"])
def test_what_went_wrong_with_the_rescue_is_not_told(serve, provider, second, failure):
    provider.behaviour, second.behaviour = dies_after(40, stall=True), failure
    told = stream(serve(route(provider.url, second.url, provider_extra="idle_timeout: 300ms")))
    told.assert_cut("idle_timeout", "".join(TOKENS[:40]))


def test_after_an_event_that_is_too_large_nobody_goes_on(serve, provider, second):
    """It may be a part of what was delivered, and cannot be told to anybody."""
    provider.behaviour = streams(says(TOKENS[:40], stop=False) + [chunk({"content": "x" * (40 << 20)})])
    bourse = serve(route(provider.url, second.url))
    stream(bourse).assert_cut("reply_too_large", "".join(TOKENS[:40]))
    assert second.seen == []


def test_after_a_tool_call_has_begun_nobody_goes_on(serve, provider, second):
    call = [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}]
    provider.behaviour = streams([chunk({"content": "let me see"}), chunk({"tool_calls": call})], cut=True)
    stream(serve(route(provider.url, second.url))).assert_cut("reset", "let me see")
    assert second.seen == []


@pytest.mark.parametrize("options, members", [("stream_failover: error", {}), ("attempts: 4", {"n": 2})],
                         ids=["error wished", "two choices"])
def test_nobody_goes_on_where_it_is_not_wished_or_not_possible(serve, provider, second, options, members):
    provider.behaviour = dies_after(40)
    told = stream(serve(route(provider.url, second.url, options=options)), **members)
    told.assert_cut("reset", "".join(TOKENS[:40]))
    assert second.seen == []


# ---- clients ----


def test_a_client_that_leaves_during_a_rescue_ends_it(serve, provider, second):
    left = []

    def dawdles(reply):
        reply.begin_stream()
        reply.event(chunk({"content": "more"}, who="second"))
        left.append(reply.wait_until_left())
    provider.behaviour, second.behaviour = dies_after(40), dawdles
    bourse = serve(route(provider.url, second.url))
    connection = bourse.open_chat(stream=True)
    seen = b""
    while b"more" not in seen:
        seen += connection.recv(65536)
    gone = time.monotonic()
    connection.close()
    assert "client_gone=true" in bourse.exchanges()[0]
    while not left:
        time.sleep(0.005)
    assert left[0] - gone < 0.1 * PATIENCE


def test_a_slow_client_slows_the_rescuing_provider(serve, provider, second):
    sent = []

    def floods(reply):
        reply.begin_stream()
        try:
            while sum(sent) < 64 << 20:
                reply.event(chunk({"content": "x" * 20000}, who="second"))
                sent.append(20000)
        except OSError:
            pass
    provider.behaviour, second.behaviour = dies_after(40), floods
    bourse = serve(route(provider.url, second.url))
    with bourse.open_chat(stream=True) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        second.wait_for(1)
        until = time.monotonic() + 10 * PATIENCE
        before = -1
        while before != sum(sent) and time.monotonic() < until:
            before = sum(sent)
            time.sleep(0.5)
        assert before == sum(sent) < 32 << 20
        assert bourse.metric("bourse_buffered_bytes") < 24 << 20


# ---- hold: nothing before the answer is complete ----


def holding(*urls, **more):
    return route(*urls, options="stream_failover: hold", **more)


@pytest.mark.parametrize("failure", [dies_after(40), dies_after(40, stall=True),
                                     dies_after(40, end=True),
                                     streams(says(TOKENS[:40], stop=False) + [{"error": {"message": "hot"}}])],
                         ids=["cut", "silence", "no end", "error event"])
def test_a_held_stream_that_breaks_is_another_models(serve, provider, second, failure):
    provider.behaviour, second.behaviour = failure, streams(says(["all ", "of it"], "second"))
    bourse = serve(holding(provider.url, second.url, provider_extra="idle_timeout: 300ms"))
    told = stream(bourse)
    told.assert_whole("all of it")
    assert {chunk["id"] for chunk in told.chunks} == {"id-second"} and not seams(told)
    assert told.headers["x-bourse-model"] == "m1"
    wasted = 40 * len(provider.seen)
    assert f"tokens_wasted={wasted} " in bourse.exchanges()[0]


def test_a_held_stream_that_ends_with_an_error_is_another_models(serve, provider, second):
    provider.behaviour = streams(says(["all"]) + [{"error": {"message": "no more", "type": "server_error"}}])
    second.behaviour = streams(says(["short"], "second"))
    stream(serve(holding(provider.url, second.url))).assert_whole("short")


def test_nothing_of_a_held_stream_is_sent_before_its_end(serve, provider):
    provider.behaviour = streams(says(TOKENS[:5]), wait=0.1)
    with serve(holding(provider.url)).open_chat(stream=True) as connection:
        provider.wait_for(1)
        connection.settimeout(0.4)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(5 * PATIENCE)
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_held_stream_that_nobody_completes_is_a_plain_error(serve, provider):
    provider.behaviour = dies_after(40)
    reply = serve(holding(provider.url, extra="")).chat(stream=True)
    assert reply.status == 503 and reply.error()["metadata"]["reason"] == "reset"


def test_a_held_stream_that_is_too_large_is_another_models(serve, provider, second):
    events = [chunk({"content": "x" * (4 << 20)}) for _ in range(18)]
    provider.behaviour, second.behaviour = streams(events), streams(says(["short"], "second"))
    bourse = serve(holding(provider.url, second.url))
    stream(bourse).assert_whole("short")
    assert bourse.metric('bourse_attempt_failures_total{model="m0",provider="p0",reason="reply_too_large"}') == 1


def test_held_streams_stay_below_the_bound_of_all_together(serve, provider, second):
    events = [chunk({"content": "x" * (1 << 20)}) for _ in range(12)]
    provider.behaviour, second.behaviour = streams(events), streams(says(["short"], "second"))
    bourse = serve(holding(provider.url, second.url, extra="limits: {buffered_bytes: 4MiB}"))
    stream(bourse).assert_whole("short")


# ---- comments in silence ----


def commenting(*urls, options="", **more):
    return route(*urls, options=f"keep_alive_comments: 150ms{', ' + options if options else ''}", **more)


def pauses(seconds, then):
    def behave(reply):
        time.sleep(seconds)
        then(reply)
    return behave


def test_silence_before_the_first_token_carries_comments(serve, provider):
    provider.behaviour = pauses(0.7, streams(says(TOKENS)))
    with serve(commenting(provider.url)).open_chat(stream=True) as connection:
        began = time.monotonic()
        seen = connection.recv(65536)
        while b": keep-alive\n\n" not in seen:
            seen += connection.recv(65536)
        assert 0.14 < time.monotonic() - began < 0.14 + 0.5 * PATIENCE
        head = seen.split(b"\r\n\r\n")[0].lower()
        assert head.startswith(b"http/1.1 200") and b"content-type: text/event-stream" in head
        assert b"x-bourse-model" not in head, "nobody has answered yet"
        while b"[DONE]" not in seen:
            seen += connection.recv(65536)
    assert seen.count(b": keep-alive\n\n") >= 3


def test_a_stream_with_comments_in_it_is_whole(serve, provider):
    provider.behaviour = pauses(0.4, streams(says(TOKENS[:5]), wait=0.25))
    told = stream(serve(commenting(provider.url)))
    told.assert_whole("".join(TOKENS[:5]))
    assert told.comments.count(": keep-alive") >= 4


def test_a_stream_that_is_never_silent_for_long_has_no_comments(serve, provider):
    provider.behaviour = streams(says(TOKENS[:8]), wait=0.05)
    assert stream(serve(commenting(provider.url).replace("150ms", "400ms"))).comments == []


@pytest.mark.parametrize("config", [
    lambda url: route(url, options="keep_alive_comments: 0s"),
    lambda url: route(url),
], ids=["none wished", "default of 15 s"])
def test_without_the_wish_silence_stays_silence(serve, provider, config):
    provider.behaviour = pauses(0.5, streams(says(TOKENS)))
    assert stream(serve(config(provider.url))).comments == []


@pytest.mark.parametrize("failure", [error(500), error(429), error(401), lambda reply: reply.cut(),
                                     lambda reply: reply.whole(COMPLETION),
                                     streams([chunk({"role": "assistant", "content": ""}, who="lost")], cut=True)],
                         ids=["500", "429", "401", "cut", "not a stream", "cut after the role"])
def test_a_failure_after_nothing_but_comments_is_followed_by_the_next(serve, provider, second, failure):
    provider.behaviour, second.behaviour = pauses(0.4, failure), streams(says(TOKENS, "second"))
    bourse = serve(commenting(provider.url, second.url, options="on_rate_limit: next"))
    told = stream(bourse)
    told.assert_whole()
    assert ": keep-alive" in told.comments and not seams(told)
    assert {chunk["id"] for chunk in told.chunks} == {"id-second"}


@pytest.mark.parametrize("failure, reason", [(error(400, "not like this"), "provider_refused"),
                                             (error(503, "overheated"), "provider_error")])
def test_after_comments_the_last_error_is_in_the_stream(serve, provider, failure, reason):
    provider.behaviour = pauses(0.4, failure)
    bourse = serve(commenting(provider.url, options="attempts: 1"))
    told = stream(bourse)
    told.assert_cut(reason, "")
    assert told.status == 200 and "It said:" in told.errors[0]["message"]
    assert f"reason={reason}" in bourse.exchanges()[0]


def test_comments_are_sent_while_a_rate_limit_is_waited_for(serve, provider):
    def first_refuses(reply):
        if reply.number == 1:
            reply.error(429, headers={"Retry-After": "1"})
        else:
            streams(says(TOKENS))(reply)
    provider.behaviour = first_refuses
    told = stream(serve(commenting(provider.url)))
    told.assert_whole()
    assert told.comments.count(": keep-alive") >= 3


def test_comments_are_sent_while_a_stream_is_held(serve, provider):
    provider.behaviour = streams(says(TOKENS[:8]), wait=0.1)
    told = stream(serve(commenting(provider.url, options="stream_failover: hold")))
    told.assert_whole("".join(TOKENS[:8]))
    assert told.comments.count(": keep-alive") >= 3
    assert told.raw.rfind(": keep-alive") < told.raw.find("data: ")


def test_a_whole_reply_carries_no_comments(serve, provider):
    provider.behaviour = pauses(0.4, lambda reply: reply.whole(COMPLETION))
    assert serve(commenting(provider.url)).chat().json() == COMPLETION


def test_a_client_that_leaves_after_comments_ends_the_attempt(serve, provider):
    left = []
    provider.behaviour = lambda reply: left.append(reply.wait_until_left())
    bourse = serve(commenting(provider.url))
    connection = bourse.open_chat(stream=True)
    seen = b""
    while b": keep-alive" not in seen:
        seen += connection.recv(65536)
    connection.close()
    assert "client_gone=true" in bourse.exchanges()[0]
    while not left:
        time.sleep(0.005)
    assert left[0]
    assert bourse.metric("bourse_streams") == 0

# ---- providers that are full ----


def full(bourse, provider, model):
    """Takes the only place of a provider, until it is closed."""
    before = len(provider.seen)
    connection = bourse.open_chat(model=model, stream=True)
    provider.wait_for(before + 1)
    return connection


@pytest.mark.parametrize("patience", ["100ms", "0s"])
def test_where_the_next_provider_is_full_the_first_error_is_told(serve, provider, second, patience):
    provider.behaviour, second.behaviour = dies_after(40), lambda reply: reply.wait_until_left()
    bourse = serve(route(provider.url, second.url, options=f"max_wait: {patience}",
                         provider_extra="max_inflight: 1"))
    with full(bourse, second, "m1"):
        told = stream(bourse)
    told.assert_cut("reset", "".join(TOKENS[:40]))
    assert len(second.seen) == 1
    assert "reason=reset" in bourse.exchanges()[0]


def test_a_rescue_waits_for_a_place(serve, provider, second):
    def first_dawdles(reply):
        if reply.number == 1:
            reply.wait_until_left()
        else:
            goes_on(reply)
    provider.behaviour, second.behaviour = dies_after(40, stall=True), first_dawdles
    bourse = serve(route(provider.url, second.url, provider_extra="max_inflight: 1\nidle_timeout: 300ms"))
    with full(bourse, second, "m1"):
        connection = bourse.open_chat(stream=True)
        provider.wait_for(1)
        time.sleep(0.6)  # the silence is over, and the rescue waits
    seen = b""
    while b"[DONE]" not in seen:
        seen += connection.recv(65536)
    connection.close()
    assert b": bourse: continued by m1" in seen and b'"error"' not in seen


def test_comments_are_sent_while_a_place_is_waited_for_and_the_refusal_is_in_the_stream(serve, provider):
    provider.behaviour = lambda reply: reply.wait_until_left()
    bourse = serve(commenting(provider.url, options="max_wait: 500ms", provider_extra="max_inflight: 1"))
    with full(bourse, provider, "m0"):
        told = stream(bourse)
    told.assert_cut("overloaded", "")
    assert told.status == 200 and told.comments.count(": keep-alive") >= 2
