"""More that must be survived: which test shows what, and those stories that have no other home."""
import ast
import contextlib
import hashlib
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from harness.daemon import BOURSE, PATIENCE, SANITIZED, Daemon, configuration, head
from harness.loaders import Loaders
from harness.provider import COMPLETION, answer_well
from harness.streams import TOKENS, Told, route, says, stream, streams

HERE = os.path.dirname(os.path.abspath(__file__))

# what happens: where it is shown. `file:test`; without a file it is this one.
ROWS = {
    "DNS failure": ["a_provider_whose_name_is_unknown_is_passed_by"],
    "TLS failure": ["a_provider_that_cannot_be_trusted_is_sent_nothing_and_passed_by"],
    "a half-open connection": ["a_connection_behind_which_nobody_is_costs_one_timeout",
                               "a_kept_connection_that_has_died_is_not_held_against_the_provider"],
    "RST mid-body": ["a_reset_in_the_middle_of_a_reply_is_another_attempt",
                     "a_reset_in_the_middle_of_a_stream_is_rescued"],
    "garbage instead of HTTP": ["what_is_no_http_is_passed_by", "test_mock:a_client_of_bourse_gets_the_whole_answer_of_somebody"],
    "a 200 with an HTML body": ["a_page_of_html_is_no_answer", "test_fallback:an_answer_that_is_not_json_leads_to_the_next_candidate"],
    "a gzip body": ["test_mock:a_client_of_bourse_gets_the_whole_answer_of_somebody", "test_mock:a_compressed_reply_is_the_same_inside"],
    "a body of a byte at a time": ["test_mock:bytes_one_by_one_are_one_answer_to_a_client_of_bourse"],
    "a never-ending stream": ["a_stream_that_never_ends_is_ended_by_the_total_timeout"],
    "a single event of 50 MB": ["test_pressure:a_provider_without_measure_is_given_up_with_bounded_memory"],
    "headers of 1 MB": ["test_pressure:a_provider_without_measure_is_given_up_with_bounded_memory", "test_mock:a_client_of_bourse_gets_the_whole_answer_of_somebody"],
    "all providers down": ["test_fallback:the_error_names_all_that_failed_before"],
    "the client leaves before its body is there": ["test_leaving:a_client_that_leaves_in_the_middle_of_its_body_reaches_no_provider"],
    "the client leaves during the call": ["test_leaving:the_providers_call_ends_when_the_client_leaves",
                                          "test_leaving:a_client_that_leaves_while_the_provider_is_connected_to_ends_the_attempt",
                                          "test_retries:a_client_that_leaves_during_a_wait_ends_the_exchange",
                                          "test_rescue:a_client_that_leaves_during_a_rescue_ends_it",
                                          "test_hedging:a_client_that_leaves_ends_both"],
    "the client leaves while queued": ["test_overload:who_leaves_while_waiting_is_forgotten_and_never_sent",
                                       "test_overload:a_routes_place_is_given_back_when_the_client_leaves"],
    "a client that reads a byte a second": ["test_pressure:many_clients_that_read_a_byte_a_second_stay_below_the_bound_of_all",
                                            "test_pressure:a_client_that_does_not_read_pauses_its_provider"],
    "a body of 64 MiB": ["a_body_of_64_mib_goes_up_whole_and_one_byte_more_is_refused"],
    "10,000 nested brackets": ["test_safety:brackets_ten_thousand_deep_are_refused"],
    "duplicate keys": ["keys_that_come_twice_go_up_as_they_came", "test_safety:two_models_in_one_body_cannot_mean_one_here_and_another_there"],
    "invalid UTF-8": ["test_safety:invalid_utf8_is_refused"],
    "a slow-loris client": ["test_heads:a_head_that_comes_a_byte_now_and_then_is_cut_with_408",
                            "test_safety:a_body_that_does_not_arrive_in_time_is_cut_with_408"],
    "EMFILE": ["test_descriptors:clients_beyond_the_last_descriptor_are_told_to_come_back",
               "test_descriptors:without_any_descriptor_clients_wait_until_there_are_some_again"],
    "the disk full": ["a_full_disk_disturbs_nobody_and_the_file_stays_whole", "a_log_that_cannot_be_written_disturbs_nobody"],
    "kill -9": ["a_process_that_is_killed_is_followed_by_one_that_serves_at_once", "test_live:a_process_that_is_killed_leaves_a_whole_file"],
    "a clock that jumps": ["a_clock_that_jumps_cuts_no_stream_and_shortens_no_wait"],
    "a reload under load": ["test_reload:nothing_fails_when_reloading_under_load", "test_reload:many_reloads_under_load_cut_no_stream_and_fail_nothing"],
    "an upgrade under load": ["test_upgrade:upgrades_under_load_refuse_reset_and_cut_nobody"],
}


def names_in(name):
    with open(os.path.join(HERE, f"{name}.py"), encoding="utf-8") as file:
        return {node.name for node in ast.parse(file.read()).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("fault", ROWS)
def test_every_fault_is_shown_by_a_test_that_exists(fault):
    assert ROWS[fault]
    for place in ROWS[fault]:
        file, _, test = place.rpartition(":")
        assert f"test_{test}" in names_in(file or "test_further_faults")


def test_each_of_the_sixteen_faults_has_its_story():
    told = {name[5:7] for name in names_in("test_sixteen_faults") if name.startswith("test_")}
    assert told == {f"{number:02d}" for number in range(1, 17)}


# ---- on the way to a provider ----


def failures(bourse, reason):
    return bourse.metric(f'bourse_attempt_failures_total{{model="m0",provider="p0",reason="{reason}"}}')


def assert_passed_by(reply, attempts=2):
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
    assert reply.headers["x-bourse-attempts"] == str(attempts)


STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


@STREAMED
def test_a_provider_whose_name_is_unknown_is_passed_by(serve, second, streamed):
    bourse = serve(configuration("http://name.invalid/v1", second.url))
    assert_passed_by(bourse.chat(stream=streamed))
    assert failures(bourse, "dns") == 1
    told = bourse.chat(model="m0").error()
    assert told["code"] == "provider_unavailable" and "could not be resolved" in told["message"]


def speaks_no_tls(connection):
    connection.recv(1000)
    connection.sendall(b"HTTP/1.1 400 This is no TLS\r\n\r\n")


def presents_a_certificate_of_its_own(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-keyout", f"{folder}/key", "-out", f"{folder}/certificate"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
    return lambda connection: context.wrap_socket(connection, server_side=True).recv(1000)


@pytest.mark.parametrize("how", ["speaks no TLS", "has a certificate of its own"])
def test_a_provider_that_cannot_be_trusted_is_sent_nothing_and_passed_by(serve, second, tmp_path, how):
    answer = speaks_no_tls if how == "speaks no TLS" else presents_a_certificate_of_its_own(tmp_path)
    read = []

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with contextlib.suppress(OSError), connection:
                    read.append(answer(connection))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        bourse = serve(configuration(f"https://127.0.0.1:{listener.getsockname()[1]}/v1", second.url))
        assert_passed_by(bourse.chat())
        assert failures(bourse, "tls") == 1 and not any(read)


@pytest.mark.parametrize("streamed, limit", [(True, 0.3), (False, 0.6)], ids=["streamed", "whole"])
def test_a_connection_behind_which_nobody_is_costs_one_timeout(serve, second, streamed, limit):
    """The kernel takes the connection and the request; nobody ever reads it."""
    with socket.create_server(("127.0.0.1", 0), backlog=5) as nobody:
        bourse = serve(configuration(f"http://127.0.0.1:{nobody.getsockname()[1]}/v1", second.url,
                                     provider_extra="first_token_timeout: 300ms\ntotal_timeout: 600ms"))
        began = time.monotonic()
        assert_passed_by(bourse.chat(stream=streamed))
        assert limit * 0.9 < time.monotonic() - began < limit + 0.5 * PATIENCE


def resets(reply):
    """The connection ends with a reset and not in order."""
    reply.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    reply.connection.close()


@STREAMED
@pytest.mark.parametrize("end", [resets, lambda reply: reply.cut()], ids=["reset", "closed"])
def test_a_kept_connection_that_has_died_is_not_held_against_the_provider(serve, provider, second, streamed, end):
    provider.behaviour = lambda reply: end(reply) if reply.number == 2 else answer_well(reply)
    bourse = serve(configuration(provider.url, second.url))
    for _ in range(2):
        reply = bourse.chat(stream=streamed)
        assert (reply.status, reply.headers["x-bourse-model"], reply.headers["x-bourse-attempts"]) == (200, "m0", "1")
    assert len(provider.seen) == 3 and second.seen == []
    assert bourse.metric("bourse_attempt_failures_total") == 0


# ---- replies ----


def test_a_reset_in_the_middle_of_a_reply_is_another_attempt(serve, provider, second):
    def half(reply):
        reply.raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"id\":")
        time.sleep(0.05)
        resets(reply)
    provider.behaviour = half
    bourse = serve(configuration(provider.url, second.url))
    assert_passed_by(bourse.chat(), attempts=3)
    assert failures(bourse, "reset") == len(provider.seen) == 2


def test_a_reset_in_the_middle_of_a_stream_is_rescued(serve, provider, second):
    def half(reply):
        reply.begin_stream()
        for event in says(TOKENS[:40], stop=False):
            reply.event(event)
        time.sleep(0.05)
        resets(reply)
    provider.behaviour, second.behaviour = half, streams(says(TOKENS, "second"))
    stream(serve(route(provider.url, second.url, prefill=False))).assert_whole()


@STREAMED
@pytest.mark.parametrize("bytes_", [b"\x00\x01\x02 what?\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/9.9 banana\r\n\r\n"],
                         ids=["bytes", "ssh", "nearly"])
def test_what_is_no_http_is_passed_by(serve, provider, second, streamed, bytes_):
    provider.behaviour = lambda reply: (reply.raw(bytes_), reply.cut())
    bourse = serve(configuration(provider.url, second.url))
    reply = bourse.chat(stream=streamed)
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1") and b"what?" not in reply.body
    assert len(provider.seen) <= 2


@STREAMED
def test_a_page_of_html_is_no_answer(serve, provider, second, streamed):
    provider.behaviour = lambda reply: reply.whole("<html>Sign in to the network</html>", 200, {"Content-Type": "text/html"})
    bourse = serve(configuration(provider.url, second.url))
    reply = bourse.chat(stream=streamed)
    assert_passed_by(reply)
    assert b"<html>" not in reply.body and failures(bourse, "provider_garbage") == 1


def test_a_stream_that_never_ends_is_ended_by_the_total_timeout(serve, provider):
    left = []

    def endless(reply):
        reply.begin_stream()
        try:
            while True:
                reply.say("again ")
                time.sleep(0.02)
        except OSError:
            left.append(time.monotonic())
    provider.behaviour = endless
    bourse = serve(configuration(provider.url, provider_extra="total_timeout: 1s"))
    began = time.monotonic()
    told = Told(bourse.chat(stream=True))
    assert 0.9 < time.monotonic() - began < 1 + 1 * PATIENCE
    assert not told.done and told.errors[0]["metadata"]["reason"] == "total_timeout"
    time.sleep(0.2)
    assert len(left) == len(provider.seen) == 1


# ---- requests ----


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own memory is in the way")
def test_a_body_of_64_mib_goes_up_whole_and_one_byte_more_is_refused(serve):
    frame = b'{"model":"auto","messages":[{"role":"user","content":"%s"}]}'
    body = frame % (b"w" * ((64 << 20) - len(frame) + 2))
    assert len(body) == 64 << 20
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bourse = serve(configuration(f"http://127.0.0.1:{listener.getsockname()[1]}/v1"))
        replies = []
        client = threading.Thread(target=lambda: replies.append(bourse.ask("POST", "/v1/chat/completions", body, timeout=30)))
        client.start()
        upload, _ = listener.accept()
        read, digest = 0, hashlib.sha256()
        top, _, rest = upload.recv(1 << 16).partition(b"\r\n\r\n")
        while read < len(body):
            digest.update(rest)
            read += len(rest)
            rest = b"" if read >= len(body) else upload.recv(1 << 20)
        assert b"content-length: 67108864" in top.lower()
        assert digest.digest() == hashlib.sha256(body.replace(b'"auto"', b'"up-0"')).digest()
        assert bourse.resident_mib() < 64 + 30
        reply = json.dumps(COMPLETION).encode()
        upload.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(reply), reply))
        client.join()
        upload.close()
    assert replies[0].status == 200
    assert bourse.ask("POST", "/v1/chat/completions", body + b" ").status == 413
    assert bourse.metric("bourse_buffered_bytes") == 0


def test_keys_that_come_twice_go_up_as_they_came(bourse, provider):
    body = '{"model":"auto","seed":1,"messages":[],"seed":2,"x":{"a":1,"a":2},"stop":"a","stop":["b"]}'
    assert bourse.ask("POST", "/v1/chat/completions", body).status == 200
    assert provider.seen[0].body.decode() == body.replace('"auto"', '"up-0"')


# ---- the machine ----


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)], capture_output=True,
                      check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_disturbs_nobody_and_the_file_stays_whole(serve, provider, small_disk):
    path = small_disk / "live"
    bourse = serve(configuration(provider.url, extra=f"live_state: {path}"))
    assert bourse.chat().status == 200
    assert bourse.ask("POST", "/reload", admin=True).status == 200
    until = time.monotonic() + 5 * PATIENCE
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    before = path.read_bytes()
    with open(small_disk / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(b"x" * 4096):
            pass
    assert bourse.chat().status == 200
    bourse.signal(signal.SIGHUP)
    bourse.wait_for_log("cannot be written")
    assert path.read_bytes() == before and bourse.chat(stream=True).status == 200
    (small_disk / "filler").unlink()
    assert bourse.ask("POST", "/reload", admin=True).status == 200
    while path.read_bytes() == before:
        assert time.monotonic() < until + 5 * PATIENCE
        time.sleep(0.01)


def test_a_log_that_cannot_be_written_disturbs_nobody(provider, tmp_path):
    os.symlink("/dev/full", tmp_path / "log")
    bourse = Daemon(str(tmp_path), configuration(provider.url))
    for _ in range(50):
        assert bourse.chat().status == 200
    before = bourse.cpu_seconds()
    time.sleep(0.5)
    assert bourse.cpu_seconds() - before < 0.1 * PATIENCE, "it tries again and again"
    assert bourse.page("/livez").status == 200
    bourse.stop()


def test_a_process_that_is_killed_is_followed_by_one_that_serves_at_once(serve, provider):
    """Its clients see a connection that ends, and never a stream that looks complete."""
    bourse = serve(configuration(provider.url))
    provider.behaviour = lambda reply: (reply.begin_stream(), reply.say("half"), reply.wait_until_left(10))
    with bourse.open_chat(stream=True) as client:
        client.settimeout(5 * PATIENCE)
        said = b""
        while b"half" not in said:
            said += client.recv(1 << 16)
        bourse.signal(signal.SIGKILL)
        bourse.wait()
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(1 << 16):
                said += piece
    assert b"[DONE]" not in said and b"\r\n0\r\n" not in said
    provider.behaviour = answer_well
    bourse.process = subprocess.Popen([BOURSE, "serve", "-c", bourse.config_path], env=bourse.environment,
                                      stdin=subprocess.DEVNULL, stdout=bourse.log_file, stderr=bourse.log_file)
    bourse.wait_until_ready()
    assert bourse.chat().status == 200


@pytest.fixture
def clock(tmp_path):
    """(what a daemon needs in its environment, jump(seconds))"""
    library, file = tmp_path / "jumping_clock.so", tmp_path / "jump"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, os.path.join(HERE, "harness/jumping_clock.c")],
                   check=True)
    file.write_bytes(struct.pack("q", 0))

    def jump(seconds):
        with open(file, "r+b") as open_file:
            open_file.write(struct.pack("q", seconds))
    return {"LD_PRELOAD": str(library), "CLOCK_JUMP": str(file)}, jump


@pytest.mark.skipif(SANITIZED, reason="a sanitizer wants to be loaded first")
@pytest.mark.parametrize("days", [1, -20000])
def test_a_clock_that_jumps_cuts_no_stream_and_shortens_no_wait(serve, provider, second, clock, days):
    environment, jump = clock
    limits = "first_token_timeout: 2s\nidle_timeout: 2s\ntotal_timeout: 20s"
    bourse = serve(configuration(provider.url, second.url, provider_extra=limits), environment=environment)
    assert bourse.chat().status == 200
    age = bourse.page("/status").json()["configuration"]["age_s"]

    def jumps_inside(reply):
        reply.begin_stream()
        reply.say("hel")
        jump(days * 86400)
        time.sleep(0.5)
        reply.say("lo")
        time.sleep(0.5)
        reply.say(None, "stop")
        reply.event("[DONE]")
        reply.end_stream()
    provider.behaviour = jumps_inside
    told = Told(bourse.chat(stream=True))
    assert told.done and told.text == "hello" and not told.errors
    assert abs(bourse.page("/status").json()["configuration"]["age_s"] - age - days * 86400) < 10, "it did not jump"
    number = len(provider.seen) + 1
    provider.behaviour = lambda reply: (jump(0), reply.error(429, headers={"Retry-After": "1"})) \
        if reply.number == number else answer_well(reply)
    began = time.monotonic()
    assert bourse.chat().headers["x-bourse-model"] == "m0"
    assert 0.95 < time.monotonic() - began < 2 * PATIENCE
    with Loaders(bourse.port) as loaders:
        loaders.start("asking", 4, loaders.keep_asking())
        for day in range(10):
            jump(day * days * 8640)
            time.sleep(0.05)
    assert not loaders.problems and loaders.counts["asking"] > 20
    with bourse.connect() as slow:
        slow.sendall(head("POST", "/v1/chat/completions", {"Content-Length": 10})[:-4])
        time.sleep(0.3)
        jump(days * 86400)
        slow.settimeout(0.5)
        with pytest.raises(TimeoutError):  # header_timeout is 10 s by the other clock
            slow.recv(1)
