"""A second candidate beside a late first one: what the caller gets, and what both providers see."""
import json
import random
import threading
import time

import pytest

from harness import anthropic
from harness.daemon import PATIENCE, configuration
from harness.provider import COMPLETION, Provider, answer_well

LATE = 0.2  # twice the first token that the configuration promises


def hedging(*urls, options="", first_token="100ms", **more):
    """`m0`, `m1`, … of which the first token is expected after 100 ms, and the whole reply soon after."""
    config = configuration(*urls, **more)
    config = config.replace("objective: best}", f"objective: best, hedge: on, hedge_share: 100%, {options}}}")
    return config.replace("    context_window:", f"    latency: {{first_token: {first_token}, tokens_per_second: 100000}}\n"
                                                  "    context_window:")


class Late:
    """Answers after so many seconds, and remembers when its callers left."""

    def __init__(self, seconds, opening=True):
        self.seconds, self.opening, self.left_at = seconds, opening, []

    def __call__(self, reply):
        stream = reply.seen.json().get("stream")
        if stream:
            reply.begin_stream()
            if self.opening:
                reply.event({"id": "late", "object": "chat.completion.chunk", "created": 1, "model": "up",
                             "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
        left = reply.wait_until_left(self.seconds)
        if left:
            self.left_at.append(left)
            return
        if not stream:
            reply.whole(COMPLETION)
            return
        for word in ("to", "o ", "late"):
            reply.say(word)
        reply.say(None, "stop")
        reply.event("[DONE]")
        reply.end_stream()


def health(bourse, name):
    live = {model["name"]: model["live"] for model in bourse.page("/status").json()["models"]}
    return live[name]["health"]


def ask(bourse, stream, **members):
    began = time.monotonic()
    reply = bourse.chat(stream=stream, **members)
    return reply, time.monotonic() - began


def words(reply):
    if "event-stream" not in reply.headers["content-type"]:
        return reply.json()["choices"][0]["message"]["content"]
    data = [line.removeprefix("data: ") for line in reply.body.decode().split("\n\n") if line.startswith("data: ")]
    assert data[-1] == "[DONE]"
    chunks = [json.loads(line) for line in data[:-1]]
    assert not any("error" in chunk for chunk in chunks)
    return "".join(c["delta"].get("content") or "" for chunk in chunks for c in chunk["choices"])


STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])


@STREAMED
def test_the_second_answers_when_the_first_is_late_and_the_first_is_cancelled(serve, provider, second, stream):
    late, spoke = Late(20), []

    def quick(reply):
        answer_well(reply)
        spoke.append(time.monotonic())
    provider.behaviour, second.behaviour = late, quick
    bourse = serve(hedging(provider.url, second.url))
    reply, took = ask(bourse, stream)
    assert words(reply) == "hello" and LATE * 0.9 < took < LATE + 1 * PATIENCE
    assert (reply.headers["x-bourse-model"], reply.headers["x-bourse-attempts"]) == ("m1", "2")
    assert '"late"' not in reply.body.decode(), "the first one's opening is no part of the answer"
    assert (len(provider.seen), len(second.seen)) == (1, 1)
    assert LATE * 0.9 < second.seen[0].at - provider.seen[0].at < LATE + 0.5 * PATIENCE
    time.sleep(0.1)
    assert late.left_at and late.left_at[0] - spoke[0] < 0.1 * PATIENCE
    line = bourse.exchanges()[0]
    assert "hedge=won hedge_of=m0 hedge_by=m1" in line and "attempts=2" in line and "model=m1" in line
    assert "cost_wasted=" in line and "tokens_wasted=0" in line and "reason=" not in line
    assert bourse.metric("bourse_hedges_started_total") == bourse.metric("bourse_hedges_won_total") == 1
    assert 0 < bourse.metric("bourse_cost_wasted_usd_total") < 1e-4
    assert bourse.metric('bourse_attempt_failures_total{model="m0",provider="p0",reason="outrun"}') == 1
    record = bourse.page(f"/decisions/{reply.headers['x-bourse-decision']}").json()["hedge"]
    assert (record["outcome"], record["of"], record["by"]) == ("won", "m0", "m1")
    assert LATE * 900 < record["after_ms"] < LATE * 1000 + 500 * PATIENCE


@STREAMED
def test_the_first_answers_when_it_speaks_before_the_second(serve, provider, second, stream):
    provider.behaviour, second.behaviour = Late(LATE + 0.3), Late(20)
    bourse = serve(hedging(provider.url, second.url))
    reply, _ = ask(bourse, stream)
    assert words(reply) == ("too late" if stream else "hello")
    assert (reply.headers["x-bourse-model"], reply.headers["x-bourse-attempts"]) == ("m0", "2")
    time.sleep(0.1)
    assert len(second.behaviour.left_at) == 1
    line = bourse.exchanges()[0]
    assert "hedge=lost" in line and "model=m0" in line and "cost_wasted=" in line
    assert bourse.metric("bourse_hedges_won_total") == 0
    assert bourse.metric('bourse_attempt_failures_total{model="m1",provider="p1",reason="outrun"}') == 1


@STREAMED
def test_who_is_in_time_is_not_hedged(serve, provider, second, stream):
    bourse = serve(hedging(provider.url, second.url))
    for _ in range(3):
        assert bourse.chat(stream=stream).status == 200
    assert second.seen == [] and bourse.metric("bourse_hedges_started_total") == 0
    assert "hedge" not in bourse.exchanges()[0]


@STREAMED
@pytest.mark.parametrize("failure", [lambda reply: reply.error(500), lambda reply: reply.cut(),
                                     lambda reply: reply.error(400)], ids=["500", "reset", "400"])
def test_where_the_second_fails_the_first_still_answers(serve, provider, second, stream, failure):
    provider.behaviour, second.behaviour = Late(LATE + 0.4), failure
    bourse = serve(hedging(provider.url, second.url))
    reply, _ = ask(bourse, stream)
    assert (reply.status, reply.headers["x-bourse-model"], len(second.seen)) == (200, "m0", 1)
    assert words(reply) == ("too late" if stream else "hello")
    assert "hedge=failed" in bourse.exchanges()[0]


@STREAMED
def test_where_the_first_fails_while_the_second_runs_the_second_answers(serve, provider, second, stream):
    def fails(reply):
        reply.wait_until_left(LATE + 0.2)
        reply.error(500)
    provider.behaviour, second.behaviour = fails, Late(0.5)
    bourse = serve(hedging(provider.url, second.url))
    reply, _ = ask(bourse, stream)
    assert words(reply) == ("too late" if stream else "hello")
    assert (reply.headers["x-bourse-model"], len(provider.seen), len(second.seen)) == ("m1", 1, 1)
    assert "hedge=won" in bourse.exchanges()[0]


@STREAMED
def test_where_both_fail_the_error_tells_of_both(serve, provider, second, stream):
    def fails(reply):
        reply.wait_until_left(LATE + 0.3)
        reply.error(503, "first")
    provider.behaviour = fails
    second.behaviour = lambda reply: reply.error(500, "second")
    bourse = serve(hedging(provider.url, second.url, options="attempts: 2"))
    reply, _ = ask(bourse, stream)
    assert reply.status == 503
    told = reply.error()
    assert {(a["model"], a["status"]) for a in told["metadata"]["previous_errors"]} == {("m0", 503), ("m1", 500)}
    assert (len(provider.seen), len(second.seen)) == (1, 1)


@STREAMED
def test_after_both_have_failed_the_third_is_asked(serve, provider, second, stream):
    third = Provider()

    def fails(reply):
        reply.wait_until_left(LATE + 0.3)
        reply.error(503, "first")
    provider.behaviour, second.behaviour = fails, lambda reply: reply.error(500, "second")
    bourse = serve(hedging(provider.url, second.url, third.url, options="attempts: 3"))
    reply, _ = ask(bourse, stream)
    assert (words(reply), reply.headers["x-bourse-model"], reply.headers["x-bourse-attempts"]) == ("hello", "m2", "3")
    third.close()


@STREAMED
def test_a_client_that_leaves_ends_both(serve, provider, second, stream):
    provider.behaviour, second.behaviour = Late(20), Late(20)
    bourse = serve(hedging(provider.url, second.url))
    with bourse.open_chat(stream=stream):
        second.wait_for(1)
        time.sleep(0.05)
    left = time.monotonic()
    assert "client_gone=true" in bourse.exchanges()[0] and "hedge=started" in bourse.exchanges()[0]
    time.sleep(0.1)
    for behaviour in (provider.behaviour, second.behaviour):
        assert len(behaviour.left_at) == 1 and behaviour.left_at[0] - left < 0.1 * PATIENCE
    assert bourse.metric("bourse_inflight") == 0


def test_a_route_starts_no_more_second_attempts_than_its_share(serve, provider, second):
    provider.behaviour = Late(0.6)
    bourse = serve(hedging(provider.url, second.url).replace("hedge_share: 100%", "hedge_share: 25%"))
    for _ in range(9):
        assert bourse.chat(stream=True).status == 200
    assert bourse.metric("bourse_hedges_started_total") == len(second.seen) == 3  # 1 + 9 × 25 %
    assert bourse.metric("bourse_hedges_withheld_total") == 6
    route = bourse.page("/status").json()["routes"][0]
    assert (route["hedges"], route["hedges_withheld"], route["inflight"]) == (3, 6, 0)


@pytest.mark.parametrize("config", [
    lambda *urls: hedging(*urls).replace("hedge: on, ", ""),
    lambda *urls: hedging(*urls, options="attempts: 1"),
    lambda *urls: hedging(*urls[:1]),
    lambda *urls: configuration(*urls).replace("objective: best}", "objective: best, hedge: on}"),
], ids=["not wished", "one attempt only", "nobody else", "nothing is known"])
def test_there_is_no_second_attempt(serve, provider, second, config):
    provider.behaviour = Late(LATE + 0.3)
    bourse = serve(config(provider.url, second.url))
    assert bourse.chat(stream=True).headers["x-bourse-model"] == "m0"
    assert second.seen == []


def test_embeddings_and_relayed_paths_are_never_hedged(serve, provider, second):
    provider.behaviour = lambda reply: (time.sleep(LATE + 0.3), reply.whole({"object": "list", "data": []}))
    bourse = serve(hedging(provider.url, second.url))
    assert bourse.ask("POST", "/v1/embeddings", {"model": "auto", "input": "hi"}).status == 200
    assert bourse.ask("POST", "/v1/moderations", {"model": "auto", "input": "hi"}).status == 200
    assert len(provider.seen) == 2 and second.seen == []


def test_who_is_out_or_full_is_not_asked_beside(serve, provider, second):
    third = Provider()
    provider.behaviour = Late(LATE + 0.6)
    second.behaviour = lambda reply: reply.wait_until_left(5)
    bourse = serve(hedging(provider.url, second.url, third.url, provider_extra="max_inflight: 1"))
    with bourse.open_chat(model="m1"):
        second.wait_for(1)
        reply = bourse.chat(stream=True)
        assert (reply.headers["x-bourse-model"], len(second.seen), len(third.seen)) == ("m2", 1, 1)
    third.close()


def withheld(bourse):
    """One that would be started, but for the route's share: the first is free, and no other earned."""
    assert bourse.chat(stream=True).status == 200
    return bourse.metric("bourse_hedges_withheld_total")


def test_a_second_attempt_that_its_route_withholds_gives_its_place_back(serve, provider, second):
    provider.behaviour = Late(LATE + 0.3)
    bourse = serve(hedging(provider.url, second.url, provider_extra="max_inflight: 1").replace("100%", "1%"))
    assert [withheld(bourse), withheld(bourse)] == [0, 1]
    assert bourse.chat(model="m1").status == 200
    assert "waited_ms" not in bourse.exchanges(3)[2]


def test_a_second_attempt_that_its_route_withholds_leaves_the_probe_to_others(serve, provider, second):
    provider.behaviour = Late(LATE + 0.3)
    bourse = serve(hedging(provider.url, second.url).replace("100%", "1%"))
    assert withheld(bourse) == 0
    second.behaviour = lambda reply: reply.error(503)
    while health(bourse, "m1")["state"] == "well":
        bourse.chat(model="m1")
    time.sleep(health(bourse, "m1")["out_ms"] / 1000 + 0.1)
    assert (withheld(bourse), health(bourse, "m1")["state"]) == (1, "due")


def test_a_second_attempt_that_its_route_withholds_gives_its_repetition_back(serve, provider):
    """Three at a time are always allowed: a fourth would be none, if they were kept."""
    failing = []
    provider.behaviour = lambda reply: reply.error(500) if failing and failing.pop() else Late(LATE + 0.3)(reply)
    config = hedging(provider.url, "http://127.0.0.1:1/v1", provider_extra="retry_budget: 0%").replace("100%", "1%")
    bourse = serve(config.replace("provider: p1", "provider: p0"))
    assert [withheld(bourse) for _ in range(4)] == [0, 1, 2, 3]
    failing.append(True)
    assert bourse.chat(stream=True).headers["x-bourse-model"] == "m0"
    assert [seen.json()["model"] for seen in provider.seen][-2:] == ["up-0", "up-0"]


def test_more_traffic_for_the_late_provider_itself_is_taken_from_its_budget_of_retries(serve, provider):
    """A second model of the same provider: three at a time are always allowed."""
    def by_model(reply):
        Late(1.0 if reply.seen.json()["model"] == "up-0" else 0.6)(reply)
    provider.behaviour = by_model
    config = hedging(provider.url, "http://127.0.0.1:1/v1", provider_extra="retry_budget: 0%")
    bourse = serve(config.replace("provider: p1", "provider: p0"))
    clients = [threading.Thread(target=bourse.chat, kwargs={"stream": True}) for _ in range(5)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = [seen for seen in provider.seen if seen.json()["model"] == "up-1"]
    assert len(seconds) == bourse.metric("bourse_hedges_started_total") == bourse.metric("bourse_retries_total") == 3
    assert bourse.metric("bourse_retries_refused_total") == 2


def test_the_place_of_who_was_outrun_is_given_back(serve, provider, second):
    provider.behaviour = Late(20)
    bourse = serve(hedging(provider.url, second.url, provider_extra="max_inflight: 1"))
    assert bourse.chat(stream=True).headers["x-bourse-model"] == "m1"
    provider.behaviour = answer_well
    assert bourse.chat(model="m0").status == 200
    assert bourse.chat(model="m1").status == 200
    assert bourse.metric("bourse_inflight") == 0 == bourse.metric("bourse_waiting")


def test_who_is_always_outrun_is_seen_to_be_slow(serve, provider, second):
    """Left out of what is measured, the late ones would make the rest look ever quicker."""
    provider.behaviour = Late(20)
    bourse = serve(hedging(provider.url, second.url))
    for _ in range(3):
        assert bourse.chat(stream=True).headers["x-bourse-model"] == "m1"
    live = {model["name"]: model["live"] for model in bourse.page("/status").json()["models"]}
    first = next(row for row in live["m0"]["latency"] if row["streamed"])["first_token_ms"]
    assert first["count"] > 2.9 and first["p50"] > LATE * 900


@pytest.mark.parametrize("how", ["hold", "comments"])
def test_held_and_commented_streams_are_hedged_too(serve, provider, second, how):
    provider.behaviour = Late(20)
    options = {"hold": "stream_failover: hold", "comments": "keep_alive_comments: 100ms"}[how]
    bourse = serve(hedging(provider.url, second.url, options=options))
    reply, _ = ask(bourse, True)
    assert words(reply) == "hello" and '"late"' not in reply.body.decode()
    assert (b"keep-alive" in reply.body) == (how == "comments")


def test_a_stream_of_the_second_that_breaks_is_rescued_as_any(serve, provider, second):
    third = Provider()

    def breaks(reply):
        reply.begin_stream()
        reply.say("hel")
        reply.cut()
    provider.behaviour, second.behaviour = Late(20), breaks
    bourse = serve(hedging(provider.url, second.url, third.url))
    reply, _ = ask(bourse, True)
    assert words(reply) == "hello"
    line = bourse.exchanges()[0]
    assert "hedge=won" in line and "failover=restart" in line and "attempts=3" in line
    third.close()


@STREAMED
@pytest.mark.parametrize("foreigner", ["p0", "p1"])
def test_the_two_may_speak_different_languages(serve, provider, second, stream, foreigner):
    """Whoever is late has said its opening already, in its own language or not."""
    speaker = anthropic.Anthropic()

    def late(reply):
        if foreigner == "p0" and stream:
            reply.begin_stream()
            anthropic.put_event(reply, "message_start", {"message": {**speaker.answer, "content": []}})
            reply.wait_until_left(20)
        else:
            Late(20)(reply)
    provider.behaviour = late
    second.behaviour = speaker if foreigner == "p1" else answer_well
    bourse = serve(hedging(provider.url, second.url).replace(f"  {foreigner}:\n    dialect: openai",
                                                             f"  {foreigner}:\n    dialect: anthropic"))
    reply, _ = ask(bourse, stream)
    assert words(reply) == ("hello there" if foreigner == "p1" else "hello")
    assert reply.headers["x-bourse-model"] == "m1" and b"message_start" not in reply.body


def test_a_response_is_hedged_as_well_and_its_events_are_one_answers(serve, provider, second):
    def responds(reply, who, late=0.0):
        def event(kind, **members):
            reply.piece(f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n")
        reply.begin_stream()
        event("response.created", sequence_number=0, response={"id": who, "status": "in_progress"})
        if late and reply.wait_until_left(late):
            return
        event("response.output_text.delta", sequence_number=1, delta=f"said by {who}")
        event("response.completed", sequence_number=2, response={
            "id": who, "status": "completed", "usage": {"input_tokens": 3, "output_tokens": 2}})
        reply.end_stream()
    provider.behaviour = lambda reply: responds(reply, "first", late=20)
    second.behaviour = lambda reply: responds(reply, "second")
    bourse = serve(hedging(provider.url, second.url))
    reply = bourse.ask("POST", "/v1/responses", {"model": "auto", "input": "hi", "stream": True})
    said = reply.body.decode()
    assert "said by second" in said and "first" not in said
    assert [line for line in said.split("\n") if line.startswith("event:")] == [
        "event: response.created", "event: response.output_text.delta", "event: response.completed"]
    assert "tokens_in=3 tokens_out=2" in bourse.exchanges()[0]


def whimsical(reply):
    """Quick, late, failing, cut or silent, as it pleases."""
    stream, mood = reply.seen.json().get("stream"), random.random()
    if mood < 0.3:
        answer_well(reply)
    elif mood < 0.6:
        Late(random.uniform(0.05, 0.3), opening=random.random() < 0.5)(reply)
    elif mood < 0.7:
        reply.wait_until_left(random.uniform(0, 0.2))
        reply.error(random.choice([400, 429, 500, 503]))
    elif mood < 0.8:
        reply.wait_until_left(random.uniform(0, 0.2))
        reply.cut()
    elif mood < 0.9 and stream:
        reply.begin_stream()
        reply.say("hel")
        reply.cut()
    else:
        reply.wait_until_left(0.6)
        reply.cut()


@pytest.mark.parametrize("policy", ["continue", "hold"])
def test_whatever_happens_every_client_is_told_and_nothing_is_left_behind(serve, provider, second, policy):
    """A few hundred requests to three whimsical providers with little room; some clients leave."""
    third, ends = Provider(whimsical), []
    provider.behaviour = second.behaviour = whimsical
    options = f"stream_failover: {policy}, attempts: 5, max_wait: 500ms, keep_alive_comments: 150ms, max_inflight: 20"
    bourse = serve(hedging(provider.url, second.url, third.url, options=options, first_token="20ms",
                           provider_extra="max_inflight: 12\nretry_budget: 100%\nfirst_token_timeout: 400ms\n"
                                          "total_timeout: 800ms\nidle_timeout: 400ms").replace("workers: 1", "workers: 3"))

    def client():
        for _ in range(15):
            stream = random.random() < 0.6
            if random.random() < 0.2:
                with bourse.open_chat(stream=stream):
                    time.sleep(random.uniform(0, 0.15))
                ends.append("left")
                continue
            reply = bourse.chat(stream=stream)
            whole = b"[DONE]" in reply.body if stream else b'"choices"' in reply.body
            ends.append("whole" if whole else "error" if b'"error"' in reply.body else repr(reply.body))
    clients = [threading.Thread(target=client) for _ in range(24)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    assert set(ends) <= {"whole", "error", "left"} and len(ends) == 24 * 15
    assert ends.count("whole") > 50
    assert len(bourse.exchanges(24 * 15)) == 24 * 15
    until = time.monotonic() + 3 * PATIENCE
    gauges = ("bourse_inflight", "bourse_waiting", "bourse_streams", "bourse_buffered_bytes")
    while any(bourse.metric(gauge) for gauge in gauges) and time.monotonic() < until:
        time.sleep(0.05)
    assert {gauge: bourse.metric(gauge) for gauge in gauges} == dict.fromkeys(gauges, 0)
    outcomes = {outcome: sum(f"hedge={outcome}" in line for line in bourse.exchanges()) for outcome in ("won", "lost", "failed")}
    assert all(outcomes.values()), outcomes
    provider.behaviour = second.behaviour = third.behaviour = answer_well
    assert {bourse.chat(model=f"m{i}").status for i in range(3)} == {200}
    third.close()
