"""Many clients at once."""
import contextlib
import resource
import threading
import time

import pytest

from harness.daemon import PATIENCE, SANITIZED, configuration, read_until

CLIENTS = 1100  # with a libmicrohttpd daemon each, far more than are kept for the next


@contextlib.contextmanager
def descriptors(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def echo_when_told(told):
    """Begins a stream, and ends it with the words of its own request once it is told to."""

    def behaviour(reply):
        reply.begin_stream()
        reply.say("first ")
        told.wait(60 * PATIENCE)
        reply.say(reply.seen.json()["messages"][-1]["content"])
        reply.say(None, "stop")
        reply.event("[DONE]")
        reply.end_stream()

    return behaviour


def test_many_streams_that_wait_at_once_each_go_on_with_their_own_words(serve, provider):
    told = threading.Event()
    provider.behaviour = echo_when_told(told)
    with descriptors(4 * CLIENTS):
        bourse = serve(configuration(provider.url, provider_extra="max_inflight: 5000"))
        clients = [bourse.open_chat(messages=[{"role": "user", "content": f"words-{i}"}],
                                    stream=True) for i in range(CLIENTS)]
        for client in clients:
            read_until(client, b"first ", timeout=30)
        assert bourse.metric("bourse_streams") == CLIENTS
        told.set()
        for i, client in enumerate(clients):
            said = read_until(client, b"[DONE]", timeout=30)
            assert f'"words-{i}"'.encode() in said
            client.close()


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own memory is in the way")
def test_the_memory_of_a_crowd_goes_back_when_the_crowd_has_left(serve, provider):
    """All but what is kept of it on purpose, like the last decisions."""
    crowd, told = 400, threading.Event()
    provider.behaviour = echo_when_told(told)
    with descriptors(4 * crowd):
        bourse = serve(configuration(provider.url, provider_extra="max_inflight: 5000"))
        idle = bourse.resident_mib("RssAnon")
        clients = [bourse.open_chat(stream=True) for _ in range(crowd)]
        for client in clients:
            read_until(client, b"first ", timeout=30)
        held = bourse.resident_mib("RssAnon") - idle
        assert held > 10
        told.set()
        for client in clients:
            client.close()
        until = time.monotonic() + 10 * PATIENCE
        while (kept := bourse.resident_mib("RssAnon") - idle) > held / 3:
            assert time.monotonic() < until, f"{kept} of {held} MiB are kept"
            time.sleep(0.2)
