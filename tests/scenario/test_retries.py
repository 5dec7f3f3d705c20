"""What a caller gets, and what the provider sees, when a provider misbehaves before it answers."""
import json
import time

import pytest

from harness.daemon import PATIENCE, configuration
from harness.provider import COMPLETION, answer_well


def first(failure, then=answer_well, times=1):
    """Fails so often, and is well afterwards."""
    return lambda reply: failure(reply) if reply.number <= times else then(reply)


def error(status, headers=None, code=None, message="no"):
    body = {"error": {"message": message, "type": "x", "param": None, "code": code}}
    return lambda reply: reply.whole(body, status, headers)


def route(*urls, options="", **more):
    return configuration(*urls, **more).replace("objective: best}", f"objective: best, {options}}}")


def gaps(provider):
    times = [seen.at for seen in provider.seen]
    return [later - earlier for earlier, later in zip(times, times[1:])]


@pytest.mark.parametrize("headers, least", [({"Retry-After": "1"}, 1.0), ({"retry-after-ms": "300"}, 0.3)])
def test_a_rate_limit_with_a_bearable_wait_is_waited_for(serve, provider, second, headers, least):
    provider.behaviour = first(error(429, headers))
    reply = serve(configuration(provider.url, second.url)).chat()
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m0")
    assert least * 0.95 < gaps(provider)[0] < least + 0.6 * PATIENCE
    assert second.seen == []


def test_a_rate_limit_leads_to_the_next_at_once_where_the_route_prefers_speed(serve, provider, second):
    provider.behaviour = first(error(429, {"Retry-After": "2"}))
    began = time.monotonic()
    reply = serve(route(provider.url, second.url, options="on_rate_limit: next")).chat()
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
    assert time.monotonic() - began < 1.5 * PATIENCE


def test_a_wait_above_the_routes_own_limit_leads_to_the_next(serve, provider, second):
    provider.behaviour = error(429, {"Retry-After": "3"})
    reply = serve(route(provider.url, second.url, options="max_wait: 2s")).chat()
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
    assert len(provider.seen) == 1


def test_a_provider_that_is_always_at_its_limit_is_not_pressed(serve, provider, second):
    provider.behaviour = error(429)
    reply = serve(configuration(provider.url, second.url)).chat()
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
    assert len(provider.seen) <= 4


def test_the_only_provider_is_asked_again_with_growing_waits(serve, provider):
    provider.behaviour = error(429)
    reply = serve(configuration(provider.url)).chat()
    assert (reply.status, reply.error()["code"]) == (429, "rate_limit_exceeded")
    assert len(provider.seen) == 4
    assert all(gap < 1 * PATIENCE for gap in gaps(provider))


@pytest.mark.parametrize("failure", [error(500), error(408), lambda reply: reply.cut()],
                         ids=["500", "408", "reset"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_single_failure_is_cured_by_the_same_provider(serve, provider, second, failure, stream):
    provider.behaviour = first(failure)
    reply = serve(configuration(provider.url, second.url)).chat(stream=stream)
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m0")
    assert len(provider.seen) == 2 and second.seen == []


def test_the_last_attempt_of_the_budget_belongs_to_another(serve, provider, second):
    provider.behaviour = error(503)
    reply = serve(route(provider.url, second.url, options="attempts: 2")).chat()
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
    assert (len(provider.seen), len(second.seen)) == (1, 1)


def test_a_provider_that_always_fails_leaves_its_own_error(serve, provider):
    provider.behaviour = error(503, message="overheated")
    reply = serve(configuration(provider.url)).chat()
    assert reply.status == 503 and "overheated" in reply.error()["message"]
    assert len(provider.seen) <= 6


def test_the_shortest_wait_of_all_is_advertised(serve, provider, second):
    provider.behaviour = error(429, {"Retry-After": "30"})
    second.behaviour = error(429, {"Retry-After": "20"})
    reply = serve(configuration(provider.url, second.url)).chat()
    assert (reply.status, reply.headers["retry-after"]) == (429, "20")


def windows(*urls):
    """The first two models take 8,000 tokens, the third more."""
    parts = configuration(*urls).split("context_window: 100000000")
    sizes = [8000, 8000, 200000][:len(urls)]
    return "".join(f"{part}context_window: {size}" for part, size in zip(parts, sizes)) + parts[-1]


@pytest.mark.parametrize("refusal", [
    error(400, code="context_length_exceeded"),
    error(400, message="This model's maximum context length is 8000 tokens."),
], ids=["code", "words"])
def test_a_request_that_is_too_long_goes_to_a_larger_window_only(serve, provider, second, refusal):
    third = type(provider)()
    provider.behaviour = refusal
    reply = serve(windows(provider.url, second.url, third.url)).chat()
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m2")
    assert (len(provider.seen), len(second.seen)) == (1, 0)
    third.close()


def test_a_window_that_nobody_knows_may_be_the_larger_one(serve, provider, second):
    provider.behaviour = error(400, code="context_length_exceeded")
    known, _, unknown = windows(provider.url, second.url).rpartition("    context_window: 8000\n")
    assert serve(known + unknown).chat().headers["x-bourse-model"] == "m1"


def test_a_request_that_is_too_long_for_all_gets_the_providers_words(serve, provider, second):
    provider.behaviour = error(400, code="context_length_exceeded")
    reply = serve(windows(provider.url, second.url)).chat()
    assert (reply.status, reply.error()["code"]) == (400, "context_length_exceeded")
    assert second.seen == []


@pytest.mark.parametrize("options, model", [("", None), ("on_content_policy: next", "m1")])
def test_what_a_provider_will_not_answer_goes_on_only_where_the_route_says_so(serve, provider, second,
                                                                              options, model):
    provider.behaviour = error(400, code="content_policy_violation", message="not this")
    reply = serve(route(provider.url, second.url, options=options or "attempts: 4")).chat()
    assert len(provider.seen) == 1
    if model:
        assert (reply.status, reply.headers["x-bourse-model"]) == (200, model)
    else:
        assert (reply.status, reply.error()["message"]) == (400, "not this")
        assert second.seen == []


def test_a_failed_attempt_is_not_billed(serve, provider, second):
    provider.behaviour = lambda reply: reply.whole({**json.loads(json.dumps(COMPLETION)),
                                                    "error": {"message": "no"}}, 503)
    bourse = serve(configuration(provider.url, second.url))
    reply = bourse.chat()
    assert reply.json()["usage"] == COMPLETION["usage"]
    line = bourse.exchanges()[0]
    assert "tokens_in=3" in line and "model=m1" in line


def test_a_client_that_leaves_during_a_wait_ends_the_exchange(serve, provider):
    provider.behaviour = error(429, {"Retry-After": "4"})
    bourse = serve(configuration(provider.url))
    with bourse.open_chat():
        provider.wait_for(1)
        time.sleep(0.1)
    began = time.monotonic()
    line = bourse.exchanges()[0]
    assert "client_gone=true" in line
    assert time.monotonic() - began < 1 * PATIENCE
    time.sleep(0.2)
    assert len(provider.seen) == 1
    assert bourse.metric("bourse_exchanges") == 1, "that of the metrics themselves"


def test_the_callers_own_number_of_retries_is_a_bound(serve, provider, second):
    provider.behaviour = second.behaviour = error(503)
    reply = serve(configuration(provider.url, second.url)).chat(num_retries=1)
    assert (reply.status, reply.headers["x-bourse-attempts"]) == (503, "2")


def test_a_listing_that_fails_is_asked_once_more_but_nothing_is_created_twice(serve, provider):
    provider.behaviour = first(error(500))
    bourse = serve(configuration(provider.url, extra="default_provider: p0"))
    assert bourse.ask("GET", "/v1/files").status == 200
    assert len(provider.seen) == 2
    provider.seen.clear()
    assert bourse.ask("POST", "/v1/files", {"purpose": "batch"}).status == 503
    assert len(provider.seen) == 1
