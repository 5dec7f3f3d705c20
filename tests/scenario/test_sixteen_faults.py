"""The sixteen faults of a provider that a caller must not notice, one story each, in their order.

A primary and a fallback, as few keys as possible, real sockets. Each story looks from both sides: what
the caller gets, and what the providers saw: how many attempts, how far apart, what was sent. Limits of
time are short through configuration; the waits that a provider names are kept as they are. More of each
is in the files that are named after what they are about (test_retries, test_rescue, test_health, …)."""
import json
import statistics
import time

import pytest

from harness.daemon import PATIENCE, configuration
from harness.provider import COMPLETION, answer_well
from harness.streams import (TOKENS, WHOLE, Told, chunk, dies_after, error, goes_on, route, says,
                             stream, streams)

STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
SHORT = "first_token_timeout: 500ms\nidle_timeout: 500ms\ntotal_timeout: 1s"


def first(failure, times=1):
    """Fails so often, and is well afterwards."""
    return lambda reply: failure(reply) if reply.number <= times else answer_well(reply)


def refusal(status, headers=None, code=None, message="no"):
    body = {"error": {"message": message, "type": "x", "param": None, "code": code}}
    return lambda reply: reply.whole(body, status, headers)


def gaps(provider):
    times = [seen.at for seen in provider.seen]
    return [later - earlier for earlier, later in zip(times, times[1:])]


def asked(*providers):
    return tuple(len(provider.seen) for provider in providers)


def ask(bourse, streamed):
    """(the reply, its words, how long it took)"""
    began = time.monotonic()
    reply = bourse.chat(stream=streamed)
    took = time.monotonic() - began
    assert reply.status == 200, reply.body
    if not streamed:
        return reply, reply.json()["choices"][0]["message"]["content"], took
    told = Told(reply)
    assert told.done and not told.errors
    return reply, told.text, took


@STREAMED
@pytest.mark.parametrize("wish, model, least", [("wait", "m0", 1.8), ("next", "m1", 0)])
def test_01_a_rate_limit_that_names_its_wait_is_waited_for_or_passed_by(serve, provider, second, streamed, wish,
                                                                      model, least):
    provider.behaviour = first(refusal(429, {"Retry-After": "2"}))
    bourse = serve(route(provider.url, second.url, options=f"on_rate_limit: {wish}"))
    reply, words, took = ask(bourse, streamed)
    assert (words, reply.headers["x-bourse-model"], reply.headers["x-bourse-attempts"]) == ("hello", model, "2")
    assert least <= took < (3.0 if least else 1.0) * PATIENCE
    assert asked(provider, second) == ((2, 0) if wish == "wait" else (1, 1))
    assert all(gap >= least for gap in gaps(provider))


@STREAMED
def test_02_a_rate_limit_that_names_none_leads_to_the_fallback_and_presses_nobody(serve, provider, second,
                                                                               streamed):
    provider.behaviour = refusal(429)
    _, words, took = ask(serve(configuration(provider.url, second.url)), streamed)
    assert words == "hello" and took < 3 * PATIENCE
    assert asked(provider, second) == (1, 1)


def test_02_where_there_is_no_fallback_the_waits_may_grow_and_are_never_the_same(serve, provider):
    provider.behaviour = refusal(429)
    waits = []
    for _ in range(3):
        provider.seen.clear()
        reply = serve(configuration(provider.url)).chat()
        assert (reply.status, reply.error()["code"]) == (429, "rate_limit_exceeded")
        assert len(provider.seen) <= 4 and sum(gaps(provider)) < 3 * PATIENCE
        assert all(gap < most + 0.1 * PATIENCE for gap, most in zip(gaps(provider), (0.2, 0.4, 0.8)))
        waits.append(gaps(provider)[0])
    assert statistics.pstdev(waits) > 0.002


@STREAMED
def test_03_a_single_500_is_cured_by_the_same_provider(serve, provider, second, streamed):
    provider.behaviour = first(error(500))
    reply, words, _ = ask(serve(configuration(provider.url, second.url)), streamed)
    assert (words, reply.headers["x-bourse-model"]) == ("hello", "m0")
    assert asked(provider, second) == (2, 0)
    assert provider.seen[0].body == provider.seen[1].body


@STREAMED
def test_04_a_provider_that_always_says_503_is_followed_by_the_fallback(serve, provider, second, streamed):
    provider.behaviour = error(503)
    reply, words, _ = ask(serve(configuration(provider.url, second.url)), streamed)
    assert (words, reply.headers["x-bourse-model"]) == ("hello", "m1")
    assert asked(provider, second) == (2, 1)


def test_04_with_nowhere_to_go_the_error_is_the_providers_own(serve, provider):
    provider.behaviour = error(503, "overheated")
    reply = serve(configuration(provider.url)).chat()
    assert reply.status == 503 and "overheated" in reply.error()["message"]
    assert len(provider.seen) <= 6 and int(reply.headers["x-bourse-attempts"]) == len(provider.seen)


@STREAMED
def test_05_a_connection_that_is_reset_before_any_byte_is_made_again(serve, provider, second, streamed):
    provider.behaviour = first(lambda reply: reply.cut())
    reply, words, _ = ask(serve(configuration(provider.url, second.url)), streamed)
    assert (words, reply.headers["x-bourse-model"]) == ("hello", "m0")
    assert asked(provider, second) == (2, 0)


@STREAMED
def test_06_a_provider_that_never_answers_costs_one_timeout(serve, provider, second, streamed):
    left = []
    provider.behaviour = lambda reply: left.append(reply.wait_until_left(20))
    limit = 0.5 if streamed else 1.0
    reply, words, took = ask(serve(configuration(provider.url, second.url, provider_extra=SHORT)), streamed)
    assert (words, reply.headers["x-bourse-model"]) == ("hello", "m1")
    assert limit * 0.9 < took < limit + 0.5 * PATIENCE
    assert asked(provider, second) == (1, 1)
    time.sleep(0.1)
    assert left and left[0], "the silent call was closed"


def test_07_a_first_token_that_does_not_come_is_not_waited_for_though_the_headers_came(serve, provider, second):
    left = []

    def headers_only(reply):
        reply.begin_stream()
        reply.event(chunk({"role": "assistant", "content": ""}))
        left.append(reply.wait_until_left(20))
    provider.behaviour = headers_only
    reply, words, took = ask(serve(configuration(provider.url, second.url, provider_extra=SHORT)), True)
    assert (words, reply.headers["x-bourse-model"]) == ("hello", "m1")
    assert 0.45 < took < 0.5 + 0.5 * PATIENCE
    assert asked(provider, second) == (1, 1)
    time.sleep(0.1)
    assert left and left[0], "the silent call was closed"


@pytest.mark.parametrize("policy", ["continue", "restart", "hold"])
def test_08_a_stream_cut_after_40_of_60_tokens_becomes_the_whole_answer(serve, provider, second, policy):
    provider.behaviour = dies_after(40)
    second.behaviour = goes_on if policy == "continue" else streams(says(TOKENS, "second"))
    told = stream(serve(route(provider.url, second.url, options=f"stream_failover: {policy}")))
    if policy == "hold":
        assert told.done and not told.errors and told.text == WHOLE
    else:
        told.assert_whole()
    assert second.seen[-1].json()["messages"][1:] == (
        [{"role": "assistant", "content": "".join(TOKENS[:40]).rstrip()}] if policy == "continue" else [])
    assert asked(provider, second) == ((2 if policy == "hold" else 1), 1)


@pytest.mark.parametrize("policy, urls", [("error", 2), ("continue", 1)], ids=["not wished", "nobody else"])
def test_08_or_a_clear_error_and_never_a_cut_answer_that_looks_whole(serve, provider, second, policy, urls):
    provider.behaviour = dies_after(40)
    told = stream(serve(route(*[provider.url, second.url][:urls], options=f"stream_failover: {policy}")))
    told.assert_cut("reset", "".join(TOKENS[:40]))
    assert asked(provider, second) == (1, 0)


def test_09_silence_in_the_middle_is_bounded_and_followed_as_a_cut(serve, provider, second):
    left = []

    def falls_silent(reply):
        reply.begin_stream()
        for event in says(TOKENS[:40], stop=False):
            reply.event(event)
        left.append(reply.wait_until_left(30))
    provider.behaviour, second.behaviour = falls_silent, goes_on
    bourse = serve(route(provider.url, second.url, provider_extra=SHORT.replace("1s", "20s")))
    began = time.monotonic()
    stream(bourse).assert_whole()
    assert 0.45 < time.monotonic() - began < 0.5 + 1 * PATIENCE
    assert asked(provider, second) == (1, 1)
    time.sleep(0.1)
    assert left and left[0], "the silent call was closed"
    assert bourse.page("/readyz").status == 200 and bourse.metric("bourse_streams") == 0


def test_10_an_event_that_is_not_json_is_dropped_and_counted(serve, provider, second):
    provider.behaviour = streams([*says(TOKENS[:30], stop=False), '{"choices":[{"index', *says(TOKENS[30:])[1:]])
    bourse = serve(configuration(provider.url, second.url))
    told = stream(bourse)
    told.assert_whole()
    assert '{"choices":[{"index\n' not in told.raw
    assert bourse.metric("bourse_events_malformed_total") == 1
    assert asked(provider, second) == (1, 0)


def test_11_a_whole_stream_without_its_done_is_ended_at_once(serve, provider, second):
    def forgets_done(reply):
        reply.begin_stream()
        for event in says(TOKENS):
            reply.event(event)
        reply.event({**chunk({}), "choices": [], "usage": COMPLETION["usage"]})
        reply.end_stream()
    provider.behaviour = forgets_done
    began = time.monotonic()
    told = stream(serve(configuration(provider.url, second.url)), stream_options={"include_usage": True})
    assert time.monotonic() - began < 1 * PATIENCE
    assert told.done and not told.errors and told.text == WHOLE
    assert told.chunks[-1]["usage"] == COMPLETION["usage"]
    assert asked(provider, second) == (1, 0)


def test_11_and_also_where_the_provider_leaves_the_connection_open(serve, provider, second):
    def forgets_to_end(reply):
        reply.begin_stream()
        for event in says(TOKENS):
            reply.event(event)
        reply.event({**chunk({}), "choices": [], "usage": COMPLETION["usage"]})
        reply.wait_until_left(30)
    provider.behaviour = forgets_to_end
    began = time.monotonic()
    told = stream(serve(configuration(provider.url, second.url)), stream_options={"include_usage": True})
    assert time.monotonic() - began < 3 * PATIENCE
    assert told.done and not told.errors and told.text == WHOLE
    assert told.chunks[-1]["usage"] == COMPLETION["usage"]
    assert asked(provider, second) == (1, 0)


@STREAMED
@pytest.mark.parametrize("window, model", [(200000, "m1"), (8000, None)], ids=["larger", "as small"])
def test_12_a_request_that_is_too_long_goes_to_a_larger_window_only(serve, provider, second, streamed, window,
                                                                 model):
    provider.behaviour = refusal(400, code="context_length_exceeded", message="too long")
    config = configuration(provider.url, second.url).replace("100000000", "8000", 1).replace("100000000", str(window))
    reply = serve(config).chat(stream=streamed)
    assert asked(provider, second) == (1, 1 if model else 0)
    if model:
        assert (reply.status, reply.headers["x-bourse-model"]) == (200, model)
    else:
        assert (reply.status, reply.error()["code"], reply.error()["message"]) == (
            400, "context_length_exceeded", "too long")


@STREAMED
@pytest.mark.parametrize("wish, model", [("error", None), ("next", "m1")])
def test_13_what_a_provider_will_not_answer_goes_on_only_where_that_is_wished(serve, provider, second, streamed,
                                                                           wish, model):
    provider.behaviour = refusal(400, code="content_policy_violation", message="not this")
    reply = serve(route(provider.url, second.url, options=f"on_content_policy: {wish}")).chat(stream=streamed)
    assert asked(provider, second) == (1, 1 if model else 0)
    if model:
        assert (reply.status, reply.headers["x-bourse-model"]) == (200, model)
    else:
        assert (reply.status, reply.error()["code"], reply.error()["message"]) == (
            400, "content_policy_violation", "not this")


def test_14_a_fallback_that_refuses_a_prefill_begins_anew(serve, provider, second):
    def refuses_prefill(reply):
        if reply.seen.json()["messages"][-1]["role"] == "assistant":
            reply.error(400, "prefill is not supported")
        else:
            streams(says(TOKENS, "second"))(reply)
    provider.behaviour, second.behaviour = dies_after(40), refuses_prefill
    told = stream(serve(route(provider.url, second.url)))
    told.assert_whole()
    assert "prefill" not in told.raw and asked(provider, second) == (1, 2)
    assert [len(seen.json()["messages"]) for seen in second.seen] == [2, 1]


def test_14_or_the_first_failures_error_and_never_the_refusal(serve, provider, second):
    provider.behaviour = dies_after(40)
    second.behaviour = error(400, "prefill is not supported")
    told = stream(serve(route(provider.url, second.url)))
    told.assert_cut("reset", "".join(TOKENS[:40]))
    assert "prefill" not in told.raw and asked(provider, second) == (1, 2)


def test_15_an_outage_costs_few_probes_and_its_end_is_soon_seen(serve, provider, second):
    """A tenth of the story: 6 s and a request every 0.4 s; `make chaos` tells it in full."""
    began, out = time.monotonic(), 6.0
    provider.behaviour = lambda reply: (answer_well if time.monotonic() - began > out else error(503))(reply)
    bourse = serve(configuration(provider.url, second.url))
    answers = []
    while time.monotonic() - began < out + 6:
        reply, words, _ = ask(bourse, len(answers) % 2 == 0)
        assert words == "hello"
        answers.append((time.monotonic() - began, reply.headers["x-bourse-model"]))
        time.sleep(0.4)
    during = [seen for seen in provider.seen if seen.at - began < out]
    assert len(during) <= 9, "five until it is known, probes after 1, 2 and 4 s, one repeated"
    assert all(model == "m1" for at, model in answers if at < out)
    back = min(at for at, model in answers if model == "m0")
    assert back - out < 5 * PATIENCE


@STREAMED
def test_16_usage_and_cost_are_those_of_who_answered(serve, provider, second, streamed):
    """The failed attempt even claims tokens of its own."""
    provider.behaviour = lambda reply: reply.whole(
        {"error": {"message": "no"}, "usage": {"prompt_tokens": 999, "completion_tokens": 999}}, 503)
    bourse = serve(configuration(provider.url, second.url))
    body = {"stream_options": {"include_usage": True}} if streamed else {}
    reply = bourse.chat(stream=streamed, **body)
    usage = Told(reply).chunks[-1]["usage"] if streamed else reply.json()["usage"]
    assert usage == COMPLETION["usage"]
    assert (reply.headers["x-bourse-model"], reply.headers["x-bourse-provider"]) == ("m1", "p1")
    assert '"model":"up"' in json.dumps(reply.body.decode()).replace('\\"', '"').replace(" ", "")
    line = bourse.exchanges()[0]
    assert "model=m1" in line and "tokens_in=3 tokens_out=2" in line and "cost=0.00000700" in line
    assert "wasted" not in line and "999" not in line
    assert bourse.metric('bourse_tokens_total{model="m0",provider="p0",kind="in"}') == 0
