"""What is resident of the daemon and its libraries, when it has nothing to do."""
import threading
import time

import pytest

from harness.daemon import PATIENCE, SANITIZED, read_until

pytestmark = pytest.mark.skipif(SANITIZED, reason="the sanitizer's own memory is in the way")

IDLE_MIB = 8e6 / 2**20
CROWD = 24  # from sixteen on it is one: see serve/quiet.h


def wait_until_below(bourse, kind, most, within=8.0):
    until = time.monotonic() + within * PATIENCE
    while (held := bourse.resident_mib(kind)) >= most:
        assert time.monotonic() < until, f"{kind} is {held:.1f} MiB and not below {most:.1f}"
        time.sleep(0.1)


def test_an_idle_daemon_has_less_than_8_mb_resident(bourse):
    wait_until_below(bourse, "VmRSS", IDLE_MIB)


def answer_together(count):
    """Nobody is answered before so many have asked."""
    everybody = threading.Barrier(count)

    def behaviour(reply):
        everybody.wait(30 * PATIENCE)
        reply.begin_stream()
        reply.say("hello", "stop")
        reply.event("[DONE]")
        reply.end_stream()

    return behaviour


def test_libraries_pages_that_a_crowd_has_used_go_again_when_it_has_left(bourse, provider):
    provider.behaviour = answer_together(CROWD)
    clients = [bourse.open_chat(stream=True) for _ in range(CROWD)]
    for client in clients:
        read_until(client, b"[DONE]", timeout=30)
    held = bourse.resident_mib("RssFile")
    for client in clients:
        client.close()
    wait_until_below(bourse, "RssFile", held / 2)
    provider.behaviour = answer_together(1)
    assert bourse.chat(stream=True).status == 200
