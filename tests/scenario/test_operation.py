"""What the operator of a daemon sees: pages, signals, sockets, log lines."""
import contextlib
import ctypes
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from harness.daemon import (CANARY_KEY, PATIENCE, activated, configuration, free_port,
                            read_until)

CANARY_PROMPT = "the-zebra-sleeps-at-noon-4711"
CANARY_ANSWER = "an-answer-nobody-may-log-1147"


class Paused:
    """A stream that goes on when it is told to."""

    def __init__(self):
        self.go_on = threading.Event()

    def __call__(self, reply):
        reply.begin_stream()
        reply.say("before")
        self.go_on.wait(10)
        reply.say("after", "stop")
        reply.event("[DONE]")
        reply.end_stream()


def read_stream(client):
    client.settimeout(10)
    data = b""
    while piece := client.recv(65536):
        data += piece
    return data


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_the_metrics_page_is_accepted_by_promtool(bourse, provider):
    bourse.chat()
    bourse.chat(stream=True)
    provider.behaviour = lambda reply: reply.error(500)
    bourse.chat()
    page = bourse.page("/metrics")
    checked = subprocess.run(["promtool", "check", "metrics"], input=page.body, capture_output=True,
                             check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_the_metrics_count_what_happened(bourse, provider):
    bourse.chat()
    bourse.chat(stream=True)
    assert len(bourse.exchanges(2)) == 2
    page = bourse.page("/metrics").body.decode()
    assert 'bourse_requests_total{endpoint="chat"} 2' in page
    assert 'bourse_tokens_total{model="m0",provider="p0",kind="in"} 6' in page
    assert 'bourse_exchanges_ended_total{reason="none"} 2' in page
    assert bourse.metric("bourse_cost_usd_total") == pytest.approx(2 * (3 * 1 + 2 * 2) / 1e6)


def test_embeddings_cost_what_was_read(bourse, provider):
    bourse.ask("POST", "/v1/embeddings", {"model": "auto", "input": "hi"})
    line = bourse.exchanges(1)[0]
    assert "tokens_in=" in line and "cost=0.0000" in line, line
    assert bourse.metric("bourse_cost_usd_total") > 0


def test_the_pages_of_the_operator_are_not_on_the_public_listener(bourse):
    for path in ["/metrics", "/readyz", "/status", "/decisions/x", "/v1/metrics"]:
        assert bourse.ask("GET", path).status == 404
    assert bourse.ask("POST", "/reload").status == 404
    assert bourse.ask("GET", "/v1/models", admin=True).status == 404


def test_the_status_page_tells_who_serves(bourse):
    bourse.chat()
    status = bourse.page("/status").json()
    text = json.dumps(status)
    assert status["version"] and "m0" in text and "p0" in text
    with open(bourse.config_path, "rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() in text
    assert CANARY_KEY not in text


def test_alive_and_ready_until_draining(bourse, provider):
    assert bourse.page("/livez").status == 200
    assert bourse.page("/readyz").status == 200
    provider.behaviour = paused = Paused()
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        bourse.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert bourse.page("/readyz").status == 503
        assert bourse.page("/livez").status == 200
        paused.go_on.set()
        read_stream(client)
    assert bourse.wait() == 0


def test_draining_finishes_a_running_stream(bourse, provider):
    provider.behaviour = paused = Paused()
    with bourse.open_chat(stream=True) as client:
        provider.wait_for(1)
        bourse.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert bourse.process.poll() is None
        paused.go_on.set()
        data = read_stream(client)
    assert b"after" in data and b"data: [DONE]\n\n" in data
    assert bourse.wait() == 0


def test_draining_ends_after_its_time(serve, provider):
    provider.behaviour = Paused()
    bourse = serve(configuration(provider.url, extra="drain_timeout: 500ms"))
    with bourse.open_chat(stream=True):
        provider.wait_for(1)
        began = time.monotonic()
        bourse.signal(signal.SIGTERM)
        assert bourse.wait() == 0
        assert 0.4 < time.monotonic() - began < 3 * PATIENCE


@pytest.mark.parametrize("name", ["X-Request-Id", "X-Client-Request-Id"])
def test_an_exchange_has_one_log_line_that_explains_it(bourse, name):
    reply = bourse.chat(headers={name: "mine-1"})
    time.sleep(0.1)
    lines = bourse.exchanges()
    assert len(lines) == 1
    for part in [f"id={reply.headers['x-request-id']}", "client_id=mine-1", "route=auto",
                 "model=m0", "provider=p0", "attempts=1", "status=200", "upstream_status=200", "stream=false",
                 "tokens_in=3", "tokens_out=2", "duration_ms=", "overhead_us="]:
        assert part in lines[0], lines[0]


def test_the_log_can_be_json(serve, provider):
    bourse = serve(configuration(provider.url), arguments=["--log-format", "json"])
    bourse.chat(headers={"X-Request-Id": 'a"b\\c'})
    bourse.wait_for_log('"exchange"')
    lines = [json.loads(line) for line in bourse.log().splitlines() if line.startswith("{")]
    line = next(line for line in lines if line["event"] == "exchange")
    assert (line["client_id"], line["status"], line["tokens_out"]) == ('a"b\\c', 200, 2)


def test_a_line_break_of_the_client_makes_no_second_log_line(bourse):
    bourse.ask("GET", "/v1/nothing%0aevent=exchange%20forged=1")
    assert len(bourse.exchanges()) == 1


def test_no_prompt_and_no_secret_is_told_anywhere(serve, provider):
    key = "bk-canary-of-a-caller-8c2f"
    digest = hashlib.sha256(key.encode()).hexdigest()
    bourse = serve(configuration(provider.url,
                                 extra=f"keys: {{team: {{hash: 'sha256:{digest}'}}}}"),
                   arguments=["--log-level", "debug"])
    said = []

    def note(reply):
        said.extend([reply.body.decode(), str(reply.headers)])

    def ask(**members):
        note(bourse.chat(CANARY_PROMPT, headers={"Authorization": f"Bearer {key}"}, **members))

    provider.behaviour = lambda reply: reply.error(401, f"bad key {CANARY_KEY}")
    ask()
    provider.behaviour = lambda reply: reply.error(500, f"bad key {CANARY_KEY}")
    ask()
    provider.behaviour = lambda reply: reply.cut()
    ask(stream=True)
    ask(temperature={"wrong": CANARY_PROMPT})
    note(bourse.ask("POST", "/v1/chat/completions", f'{{"model": "{CANARY_PROMPT}', headers={
        "Authorization": f"Bearer {key}"}))
    note(bourse.chat(CANARY_PROMPT, headers={"Authorization": f"Bearer {key}-wrong"}))
    provider.behaviour = lambda reply: reply.whole({"choices": [], "x": CANARY_ANSWER})
    bourse.chat(CANARY_PROMPT, headers={"Authorization": f"Bearer {key}"})
    assert len(bourse.exchanges(7)) == 7
    pages = [bourse.page(path).body.decode() for path in ["/metrics", "/status"]]
    for secret in [CANARY_KEY, key]:
        for text in [bourse.log(), *pages, *said]:
            assert secret not in text, text[max(0, text.find(secret) - 200):]
    for text in [bourse.log(), *pages]:
        assert CANARY_PROMPT not in text and CANARY_ANSWER not in text


def test_sockets_handed_over_by_systemd_are_served(tmp_path, provider):
    """A parent opens the socket, and a client connects before the daemon is there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        path = tmp_path / "bourse.yaml"
        path.write_text(f"admin: {{listen: 127.0.0.1:{free_port()}}}\n" + configuration(provider.url))
        early = socket.create_connection(listener.getsockname())
        early.sendall(b"GET /v1/models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        process = activated(listener, path)
        try:
            assert b" 200 " in read_stream(early)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0


def test_systemd_is_told_when_the_daemon_is_ready_reloads_and_stops(serve, provider, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        path = str(tmp_path / "notify")
        notified.bind(path)
        notified.settimeout(5)
        bourse = serve(configuration(provider.url), environment={
            "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"})
        assert notified.recv(100).startswith(b"READY=1")
        assert notified.recv(100) == b"WATCHDOG=1"
        bourse.signal(signal.SIGHUP)
        said = [notified.recv(200) for _ in range(3)]
        assert any(text.startswith(b"RELOADING=1") for text in said)
        bourse.signal(signal.SIGTERM)
        while not notified.recv(100).startswith(b"STOPPING=1"):
            pass


SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000  # <sys/ptrace.h>, <sys/wait.h>


@contextlib.contextmanager
def held_up(thread):
    """That one thread stands still, and the others of its process go on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(SEIZE, thread, None, None):
        pytest.skip("tracing is not permitted here")
    libc.ptrace(INTERRUPT, thread, None, None)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        libc.ptrace(DETACH, thread, None, None)


def test_a_loop_that_hangs_is_no_longer_vouched_for(serve, provider, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        path = str(tmp_path / "notify")
        notified.bind(path)
        bourse = serve(configuration(provider.url), environment={
            "NOTIFY_SOCKET": path, "WATCHDOG_USEC": str(int(1.5e6 * PATIENCE))})
        notified.settimeout(3 * PATIENCE)
        assert notified.recv(100).startswith(b"READY=1")
        assert notified.recv(100) == b"WATCHDOG=1"
        with held_up(bourse.threads()[-1]):
            notified.settimeout(1.6 * PATIENCE)
            with pytest.raises(TimeoutError):
                for _ in range(10):
                    assert notified.recv(100) == b"WATCHDOG=1"
        notified.settimeout(3 * PATIENCE)
        assert notified.recv(100) == b"WATCHDOG=1"


def test_a_loop_that_hangs_while_it_drains_is_not_vouched_for_either(serve, provider, tmp_path):
    provider.behaviour = lambda reply: (reply.begin_stream(), reply.say("a"), reply.wait_until_left(60))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        path = str(tmp_path / "notify")
        notified.bind(path)
        bourse = serve(configuration(provider.url), environment={
            "NOTIFY_SOCKET": path, "WATCHDOG_USEC": str(int(1.5e6 * PATIENCE))})
        notified.settimeout(3 * PATIENCE)
        with bourse.open_chat(stream=True) as client:
            read_until(client, b'"a"')
            bourse.signal(signal.SIGTERM)
            while not notified.recv(100).startswith(b"STOPPING=1"):
                pass
            assert notified.recv(100) == b"WATCHDOG=1"
            with held_up(bourse.threads()[-1]):
                notified.settimeout(1.6 * PATIENCE)
                with pytest.raises(TimeoutError):
                    for _ in range(10):
                        assert notified.recv(100) == b"WATCHDOG=1"
            notified.settimeout(3 * PATIENCE)
            assert notified.recv(100) == b"WATCHDOG=1"


def test_a_restart_behind_a_socket_refuses_no_connection(tmp_path, provider):
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        path = tmp_path / "bourse.yaml"
        path.write_text("admin: {listen: off}\n" + configuration(provider.url))
        problems, replies, going = [], [], threading.Event()

        def keep_asking():
            while not going.is_set():
                try:
                    with socket.create_connection(listener.getsockname(), timeout=20) as client:
                        client.sendall(b"GET /v1/models HTTP/1.1\r\nHost: a\r\n"
                                       b"Connection: close\r\n\r\n")
                        replies.append(read_stream(client).startswith(b"HTTP/1.1 200"))
                except OSError as problem:
                    problems.append(problem)

        clients = [threading.Thread(target=keep_asking) for _ in range(4)]
        for client in clients:
            client.start()
        for _ in range(4):
            process, before = activated(listener, path), len(replies)
            until = time.monotonic() + 10 * PATIENCE
            while len(replies) < before + 20 and time.monotonic() < until:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10 * PATIENCE) == 0
        going.set()
        process = activated(listener, path)
        for client in clients:
            client.join()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10 * PATIENCE) == 0
        assert problems == [] and len(replies) >= 80 and all(replies)


def has_ipv6():
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


def test_all_listeners_of_a_list_are_served(serve, tmp_path, provider):
    path, port, six = str(tmp_path / "socket"), free_port(), free_port()
    addresses = {socket.AF_UNIX: path, socket.AF_INET: ("127.0.0.1", port)}
    listen = [f"unix:{path}", f"127.0.0.1:{port}"]
    if has_ipv6():
        addresses[socket.AF_INET6] = ("::1", six)
        listen.append(f"'[::1]:{six}'")
    config = f"listen: [{', '.join(listen)}]\nadmin: {{listen: off}}\n" + configuration(provider.url)
    for _ in range(2):  # the second one finds the unix socket of the first
        daemon = serve(config, wait=False)
        daemon.wait_for_log("event=ready")
        for family, address in addresses.items():
            with socket.socket(family) as client:
                client.connect(address)
                client.sendall(b"GET /v1/models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                assert read_stream(client).startswith(b"HTTP/1.1 200")
        assert daemon.stop() == 0


def test_a_port_that_is_taken_is_told_with_its_exit_code(serve, provider):
    taken = serve(configuration(provider.url))
    config = f"listen: 127.0.0.1:{taken.port}\nadmin: {{listen: off}}\n" + configuration(provider.url)
    daemon = serve(config, wait=False)
    assert daemon.wait() == 69
    assert f"127.0.0.1:{taken.port} cannot be opened: Address already in use" in daemon.log()


def test_a_file_where_a_socket_is_wanted_is_left_alone(serve, provider, tmp_path):
    (tmp_path / "precious").write_text("mine")
    config = f"listen: unix:{tmp_path}/precious\nadmin: {{listen: off}}\n" + configuration(provider.url)
    daemon = serve(config, wait=False)
    assert daemon.wait() == 69
    assert (tmp_path / "precious").read_text() == "mine"


def test_keys_of_providers_come_from_files_and_credentials(serve, provider, second, tmp_path):
    (tmp_path / "key").write_text("sk-of-a-file\n")
    (tmp_path / "cred").write_text("sk-of-a-credential")
    config = configuration(provider.url, second.url)
    config = config.replace("env:CANARY_KEY", f"file:{tmp_path}/key", 1)
    bourse = serve(config.replace("env:CANARY_KEY", "credential:cred"),
                   environment={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    bourse.chat(model="m0")
    bourse.chat(model="m1")
    assert provider.seen[0].headers["authorization"] == "Bearer sk-of-a-file"
    assert second.seen[0].headers["authorization"] == "Bearer sk-of-a-credential"
    assert "sk-of" not in bourse.log() + bourse.page("/status").body.decode()


@pytest.mark.parametrize("listen", ["0.0.0.0:{port}", "'[::]:{port}'"])
def test_a_listener_that_is_not_loopback_needs_keys(serve, listen):
    config = "listen: " + listen.format(port=free_port()) + "\n" + configuration("http://127.0.0.1:1")
    daemon = serve(config, wait=False)
    assert daemon.wait() == 78
    assert "keys" in daemon.log() and "bourse.yaml:1:" in daemon.log()


def test_a_file_with_errors_does_not_start(serve):
    daemon = serve("providers: {p: {dialekt: openai}}\n", wait=False)
    assert daemon.wait() == 78
    assert "dialekt" in daemon.log() and "dialect" in daemon.log()


def test_only_known_keys_may_call(serve, provider):
    digest = hashlib.sha256(b"bk-good").hexdigest()
    bourse = serve(configuration(provider.url, extra=f"keys: {{team: 'sha256:{digest}'}}"))
    for headers in [{}, {"Authorization": "Bearer bk-bad"}, {"Authorization": "bk-good"}]:
        reply = bourse.chat(headers=headers)
        assert (reply.status, reply.error()["code"]) == (401, "invalid_api_key")
    assert provider.seen == []
    assert bourse.chat(headers={"Authorization": "Bearer bk-good"}).status == 200
    assert "key=team" in bourse.exchanges(4)[-1]
