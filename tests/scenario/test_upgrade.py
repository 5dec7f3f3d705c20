"""A new process takes the place of the old one, and no client notices."""
import array
import os
import re
import shutil
import signal
import socket
import struct
import threading
import time

import pytest

from harness.daemon import (BOURSE, PATIENCE, SANITIZED, Daemon, activated, configuration, free_port,
                            head, read_all, read_until)
from harness.loaders import Loaders
from harness.mock import Mock

ROUNDS = 4 if SANITIZED else 20


class Held:
    """A stream that ends when it is told to."""

    def __init__(self):
        self.go_on = threading.Event()

    def __call__(self, reply):
        if not reply.seen.body or not reply.seen.json().get("stream"):
            reply.whole({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})
            return
        reply.begin_stream()
        reply.say("before")
        self.go_on.wait(20)
        reply.say("after", "stop")
        reply.event("[DONE]")
        reply.end_stream()


def wait_until_ended(pid, within=10.0):
    """It may not be our child yet."""
    until = time.monotonic() + within * PATIENCE
    while True:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            if stat.read().rpartition(") ")[2].startswith("Z"):
                return
        assert time.monotonic() < until, f"{pid} does not end"
        time.sleep(0.01)


def models_listed(connect):
    with connect() as client:
        client.sendall(head("GET", "/v1/models", {"Connection": "close"}))
        return read_all(client).startswith(b"HTTP/1.1 200")


def test_upgrades_under_load_refuse_reset_and_cut_nobody(serve, line, tmp_path):
    mock = Mock()
    config = configuration(mock.url, extra=f"live_state: {tmp_path}/live")
    config = config.replace("up-0", "mock-tokens-3").replace("workers: 1", "workers: 2")
    config = config.replace("models:\n", "models:\n  slow: {provider: p0, upstream_model: mock-slow-25}\n")
    bourse = serve(config)
    upgraded, unready = line(bourse), []
    with Loaders(bourse.port) as load:
        load.start("kept", 4, load.keep_asking())
        load.start("kept and seldom used", 2, load.keep_asking(pause=1.5))
        load.start("new", 3, load.ask_anew())
        load.start("streams", 6, load.stream("slow"))
        for _ in range(ROUNDS):
            upgraded.upgrade()
            time.sleep(0.15)
            unready += [reply.status for reply in [bourse.page("/readyz")] if reply.status != 200]
    assert load.problems == [] and unready == []
    assert load.counts["kept"] > 10 * ROUNDS and load.counts["new"] > 10 * ROUNDS, load.counts
    assert load.counts["streams"] > ROUNDS / 2, load.counts
    for pid in upgraded.pids[:-1]:
        assert upgraded.wait_for_end(pid) == 0
    mock.stop()


def test_a_stream_goes_on_in_the_old_one_while_the_new_one_serves(bourse, line, provider):
    provider.behaviour = held = Held()
    upgraded = line(bourse)
    old = upgraded.newest
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        new = upgraded.upgrade()
        assert bourse.chat().status == 200
        assert bourse.page("/readyz").status == 200
        assert bourse.page("/status").json()["pid"] == new
        assert bourse.process.poll() is None, "the old one has ended under its stream"
        held.go_on.set()
        assert b"after" in read_until(client, b"data: [DONE]\n\n")
    assert upgraded.wait_for_end(old) == 0
    assert new != old and bourse.chat().status == 200


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return int(stat.read().rpartition(") ")[2].split()[1])


def test_the_new_one_is_a_child_of_whoever_minds_the_old_one(bourse, line, provider):
    """systemd kills at once whom it is to stop and who is another's child."""
    provider.behaviour = held = Held()
    upgraded = line(bourse)
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        new = upgraded.upgrade()
        assert bourse.process.poll() is None and parent_of(new) == os.getpid()
        held.go_on.set()
        read_until(client, b"data: [DONE]\n\n")
    assert bourse.wait() == 0 and parent_of(new) == os.getpid()


def test_who_stops_all_processes_does_not_cut_what_the_old_one_finishes(bourse, line, provider):
    provider.behaviour = held = Held()
    upgraded = line(bourse)
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        new = upgraded.upgrade()
        os.kill(new, signal.SIGTERM)
        bourse.signal(signal.SIGTERM)
        wait_until_ended(new)
        bourse.signal(signal.SIGTERM)  # as systemd does to those that are left
        time.sleep(0.3 * PATIENCE)
        held.go_on.set()
        assert b"after" in read_until(client, b"data: [DONE]\n\n")
    assert bourse.wait() == 0


def test_an_old_one_that_is_told_for_the_third_time_ends_at_once(bourse, line, provider):
    provider.behaviour = held = Held()
    upgraded = line(bourse)
    with bourse.open_chat(stream=True):
        provider.wait_for(1)
        upgraded.upgrade()
        for _ in range(3):
            bourse.signal(signal.SIGTERM)
            time.sleep(0.2 * PATIENCE)
        assert bourse.wait(within=3) == 0
    held.go_on.set()


def test_a_kept_connection_is_told_to_close_by_its_next_answer(bourse, line):
    upgraded = line(bourse)
    with bourse.connect() as kept:
        kept.sendall(head("GET", "/v1/models"))
        assert b"close" not in read_until(kept, b"}]}").lower()
        upgraded.upgrade()
        time.sleep(1.0)  # longer than the grace of a stop without a successor
        kept.sendall(head("GET", "/v1/models"))
        said = read_all(kept)
        assert said.startswith(b"HTTP/1.1 200") and b"connection: close" in said.lower()
    assert bourse.wait() == 0


def test_a_new_configuration_with_errors_leaves_the_old_process_serving(bourse, line, provider):
    upgraded = line(bourse)
    good = configuration(provider.url)
    bourse.write(good + "\nnonsense: [\n")
    bourse.signal(signal.SIGUSR2)
    bourse.wait_for_log("ended with code 78; this process keeps serving", within=10)
    assert bourse.chat().status == 200
    bourse.write(good)
    upgraded.upgrade()
    assert bourse.wait() == 0
    assert bourse.chat().status == 200


def start_copy(tmp_path, provider):
    """A daemon of a binary that may be replaced."""
    program = tmp_path / "bourse"
    shutil.copy(BOURSE, program)
    daemon = Daemon(str(tmp_path), configuration(provider.url), program=str(program))
    return daemon, program


def test_a_program_that_has_gone_leaves_the_old_process_serving(tmp_path, provider):
    daemon, program = start_copy(tmp_path, provider)
    program.unlink()
    daemon.signal(signal.SIGUSR2)
    daemon.wait_for_log("No such file or directory; this process keeps serving")
    assert daemon.chat().status == 200
    assert daemon.stop() == 0


@pytest.mark.parametrize("script, told", [("exit 3", "ended with code 3"),
                                          ("kill -9 $$", "was ended by signal 9")])
def test_a_program_that_does_not_come_up_leaves_the_old_process_serving(tmp_path, provider, script,
                                                                        told):
    daemon, program = start_copy(tmp_path, provider)
    program.unlink()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    daemon.signal(signal.SIGUSR2)
    daemon.wait_for_log(f"{told}; this process keeps serving")
    assert daemon.chat().status == 200
    assert daemon.stop() == 0


def test_the_program_that_is_installed_by_now_is_the_one_that_serves(tmp_path, line, provider):
    daemon, program = start_copy(tmp_path, provider)
    upgraded = line(daemon)
    (tmp_path / "next").write_bytes(program.read_bytes())
    (tmp_path / "next").chmod(0o755)
    os.replace(tmp_path / "next", program)
    new = upgraded.upgrade()
    assert os.path.samefile(f"/proc/{new}/exe", program)
    with open(f"/proc/{new}/cmdline", "rb") as now:
        assert now.read().split(b"\0")[:-1] == [os.fsencode(word) for word in daemon.process.args]
    assert daemon.wait() == 0
    assert daemon.chat().status == 200
    daemon.log_file.close()


def test_only_one_successor_is_started_at_a_time(bourse, line):
    upgraded = line(bourse)
    os.kill(bourse.process.pid, signal.SIGSTOP)
    bourse.signal(signal.SIGUSR2)
    os.kill(bourse.process.pid, signal.SIGCONT)
    bourse.wait_for_log("is started in our place")
    bourse.signal(signal.SIGUSR2)
    upgraded.pids.append(upgraded.wait_for_successor())
    assert bourse.wait() == 0
    log = bourse.log()
    assert log.count("is started in our place") == 1
    assert len(re.findall(r"already; this process|event=stop", log)) >= 1


def test_a_unix_socket_stays_where_it_is(tmp_path, line, provider):
    path = str(tmp_path / "socket")
    config = f"listen: unix:{path}\nadmin: {{listen: off}}\n" + configuration(provider.url)
    daemon = Daemon(str(tmp_path), config, wait=False)
    daemon.wait_for_log("event=ready")
    upgraded, before = line(daemon), os.stat(path).st_ino

    def connect():
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        return client

    assert models_listed(connect)
    upgraded.upgrade()
    assert daemon.wait() == 0
    assert os.stat(path).st_ino == before
    assert models_listed(connect)
    daemon.log_file.close()


def test_a_listener_that_moved_is_opened_and_the_former_one_ends(bourse, line, provider):
    upgraded, former = line(bourse), bourse.port
    with bourse.connect() as client:
        client.sendall(head("GET", "/v1/models", {"Connection": "close"}))
        read_all(client)
    bourse.port = free_port()
    bourse.write(configuration(provider.url))
    upgraded.upgrade()
    assert bourse.chat().status == 200 and bourse.page("/readyz").status == 200
    assert bourse.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", former), timeout=5).close()


def test_what_was_measured_goes_over_and_the_old_one_does_not_write_it_again(serve, line, provider,
                                                                             tmp_path):
    live = tmp_path / "live"
    config = configuration(provider.url, extra=f"live_state: {live}")
    bourse = serve(config)
    upgraded = line(bourse)
    assert bourse.chat().status == 200
    provider.behaviour = held = Held()
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(2)
        upgraded.upgrade()
        assert f"what was measured before is read from {live}" in bourse.log()
        assert bourse.chat().status == 200
        live.unlink()
        held.go_on.set()
        read_until(client, b"data: [DONE]\n\n")
    assert bourse.wait() == 0
    assert not live.exists(), "the old one has written what it knew"


def explained(bourse, decision, within=3.0):
    """The former one tells what it has decided a moment after the new one serves."""
    until = time.monotonic() + within * PATIENCE
    while (reply := bourse.page(f"/decisions/{decision}")).status != 200:
        assert time.monotonic() < until, reply.body
        time.sleep(0.01)
    return reply.json()


def decision_of(raw):
    return re.search(rb"x-bourse-decision: (dec_\w+)", raw, re.I).group(1).decode()


def test_what_the_old_one_has_decided_is_explained_by_the_new_one(bourse, line, provider):
    upgraded, earlier = line(bourse), bourse.chat().headers["x-bourse-decision"]
    said = explained(bourse, earlier)
    provider.behaviour = held = Held()
    with bourse.open_chat(stream=True) as client:
        current = decision_of(read_until(client, b"before"))
        upgraded.upgrade()
        assert explained(bourse, earlier) == said
        assert explained(bourse, current)["id"] == current
        own = bourse.chat().headers["x-bourse-decision"]
        assert explained(bourse, own)["id"] == own
        held.go_on.set()
        read_until(client, b"data: [DONE]\n\n")
    assert bourse.wait() == 0
    assert explained(bourse, earlier) == said
    assert bourse.page("/decisions/dec_of_nobody").status == 404


def test_how_a_stream_broke_while_the_old_one_drained_is_told_by_the_new_one(serve, line, provider,
                                                                             second):
    def break_off(reply):
        reply.begin_stream()
        reply.say("before")
        go_on.wait(20)
        reply.cut()

    go_on, provider.behaviour = threading.Event(), break_off
    bourse = serve(configuration(provider.url, second.url))
    upgraded = line(bourse)
    with bourse.open_chat(stream=True) as client:
        decision = decision_of(read_until(client, b"before"))
        upgraded.upgrade()
        assert "rescue" not in explained(bourse, decision)
        go_on.set()
        read_until(client, b"0\r\n\r\n")
    assert bourse.wait() == 0
    rescue = explained(bourse, decision)["rescue"]
    assert (rescue["from"], rescue["by"]) == ("m0", "m1")


def test_one_that_goes_on_after_a_failed_start_keeps_what_it_measures(serve, line, provider, tmp_path):
    live = tmp_path / "live"
    config = configuration(provider.url, extra=f"live_state: {live}")
    bourse = serve(config)
    line(bourse)
    bourse.write(config + "\nnonsense: [\n")
    bourse.signal(signal.SIGUSR2)
    bourse.wait_for_log("this process keeps serving", within=10)
    before = live.read_bytes()
    assert bourse.chat().status == 200
    assert bourse.stop() == 0
    assert live.read_bytes() != before


class Notified:
    """systemd's end of the notification socket: what was said, and by which process."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.settimeout(10 * PATIENCE)

    def next(self):
        said, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(struct.calcsize("3i")))
        credentials = array.array("i", ancillary[0][2])
        return said.decode(), credentials[0]

    def wait_for(self, word, pid=None):
        while True:
            said, by = self.next()
            if word in said and pid in (None, by):
                return said, by


def test_systemd_is_told_by_its_main_process_who_is_the_next(tmp_path, line, provider):
    notified = Notified(tmp_path / "notify")
    listener = socket.create_server(("127.0.0.1", 0))
    path = tmp_path / "bourse.yaml"
    path.write_text(f"admin: {{listen: 127.0.0.1:{free_port()}}}\n" + configuration(provider.url))
    with open(tmp_path / "log", "wb") as log:
        process = activated(listener, path, log=log, environment={
            "NOTIFY_SOCKET": notified.path, "WATCHDOG_USEC": str(int(4e5 * PATIENCE))})
    daemon = Daemon.__new__(Daemon)
    daemon.process, daemon.log_path = process, str(tmp_path / "log")
    upgraded = line(daemon)
    assert notified.wait_for("READY=1")[1] == process.pid
    assert notified.wait_for("WATCHDOG=1")[1] == process.pid
    os.kill(process.pid, signal.SIGUSR2)
    said, by = notified.wait_for("MAINPID=")
    new = int(re.search(r"MAINPID=(\d+)", said).group(1))
    assert by == process.pid and new != process.pid
    upgraded.pids.append(new)
    assert notified.wait_for("WATCHDOG=1", new)[1] == new
    assert process.wait(timeout=20 * PATIENCE) == 0
    assert models_listed(lambda: socket.create_connection(listener.getsockname(), timeout=10))
    os.kill(new, signal.SIGTERM)
    assert notified.wait_for("STOPPING=1")[1] == new
    listener.close()
    notified.socket.close()
