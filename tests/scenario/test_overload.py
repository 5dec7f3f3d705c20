"""A provider is given as many calls, and a route as many requests, as it may have; who comes then
waits for a while, in order."""
import json
import threading
import time

import pytest

from harness.daemon import PATIENCE, configuration
from harness.provider import answer_well


def limited(*urls, most=1, routes="max_wait: 5s", workers=1):
    """Providers with `max_inflight`, and the route's own keys."""
    config = configuration(*urls, provider_extra=f"max_inflight: {most}")
    config = config.replace("objective: best}", f"objective: best, {routes}}}")
    return config.replace("workers: 1", f"workers: {workers}")


class Gate:
    """Lets calls through one by one, and counts how many are under way."""

    def __init__(self):
        self.permits = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.served = []

    def __call__(self, reply):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.served.append(reply.seen.json()["messages"][0]["content"])
        self.permits.acquire(timeout=20)
        with self.lock:
            self.now -= 1
        answer_well(reply)


def wait_for_waiting(bourse, count, within=5.0):
    until = time.monotonic() + within * PATIENCE
    while bourse.metric("bourse_waiting") != count:
        assert time.monotonic() < until, f"{bourse.metric('bourse_waiting')} wait, not {count}"
        time.sleep(0.005)


def route_status(bourse, name="auto"):
    return {route["name"]: route for route in bourse.page("/status").json()["routes"]}[name]


def wait_for_route(bourse, **figures):
    until = time.monotonic() + 5 * PATIENCE
    while not figures.items() <= route_status(bourse).items():
        assert time.monotonic() < until, f"{route_status(bourse)} is not {figures}"
        time.sleep(0.01)


def ask_for(bourse, word, **members):
    return bourse.open_chat(messages=[{"role": "user", "content": word}], **members)


@pytest.mark.parametrize("workers", [1, 4])
def test_a_provider_never_has_more_calls_than_it_may_have(serve, provider, workers):
    def slow(reply):
        with gate.lock:
            gate.now += 1
            gate.most = max(gate.most, gate.now)
        time.sleep(0.01)
        with gate.lock:
            gate.now -= 1
        answer_well(reply)

    gate = Gate()
    provider.behaviour = slow
    bourse = serve(limited(provider.url, most=3, routes="max_wait: 60s", workers=workers))
    statuses = []
    clients = [threading.Thread(target=lambda i=i: statuses.extend(
        bourse.chat(stream=i % 2 == 0).status for _ in range(5))) for i in range(24)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert statuses == [200] * 120
    assert gate.most == 3
    assert bourse.metric("bourse_waiting") == 0


@pytest.mark.parametrize("workers", [1, 4])
def test_who_came_first_is_served_first_whichever_worker_it_is(serve, provider, workers):
    provider.behaviour = gate = Gate()
    bourse = serve(limited(provider.url, routes="max_wait: 60s", workers=workers))
    clients = []
    for i in range(12):
        clients.append(ask_for(bourse, f"w{i}"))
        if i == 0:
            provider.wait_for(1)
        wait_for_waiting(bourse, i)
    for i in range(12):
        gate.permits.release()
        provider.wait_for(min(i + 2, 12))
    for client in clients:
        client.settimeout(10)
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        client.close()
    assert gate.served == [f"w{i}" for i in range(12)] and gate.most == 1
    assert any("waited_ms=" in line for line in bourse.exchanges(12))


def test_who_has_waited_long_enough_is_told_to_come_back(serve, provider):
    provider.behaviour = gate = Gate()
    bourse = serve(limited(provider.url, routes="max_wait: 300ms"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        began = time.monotonic()
        reply = bourse.chat()
        assert 0.25 < time.monotonic() - began < 1.5 * PATIENCE
        assert (reply.status, reply.error()["code"]) == (503, "overloaded")
        assert "p0 is at its limit of 1 calls" in reply.error()["message"]
        assert reply.headers["retry-after"] == "1"
        gate.permits.release()
    assert len(provider.seen) == 1
    wait_for_waiting(bourse, 0)


def test_waiting_is_not_taken_for_our_own_time(serve, provider):
    provider.behaviour = gate = Gate()
    bourse = serve(limited(provider.url))
    clients = [ask_for(bourse, f"w{i}") for i in range(2)]
    wait_for_waiting(bourse, 1)
    time.sleep(0.4)
    gate.permits.release(2)
    line = next(line for line in bourse.exchanges(2) if "waited_ms=" in line)
    assert int(line.partition("overhead_us=")[2].partition(" ")[0]) < 300000
    for client in clients:
        client.close()


def test_where_nobody_may_wait_it_is_refused_at_once(serve, provider):
    provider.behaviour = Gate()
    bourse = serve(limited(provider.url, routes="max_wait: 0s"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        began = time.monotonic()
        reply = bourse.chat()
        assert time.monotonic() - began < 0.25 * PATIENCE
        assert (reply.status, reply.error()["code"]) == (503, "overloaded")


def test_the_next_candidate_answers_when_it_has_room(serve, provider, second):
    provider.behaviour = gate = Gate()
    bourse = serve(limited(provider.url, second.url))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        began = time.monotonic()
        reply = bourse.chat()
        assert time.monotonic() - began < 1.0 * PATIENCE
        assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
        gate.permits.release()
    assert len(provider.seen) == 1


def test_who_leaves_while_waiting_is_forgotten_and_never_sent(serve, provider):
    provider.behaviour = gate = Gate()
    bourse = serve(limited(provider.url, routes="max_wait: 60s"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        leaves, stays = ask_for(bourse, "leaves"), None
        wait_for_waiting(bourse, 1)
        stays = ask_for(bourse, "stays")
        wait_for_waiting(bourse, 2)
        leaves.close()
        wait_for_waiting(bourse, 1, within=0.1)
        gate.permits.release(2)
        stays.settimeout(10)
        assert stays.recv(100).startswith(b"HTTP/1.1 200")
        stays.close()
    assert gate.served == ["first", "stays"]
    assert any("client_gone=true" in line and "attempts=0" in line for line in bourse.exchanges(3))


ENDS = {
    "an error": lambda reply: reply.error(400),
    "no reply": lambda reply: reply.cut(),
    "garbage": lambda reply: reply.raw("nonsense\r\n\r\n"),
    "a cut stream": lambda reply: (reply.begin_stream(), reply.say("x"), reply.cut()),
    "a whole reply": answer_well,
}


@pytest.mark.parametrize("end", ENDS)
def test_a_place_is_given_back_however_its_call_ends(serve, provider, end):
    bourse = serve(limited(provider.url, routes="max_wait: 5s, attempts: 1"))
    provider.behaviour = ENDS[end]
    for _ in range(3):
        bourse.chat(stream=True)
    provider.behaviour = answer_well
    began = time.monotonic()
    assert bourse.chat().status == 200
    assert time.monotonic() - began < 1.0 * PATIENCE


def test_a_place_is_given_back_when_the_client_leaves(serve, provider):
    provider.behaviour = lambda reply: reply.wait_until_left(10)
    bourse = serve(limited(provider.url))
    ask_for(bourse, "leaves", stream=True).close()
    assert len(bourse.exchanges(1)) == 1
    provider.behaviour = answer_well
    assert bourse.chat().status == 200


def test_a_deadline_of_the_client_bounds_the_waiting(serve, provider):
    provider.behaviour = Gate()
    bourse = serve(limited(provider.url, routes="max_wait: 60s"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        began = time.monotonic()
        reply = bourse.chat(headers={"x-stainless-timeout": "1"})
        assert reply.status == 503
        assert time.monotonic() - began < 3 * PATIENCE


def test_a_limit_that_a_reload_raises_holds_for_those_who_come(serve, provider):
    provider.behaviour = gate = Gate()
    bourse = serve(limited(provider.url, most=1, routes="max_wait: 60s"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        bourse.write(limited(provider.url, most=2, routes="max_wait: 60s"))
        assert bourse.ask("POST", "/reload", admin=True).status == 200
        with ask_for(bourse, "second"):
            provider.wait_for(2)
            gate.permits.release(2)


def test_relayed_paths_count_as_calls_too(serve, provider):
    hold, statuses = threading.Event(), []
    provider.behaviour = lambda reply: (hold.wait(10), reply.whole({"data": []}))
    bourse = serve(limited(provider.url, routes="max_wait: 0s") + "default_provider: p0\n")
    clients = [threading.Thread(target=lambda: statuses.append(bourse.ask("GET", "/v1/files").status))
               for _ in range(2)]
    for client in clients:
        client.start()
    wait_for_waiting(bourse, 1)
    provider.wait_for(1)
    assert len(provider.seen) == 1
    reply = bourse.ask("POST", "/v1/moderations", {"model": "auto", "input": "x"})
    assert (reply.status, reply.error()["code"], reply.headers["retry-after"]) == (503, "overloaded", "1")
    hold.set()
    for client in clients:
        client.join()
    assert statuses == [200, 200] and len(provider.seen) == 2


def test_a_relayed_path_goes_to_the_candidate_that_has_room(serve, provider, second):
    provider.behaviour = gate = Gate()
    second.behaviour = lambda reply: reply.whole({"results": []})
    bourse = serve(limited(provider.url, second.url))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        reply = bourse.ask("POST", "/v1/moderations", {"model": "auto", "input": "x"})
        assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
        assert second.seen[0].json() == {"model": "up-1", "input": "x"}
        gate.permits.release()


def test_a_stream_that_its_client_reads_slowly_does_not_keep_its_place(serve, provider):
    """The call has ended when the provider has said all, not when the client has read it."""
    def much(reply):
        reply.begin_stream()
        for _ in range(40):
            reply.say("x" * 4000)
        reply.say(None, "stop")
        reply.event("[DONE]")
        reply.end_stream()

    provider.behaviour = much
    bourse = serve(limited(provider.url))
    with bourse.open_chat(stream=True) as slow:
        provider.wait_for(1)
        provider.behaviour = answer_well
        assert bourse.chat().status == 200
        slow.settimeout(10)
        while b"[DONE]" not in slow.recv(1 << 20)[-30:]:
            pass


# ---- routes ----


def limited_route(*urls, most=1, routes="max_wait: 5s", workers=1, **more):
    """A route with `max_inflight`, and its other keys; providers have room for many."""
    config = configuration(*urls, **more).replace("objective: best}", f"objective: best, max_inflight: {most}, {routes}}}")
    return config.replace("workers: 1", f"workers: {workers}")


@pytest.mark.parametrize("workers", [1, 4])
def test_a_route_answers_no_more_requests_than_it_may_and_in_their_order(serve, provider, second, workers):
    """They are the route's, whichever provider answers."""
    provider.behaviour = second.behaviour = gate = Gate()
    bourse = serve(limited_route(provider.url, second.url, most=2, routes="max_wait: 60s", workers=workers))
    clients = []
    for i in range(12):
        clients.append(ask_for(bourse, f"w{i}", stream=i % 3 == 0))
        if i < 2:
            provider.wait_for(i + 1)
        wait_for_waiting(bourse, max(i - 1, 0))
    for i in range(12):
        gate.permits.release()
        provider.wait_for(min(i + 3, 12))
    for client in clients:
        client.settimeout(10)
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        client.close()
    assert gate.served == [f"w{i}" for i in range(12)] and gate.most == 2
    assert sum("waited_ms=" in line for line in bourse.exchanges(12)) == 10


@pytest.mark.parametrize("most", [2, "null"])
def test_the_status_tells_what_a_route_is_doing(serve, provider, most):
    """Also of a route without a limit; nothing of what asks for a model by its own name."""
    provider.behaviour = gate = Gate()
    bourse = serve(limited_route(provider.url, most=most))
    assert route_status(bourse) == {"name": "auto", "max_inflight": 2 if most == 2 else None, "inflight": 0,
                                    "waiting": 0, "hedges": 0, "hedges_withheld": 0}
    clients = [ask_for(bourse, f"w{i}", stream=i == 0) for i in range(3)] + [ask_for(bourse, "own", model="m0")]
    waiting = 1 if most == 2 else 0
    wait_for_route(bourse, inflight=3 - waiting, waiting=waiting)
    provider.wait_for(4 - waiting)
    clients[2].close()
    wait_for_route(bourse, inflight=2, waiting=0)
    for _ in clients:
        gate.permits.release()
    wait_for_route(bourse, inflight=0, waiting=0)
    for client in clients:
        client.close()


def test_who_waits_for_a_provider_has_had_its_routes_turn(serve, provider):
    provider.behaviour = gate = Gate()
    bourse = serve(limited(provider.url))
    clients = [ask_for(bourse, f"w{i}") for i in range(2)]
    wait_for_waiting(bourse, 1)
    wait_for_route(bourse, inflight=2, waiting=0)
    gate.permits.release(2)
    wait_for_route(bourse, inflight=0)
    for client in clients:
        client.close()


@pytest.mark.parametrize("patience, least", [("300ms", 0.25), ("0s", 0.0)])
@pytest.mark.parametrize("stream", [False, True])
def test_above_the_limit_of_a_route_and_after_its_wait_it_is_a_503_with_a_retry_after(serve, provider, patience,
                                                                                    least, stream):
    provider.behaviour = gate = Gate()
    bourse = serve(limited_route(provider.url, routes=f"max_wait: {patience}"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        began = time.monotonic()
        reply = bourse.chat(stream=stream)
        assert least < time.monotonic() - began < least + 0.25 * PATIENCE
        assert (reply.status, reply.error()["code"]) == (503, "overloaded")
        assert "auto is at its limit of 1 requests" in reply.error()["message"]
        assert (reply.headers["retry-after"], reply.headers["x-bourse-attempts"]) == ("1", "0")
        gate.permits.release()
    assert len(provider.seen) == 1
    wait_for_waiting(bourse, 0)


def test_other_routes_and_a_models_own_name_are_not_held_up(serve, provider, second):
    provider.behaviour = Gate()
    bourse = serve(limited_route(provider.url, second.url, routes="max_wait: 0s") + "  other: {extends: auto, candidates: [m1]}\n")
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        assert bourse.chat().status == 503
        assert bourse.chat(model="m1").status == 200
        assert bourse.chat(model="other").status == 200, "a route that extends another has a limit of its own"


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_routes_place_is_given_back_however_its_request_ends(serve, provider, end, stream):
    bourse = serve(limited_route(provider.url, routes="max_wait: 5s, attempts: 2"))
    provider.behaviour = ENDS[end]
    for _ in range(3):
        bourse.chat(stream=stream)
    provider.behaviour = answer_well
    began = time.monotonic()
    assert bourse.chat().status == 200
    assert time.monotonic() - began < 2.0 * PATIENCE


@pytest.mark.parametrize("when", ["while it is answered", "while it waits"])
def test_a_routes_place_is_given_back_when_the_client_leaves(serve, provider, when):
    provider.behaviour = gate = Gate()
    bourse = serve(limited_route(provider.url, routes="max_wait: 60s"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        leaves = ask_for(bourse, "leaves")
        wait_for_waiting(bourse, 1)
        if when == "while it waits":
            leaves.close()
            wait_for_waiting(bourse, 0, within=0.1)
    if when == "while it is answered":
        provider.wait_for(2)
        leaves.close()
    gate.permits.release(3)
    assert bourse.chat().status == 200
    assert ("leaves" in gate.served) == (when == "while it is answered")


def test_a_route_keeps_a_requests_place_over_its_attempts_and_waits(serve, provider):
    provider.behaviour = lambda reply: reply.error(429, headers={"retry-after-ms": "400"})
    bourse = serve(limited_route(provider.url, routes="max_wait: 1s, attempts: 2"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        bourse.chat("second")
    asked = [seen.json()["messages"][0]["content"] for seen in provider.seen]
    assert asked == ["first", "first", "second", "second"]


def test_a_stream_that_its_client_reads_slowly_does_not_keep_its_routes_place(serve, provider):
    def much(reply):
        reply.begin_stream()
        for _ in range(40):
            reply.say("x" * 4000)
        reply.say(None, "stop")
        reply.event("[DONE]")
        reply.end_stream()

    provider.behaviour = much
    bourse = serve(limited_route(provider.url))
    with bourse.open_chat(stream=True) as slow:
        provider.wait_for(1)
        provider.behaviour = answer_well
        assert bourse.chat().status == 200
        slow.settimeout(10)
        while b"[DONE]" not in slow.recv(1 << 20)[-30:]:
            pass


def test_a_routes_limit_that_a_reload_raises_holds_for_those_who_come(serve, provider):
    provider.behaviour = gate = Gate()
    bourse = serve(limited_route(provider.url, most=1, routes="max_wait: 60s"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        bourse.write(limited_route(provider.url, most=2, routes="max_wait: 60s"))
        assert bourse.ask("POST", "/reload", admin=True).status == 200
        with ask_for(bourse, "second"):
            provider.wait_for(2)
            gate.permits.release(2)


def test_comments_are_sent_while_a_routes_turn_is_waited_for(serve, provider):
    provider.behaviour = gate = Gate()
    bourse = serve(limited_route(provider.url, routes="max_wait: 60s, keep_alive_comments: 100ms"))
    with ask_for(bourse, "first"):
        provider.wait_for(1)
        with ask_for(bourse, "second", stream=True) as client:
            client.settimeout(5 * PATIENCE)
            said = b""
            while b": keep-alive" not in said:
                said += client.recv(1 << 16)
            gate.permits.release(2)
            while b"[DONE]" not in said:
                said += client.recv(1 << 16)
    assert gate.served == ["first", "second"]


def test_a_relayed_path_is_one_of_its_routes_requests(serve, provider):
    hold = threading.Event()
    provider.behaviour = lambda reply: (hold.wait(10), reply.whole({"results": []}))
    bourse = serve(limited_route(provider.url, routes="max_wait: 0s"))
    held = threading.Thread(target=lambda: bourse.ask("POST", "/v1/moderations", {"model": "auto", "input": "x"}))
    held.start()
    provider.wait_for(1)
    assert bourse.chat().status == 503
    reply = bourse.ask("POST", "/v1/moderations", {"model": "auto", "input": "x"})
    assert (reply.status, reply.error()["code"]) == (503, "overloaded")
    hold.set()
    held.join()
    provider.behaviour = answer_well
    assert bourse.chat().status == 200
