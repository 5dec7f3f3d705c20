"""Who is out is left alone, is shown to be, and is back soon after it has recovered."""
import threading
import time

import pytest

from harness.daemon import PATIENCE, configuration, free_port
from harness.provider import COMPLETION, answer_well


def unavailable(reply):
    reply.error(503)


def status_of(bourse, kind, name):
    return {entry["name"]: entry for entry in bourse.page("/status").json()[kind]}[name]


def model_health(bourse, name="m0"):
    return status_of(bourse, "models", name)["live"]["health"]


def provider_health(bourse, name="p0"):
    return status_of(bourse, "providers", name)["health"]


def two(provider, second, **more):
    """Only quality and the chance of success count: the first would lose its place if an outage
    were held against it."""
    return configuration(getattr(provider, "url", provider), second.url, **more).replace(
        "objective: best", "objective: {answer_value: 1, second_cost: 0}").replace(
        "price: {input: 1, output: 2}", "price: {input: 0, output: 0}")


def break_it(bourse, provider):
    """Answered by somebody else meanwhile, if there is anybody."""
    provider.behaviour = unavailable
    for _ in range(8):
        bourse.chat()
        if model_health(bourse)["state"] == "cooling":
            return
    raise AssertionError(model_health(bourse))


def labelled(bourse, name, **labels):
    inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
    for line in bourse.page("/metrics").body.decode().splitlines():
        if line.startswith(f"{name}{{{inside}}} "):
            return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no {name}{{{inside}}}")


def test_an_outage_costs_few_attempts_and_ends_soon_after_the_recovery(serve, provider, second):
    provider.behaviour = unavailable
    bourse = serve(two(provider, second))
    until = time.monotonic() + 6
    while time.monotonic() < until:
        reply = bourse.chat()
        assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
        time.sleep(0.3)
    # five until it is known, probes after 1, 2 and 4 s; before any of them one may be repeated
    assert len(provider.seen) <= 9
    provider.behaviour = answer_well
    recovered = time.monotonic()
    while bourse.chat().headers["x-bourse-model"] != "m0":
        assert time.monotonic() - recovered < 8.5 * PATIENCE, model_health(bourse)
        time.sleep(0.3)
    for _ in range(2):  # and stays there, at a rate that is no burden
        time.sleep(2)
        assert bourse.chat().headers["x-bourse-model"] == "m0"


def test_a_provider_that_named_its_pause_is_not_asked_before(serve, provider, second):
    provider.behaviour = lambda reply: reply.error(429, headers={"Retry-After": "2"})
    bourse = serve(two(provider, second).replace("cost: 0}}", "cost: 0}, on_rate_limit: next}"))
    assert bourse.chat().headers["x-bourse-model"] == "m1"
    limited = time.monotonic()
    health = model_health(bourse)
    assert (health["state"], health["why"]) == ("paused", "rate_limited")
    assert 1000 < health["out_ms"] <= 2000
    assert 1 < labelled(bourse, "bourse_pause_seconds", model="m0", provider="p0") <= 2
    provider.behaviour = answer_well
    while time.monotonic() < limited + 1.8:
        assert bourse.chat().headers["x-bourse-model"] == "m1"
        time.sleep(0.1)
    assert len(provider.seen) == 1
    time.sleep(0.4)
    assert bourse.chat().headers["x-bourse-model"] == "m0"


def test_a_limit_that_is_used_up_is_respected_before_the_provider_refuses(serve, provider, second):
    provider.behaviour = lambda reply: reply.whole(
        COMPLETION, headers={"x-ratelimit-remaining-tokens": "0",
                             "x-ratelimit-reset-tokens": "1m0s"})
    bourse = serve(two(provider, second))
    assert bourse.chat().headers["x-bourse-model"] == "m0"
    assert 50000 < model_health(bourse)["out_ms"] <= 60000
    assert bourse.chat().headers["x-bourse-model"] == "m1"
    assert len(provider.seen) == 1


def test_who_is_the_only_candidate_is_asked_even_while_it_is_out(serve, provider):
    bourse = serve(configuration(provider.url))
    break_it(bourse, provider)
    asked = len(provider.seen)
    assert bourse.chat().status == 503
    assert len(provider.seen) == asked + 1
    provider.behaviour = answer_well
    assert bourse.chat().status == 200
    assert model_health(bourse)["state"] == "recovering"


def test_when_all_are_out_the_one_that_is_back_first_is_asked_and_nobody_else(serve, provider, second):
    provider.behaviour = lambda reply: reply.error(429, headers={"Retry-After": "60"})
    second.behaviour = lambda reply: reply.error(429, headers={"Retry-After": "30"})
    bourse = serve(two(provider, second))
    assert bourse.chat().status == 429
    assert [model_health(bourse, name)["state"] for name in ("m0", "m1")] == ["paused", "paused"]
    assert (len(provider.seen), len(second.seen)) == (1, 1)
    assert bourse.chat().headers["x-bourse-attempts"] == "1"
    assert (len(provider.seen), len(second.seen)) == (1, 2)


def test_one_request_alone_is_the_probe(serve, provider, second):
    bourse = serve(two(provider, second))
    break_it(bourse, provider)
    asked, answered = len(provider.seen), threading.Event()

    def slowly(reply):
        answered.wait(10)
        answer_well(reply)

    provider.behaviour = slowly
    time.sleep(model_health(bourse)["out_ms"] / 1000 + 0.05)
    assert model_health(bourse)["state"] == "due"
    probe = threading.Thread(target=bourse.chat)
    probe.start()
    provider.wait_for(asked + 1)
    assert model_health(bourse)["state"] == "probed"
    for _ in range(5):
        assert bourse.chat().headers["x-bourse-model"] == "m1"
    answered.set()
    probe.join()
    assert len(provider.seen) == asked + 1
    assert model_health(bourse)["state"] == "recovering"


def test_a_probe_whose_client_leaves_makes_room_for_the_next(serve, provider, second):
    bourse = serve(two(provider, second))
    break_it(bourse, provider)
    asked = len(provider.seen)
    provider.behaviour = lambda reply: reply.wait_until_left(5)
    time.sleep(model_health(bourse)["out_ms"] / 1000 + 0.05)
    client = bourse.open_chat()
    provider.wait_for(asked + 1)
    client.close()
    provider.behaviour = answer_well
    until = time.monotonic() + 5
    while bourse.chat().headers["x-bourse-model"] != "m0":
        assert time.monotonic() < until, model_health(bourse)


def test_a_breaker_is_shown_by_status_and_metrics_and_the_explanation(serve, provider, second):
    bourse = serve(two(provider, second))
    assert model_health(bourse) == {"state": "well", "age_ms": None, "out_ms": 0, "why": None,
                                    "whole_provider": False, "share": 1.0}
    break_it(bourse, provider)
    health = model_health(bourse)
    assert (health["state"], health["why"]) == ("cooling", "provider_error")
    assert 0 < health["out_ms"] <= 1000 and health["age_ms"] < 1000
    assert labelled(bourse, "bourse_breaker_state", model="m0", provider="p0") == 2
    assert labelled(bourse, "bourse_breaker_state", model="m1", provider="p1") == 0
    assert labelled(bourse, "bourse_breaker_state", provider="p0") == 0
    assert labelled(bourse, "bourse_breaker_opened_total", model="m0", provider="p0") == 1
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
    explained = bourse.ask("POST", "/v1/route", body).json()
    assert explained["order"] == ["m1", "m0"]
    assert explained["candidates"][1]["health"]["state"] == "cooling"
    assert explained["candidates"][1]["ruled_out"] is None


def test_a_provider_that_cannot_be_reached_is_out_with_all_its_models(serve, second):
    nowhere = f"http://127.0.0.1:{free_port()}/v1"
    bourse = serve(two(nowhere, second).replace(
        "models:", "models:\n  other: {provider: p0, price: {input: 1, output: 2}}"))
    for _ in range(5):
        assert bourse.chat().headers["x-bourse-model"] == "m1"
    health = provider_health(bourse)
    assert (health["state"], health["why"]) == ("cooling", "connect")
    other = model_health(bourse, "other")
    assert (other["state"], other["whole_provider"]) == ("cooling", True)
    assert labelled(bourse, "bourse_breaker_state", provider="p0") == 2
    assert labelled(bourse, "bourse_breaker_state", model="m0", provider="p0") == 0


def test_mistakes_of_clients_take_nobody_out(serve, provider, second):
    provider.behaviour = lambda reply: reply.error(400)
    bourse = serve(two(provider, second))
    for _ in range(12):
        assert bourse.chat().status == 400
    assert model_health(bourse)["state"] == "well" and second.seen == []


@pytest.mark.parametrize("told", [
    {"headers": {"x-stainless-timeout": "0.1"}}, {"headers": {"x-stainless-read-timeout": "0.1"}},
    {"timeout": 0.1}], ids=["header", "header of a read", "member"])
def test_the_time_that_clients_give_ends_the_call_and_is_held_against_nobody(serve, provider, second, told):
    """A caller in a hurry would take a healthy model away from everybody else."""
    left = []
    provider.behaviour = lambda reply: left.append(reply.wait_until_left(10))
    bourse = serve(two(provider, second, extra=""))
    began, replies = time.monotonic(), []
    clients = [threading.Thread(target=lambda: replies.append(bourse.chat(**told))) for _ in range(6)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert 1.0 < time.monotonic() - began < 1.3 + PATIENCE  # a second more, as it is the client that gives up
    assert {(reply.status, reply.error()["metadata"]["reason"]) for reply in replies} == {(503, "client_deadline")}
    assert len(provider.seen) == 6 and second.seen == []
    assert model_health(bourse)["state"] == "well"
    time.sleep(0.1)
    assert len(left) == 6 and all(left)
    provider.behaviour = answer_well
    assert bourse.chat().headers["x-bourse-model"] == "m0"
    assert status_of(bourse, "models", "m0")["live"]["failures"] == 0


def test_a_reload_changes_nobodys_health(serve, provider, second):
    bourse = serve(two(provider, second))
    break_it(bourse, provider)
    provider.behaviour = lambda reply: reply.error(429, headers={"Retry-After": "60"})
    time.sleep(model_health(bourse)["out_ms"] / 1000 + 0.05)
    bourse.chat()
    before = model_health(bourse)["out_ms"]
    assert bourse.ask("POST", "/reload", admin=True).status == 200
    assert before - 5000 < model_health(bourse)["out_ms"] <= before
    assert labelled(bourse, "bourse_breaker_opened_total", model="m0", provider="p0") == 1


def test_repeated_attempts_are_a_share_of_a_providers_traffic(serve, provider):
    """Every attempt fails at once, and each exchange would like to try again."""
    seen = []

    def every_other(reply):
        seen.append(reply)
        reply.cut() if len(seen) % 4 else answer_well(reply)

    provider.behaviour = every_other
    bourse = serve(configuration(provider.url))
    threads = [threading.Thread(target=lambda: [bourse.chat() for _ in range(10)])
               for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert labelled(bourse, "bourse_retries_total", provider="p0") > 0
    assert labelled(bourse, "bourse_retries_refused_total", provider="p0") > 0


def moderate(bourse):
    return bourse.ask("POST", "/v1/moderations", {"model": "auto", "input": "x"})


def moderates(reply):
    reply.whole({"results": []})


def test_a_relayed_path_goes_to_who_is_well_and_may_be_the_probe(serve, provider, second):
    provider.behaviour, second.behaviour = unavailable, moderates
    bourse = serve(configuration(provider.url, second.url))
    while model_health(bourse)["state"] != "cooling":
        assert moderate(bourse).status == 503 and len(provider.seen) < 10
    asked = len(provider.seen)
    reply = moderate(bourse)
    assert (reply.status, reply.headers["x-bourse-model"], len(provider.seen)) == (200, "m1", asked)
    provider.behaviour = moderates
    until = time.monotonic() + 5 * PATIENCE
    while model_health(bourse)["state"] == "cooling":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert moderate(bourse).headers["x-bourse-model"] == "m0"
    assert model_health(bourse)["state"] in ("recovering", "well")


def test_a_relayed_path_is_asked_even_while_the_only_candidate_is_out(serve, provider):
    bourse = serve(configuration(provider.url))
    break_it(bourse, provider)
    provider.behaviour = moderates
    assert moderate(bourse).status == 200
