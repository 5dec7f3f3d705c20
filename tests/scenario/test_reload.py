"""A new configuration takes over while requests run; a bad one changes nothing."""
import os
import signal
import threading
import time

import pytest

from harness.daemon import PATIENCE, SANITIZED, configuration, head, read_all
from harness.loaders import Loaders
from harness.mock import Mock

BAD = [
    ("an unknown key", "\nroutes2: {}\n", "routes2"),
    ("a wrong type", "\ndrain_timeout: [1]\n", "drain_timeout"),
    ("a broken file", "\n\t: : {\n", ""),
    ("an unknown model", "\ntests: []\ndefault_provider: nobody\n", "nobody"),
]


def with_upstream_model(url, name):
    return configuration(url).replace("upstream_model: up-0", f"upstream_model: {name}")


def reload(bourse, how):
    """By signal or by URL; returns once the daemon has decided about it."""
    if how == "post":
        return bourse.ask("POST", "/reload", admin=True)
    before = reloads(bourse)
    bourse.signal(signal.SIGHUP)
    until = time.monotonic() + 3 * PATIENCE
    while reloads(bourse) == before and time.monotonic() < until:
        time.sleep(0.01)
    return None


def reloads(bourse):
    return bourse.metric("bourse_reloads_total") + bourse.metric("bourse_reload_failures_total")


class Load:
    """Clients that ask without a pause until told to stop."""

    def __init__(self, bourse, clients=4):
        self.bourse, self.running, self.replies, self.problems = bourse, True, 0, []
        self.threads = [threading.Thread(target=self._ask, args=(i,)) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def _ask(self, number):
        while self.running:
            try:
                reply = self.bourse.chat(stream=number % 2 == 0)
                ended_well = reply.status == 200 and (number % 2 or b"[DONE]" in reply.body)
                if not ended_well:
                    self.problems.append((reply.status, reply.body[:200]))
                self.replies += 1
            except OSError as problem:
                self.problems.append(problem)

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join()


@pytest.mark.parametrize("how", ["signal", "post"])
def test_a_new_configuration_serves_the_next_request(bourse, provider, how):
    bourse.chat()
    bourse.write(with_upstream_model(provider.url, "renamed"))
    reload(bourse, how)
    bourse.chat()
    assert [seen.json()["model"] for seen in provider.seen] == ["up-0", "renamed"]
    assert bourse.metric("bourse_reloads_total") == 1


def test_every_worker_takes_the_new_configuration(serve, provider):
    bourse = serve(configuration(provider.url).replace("workers: 1", "workers: 4"))
    kept = [bourse.connect() for _ in range(32)]  # spread over the workers before the reload
    time.sleep(0.1)
    bourse.write(with_upstream_model(provider.url, "renamed"))
    assert bourse.ask("POST", "/reload", admin=True).status == 200
    body = b'{"model":"auto","messages":[]}'
    for client in kept:
        client.sendall(head("POST", "/v1/chat/completions", {
            "Content-Length": len(body), "Connection": "close"}) + body)
    assert all(b" 200 OK" in read_all(client) for client in kept)
    assert {seen.json()["model"] for seen in provider.seen} == {"renamed"}


def test_a_good_reload_answers_so(bourse):
    reply = bourse.ask("POST", "/reload", admin=True)
    assert (reply.status, reply.json()["status"]) == (200, "reloaded")


@pytest.mark.parametrize("how, workers", [("signal", 1), ("post", 1), ("post", 4)])
def test_nothing_fails_when_reloading_under_load(serve, provider, how, workers):
    bourse = serve(configuration(provider.url).replace("workers: 1", f"workers: {workers}"))
    load = Load(bourse, clients=4 * workers)
    for i in range(15):
        bourse.write(with_upstream_model(provider.url, f"turn-{i}"))
        reload(bourse, how)
    load.stop()
    assert load.problems == []
    assert load.replies > 15
    assert bourse.metric("bourse_reloads_total") == 15
    bourse.chat()
    assert provider.seen[-1].json()["model"] == "turn-14"


RELOADS, STREAMS = (15, 20) if SANITIZED else (50, 100)


def test_many_reloads_under_load_cut_no_stream_and_fail_nothing(serve):
    """What is asked for changes with each; streams run over many of them."""
    mock = Mock()

    def turn(number):
        config = configuration(mock.url).replace("workers: 1", "workers: 2")
        config = config.replace("up-0", f"mock-tokens-{2 + number % 2}")
        return config.replace("models:\n", "models:\n  slow: {provider: p0, upstream_model: mock-slow-30}\n")

    bourse = serve(turn(0))
    with Loaders(bourse.port) as load:
        load.start("streams", STREAMS, load.stream("slow"))
        load.start("kept", 3, load.keep_asking())
        load.start("new", 2, load.ask_anew())
        until = time.monotonic() + 10 * PATIENCE
        while bourse.metric("bourse_streams") < STREAMS * 0.8 and time.monotonic() < until:
            time.sleep(0.01)
        for i in range(1, RELOADS + 1):
            bourse.write(turn(i))
            reload(bourse, "signal")
    assert load.problems == []
    assert bourse.metric("bourse_reloads_total") == RELOADS
    assert load.counts["streams"] >= STREAMS and load.counts["kept"] + load.counts["new"] > 2 * RELOADS
    mock.stop()


@pytest.mark.parametrize("what,text,word", BAD, ids=[row[0] for row in BAD])
def test_a_bad_file_changes_nothing_and_is_named_with_its_place(bourse, provider, what, text, word):
    good = with_upstream_model(provider.url, "never-used")
    bourse.write(good + text)
    reply = bourse.ask("POST", "/reload", admin=True)
    error = reply.error()
    assert reply.status == 400 and error["code"] == "bad_config"
    place = error["message"].split(": ")[0]
    path, line, column = place.rsplit(":", 2)
    assert path.endswith("bourse.yaml") and int(line) > 1 and int(column) >= 1
    assert word in error["message"]
    assert bourse.metric("bourse_reload_failures_total") == 1
    bourse.chat()
    assert provider.seen[-1].json()["model"] == "up-0"


def test_a_bad_file_is_told_in_the_log_too(bourse, provider):
    bourse.write(configuration(provider.url) + "\nlimitz: {}\n")
    reload(bourse, "signal")
    log = bourse.wait_for_log("event=reload")
    assert "bourse.yaml:" in log and "limitz" in log and 'did you mean' in log
    assert bourse.metric("bourse_reload_failures_total") == 1


def test_all_that_is_wrong_is_told_at_once(bourse, provider):
    bourse.write(configuration(provider.url) + "\nlimitz: {}\ndrain_timeout: soon\n")
    message = bourse.ask("POST", "/reload", admin=True).error()["message"]
    assert "limitz" in message and "soon" in message


def test_a_file_that_has_gone_changes_nothing(bourse):
    os.unlink(bourse.config_path)
    assert bourse.ask("POST", "/reload", admin=True).status == 400
    assert bourse.chat().status == 200


def test_a_good_file_after_a_bad_one_is_taken(bourse, provider):
    bourse.write("nonsense: [\n")
    assert bourse.ask("POST", "/reload", admin=True).status == 400
    bourse.write(with_upstream_model(provider.url, "healed"))
    assert bourse.ask("POST", "/reload", admin=True).status == 200
    bourse.chat()
    assert provider.seen[-1].json()["model"] == "healed"


def test_a_stream_that_runs_keeps_the_configuration_it_began_with(bourse, provider, second):
    go_on = threading.Event()

    def in_two_halves(reply):
        reply.begin_stream()
        reply.say("before")
        go_on.wait(5)
        reply.say("after", "stop")
        reply.event("[DONE]")
        reply.end_stream()

    provider.behaviour = in_two_halves
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        bourse.write(configuration(second.url))
        reload(bourse, "post")
        assert bourse.chat().status == 200 and len(second.seen) == 1
        go_on.set()
        client.settimeout(5)
        data = b""
        while b"[DONE]" not in data:
            data += client.recv(65536)
        assert b"after" in data


def test_what_was_measured_survives_a_reload(bourse):
    bourse.chat()
    bourse.ask("POST", "/reload", admin=True)
    assert bourse.metric("bourse_attempts_total") == 1


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own memory is in the way")
def test_many_reloads_leave_no_memory_behind(bourse):
    for _ in range(20):
        bourse.ask("POST", "/reload", admin=True)
    before = bourse.resident_mib()
    for _ in range(100):
        bourse.ask("POST", "/reload", admin=True)
    assert bourse.resident_mib() - before < 4


def test_reloads_asked_for_at_once_are_all_answered(bourse):
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(
        bourse.ask("POST", "/reload", admin=True).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200] * 8
