"""What was measured decides, is shown, and outlives the process."""
import json
import os
import signal
import subprocess
import time

from harness.daemon import BOURSE, PATIENCE, configuration


def status_of(bourse, model):
    models = {entry["name"]: entry for entry in bourse.page("/status").json()["models"]}
    return models[model]["live"]


def keeping(path, *urls, **more):
    return configuration(*urls, extra=f"live_state: {path}", **more)


def fail(reply):
    reply.error(500)


def test_the_status_tells_what_was_measured_with_counts(bourse):
    for _ in range(3):
        assert bourse.chat(stream=True).status == 200
    assert bourse.chat().status == 200
    live = status_of(bourse, "m0")
    assert 3.9 < live["successes"] <= 4 and live["failures"] == 0
    seen = {(row["tokens_in_up_to"], row["streamed"]): row for row in live["latency"]}
    assert set(seen) == {("1k", True), ("all", True), ("1k", False), ("all", False)}
    first_token = seen["1k", True]["first_token_ms"]
    assert 2.9 < first_token["count"] <= 3 and first_token["p50"] <= first_token["p99"]
    assert live["token_ratio"]["count"] > 3.9 and live["output_tokens"]["chat"]["mean"] == 2


def test_the_explanation_says_how_many_samples_it_rests_on(bourse):
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
    before = bourse.ask("POST", "/v1/route", body).json()["candidates"][0]
    for _ in range(5):
        bourse.chat()
    after = bourse.ask("POST", "/v1/route", body).json()["candidates"][0]
    assert before["success"]["samples"] == 0 and after["success"]["samples"] > 4.9
    assert before["cost"]["samples"]["tokens_out"] == 0
    assert after["cost"]["samples"]["tokens_out"] > 4.9
    assert after["cost"]["tokens_out"] < before["cost"]["tokens_out"]
    assert before["latency"]["source"] == "default" and after["latency"]["source"] == "blended"


def test_a_model_that_fails_is_no_longer_asked_first(serve, provider, second):
    provider.behaviour = fail
    bourse = serve(configuration(provider.url, second.url).replace(
        "objective: best", "objective: {answer_value: 0.1}"))
    for _ in range(12):
        assert bourse.chat().status == 200
    asked = len(provider.seen)
    assert bourse.chat().headers["x-bourse-model"] == "m1"
    assert len(provider.seen) == asked


def test_what_was_measured_outlives_a_restart(serve, provider, tmp_path):
    config = keeping(tmp_path / "live", provider.url)
    bourse = serve(config)
    for _ in range(4):
        bourse.chat(stream=True)
    before = status_of(bourse, "m0")
    assert bourse.stop() == 0
    after = status_of(serve(config), "m0")
    assert abs(before["successes"] - after["successes"]) < 0.3
    assert before["output_tokens"]["chat"]["mean"] == after["output_tokens"]["chat"]["mean"]
    assert [row["first_token_ms"]["p50"] for row in before["latency"]] == \
        [row["first_token_ms"]["p50"] for row in after["latency"]]


def wait_for_file(path, within=5.0):
    until = time.monotonic() + within * PATIENCE
    while not os.path.exists(path) and time.monotonic() < until:
        time.sleep(0.01)
    assert os.path.exists(path)


def test_a_process_that_is_killed_leaves_a_whole_file(serve, provider, tmp_path):
    path = tmp_path / "live"
    bourse = serve(keeping(path, provider.url))
    for _ in range(4):
        bourse.chat()
    bourse.signal(signal.SIGHUP)  # a reload writes at once
    wait_for_file(path)
    for _ in range(20):
        bourse.signal(signal.SIGHUP)
        bourse.chat()
    bourse.signal(signal.SIGKILL)
    bourse.wait()
    again = serve(keeping(path, provider.url))
    again.wait_for_log("what was measured before is read")
    assert status_of(again, "m0")["successes"] > 3.5


def test_a_damaged_file_is_set_aside_and_measuring_begins_anew(serve, provider, tmp_path):
    path = tmp_path / "live"
    bourse = serve(keeping(path, provider.url))
    bourse.chat()
    bourse.stop()
    path.write_bytes(path.read_bytes()[:-40])
    again = serve(keeping(path, provider.url))
    again.wait_for_log("damaged")
    assert status_of(again, "m0")["successes"] == 0
    again.stop()
    assert (tmp_path / "live.damaged").exists() and path.exists()


def test_a_file_of_somebody_else_is_never_overwritten(serve, provider, tmp_path):
    path = tmp_path / "notes"
    path.write_text("my own notes\n")
    bourse = serve(keeping(path, provider.url))
    bourse.wait_for_log("is not a file of bourse")
    assert bourse.chat().status == 200
    bourse.stop()
    assert path.read_text() == "my own notes\n"


def test_systemd_says_where_unless_the_file_says_off(serve, provider, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    environment = {"STATE_DIRECTORY": str(state)}
    bourse = serve(configuration(provider.url), environment=environment)
    bourse.chat()
    bourse.stop()
    head, body = (state / "live").read_text().split("\n", 1)
    assert head.startswith("bourse live state 1 sha256:")
    assert [entry["model"] for entry in json.loads(body)["models"]] == ["m0"]
    (state / "live").unlink()
    serve(configuration(provider.url, extra="live_state: off"), environment=environment).stop()
    assert not (state / "live").exists()


def test_a_disk_that_cannot_be_written_disturbs_nobody(serve, provider, tmp_path):
    bourse = serve(keeping(tmp_path / "missing" / "live", provider.url))
    bourse.signal(signal.SIGHUP)
    bourse.wait_for_log("cannot be written")
    assert bourse.chat().status == 200


def explain(path, *urls):
    request = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "hi"}]})
    config = path.parent / "explain.yaml"
    config.write_text(keeping(path, *urls))
    said = subprocess.run([BOURSE, "explain", "-c", config, "--json"], input=request,
                          capture_output=True, text=True, timeout=PATIENCE)
    return json.loads(said.stdout)["candidates"][0], said.stderr


def test_an_explanation_without_the_daemon_rests_on_what_it_kept(serve, provider, tmp_path):
    path = tmp_path / "live"
    bourse = serve(keeping(path, provider.url))
    for _ in range(4):
        assert bourse.chat().status == 200
    assert explain(path, provider.url)[0]["success"]["samples"] == 0
    bourse.stop()
    candidate, said = explain(path, provider.url)
    assert 3.9 < candidate["success"]["samples"] <= 4 and said == ""
    path.write_text("bourse live state 1 sha256:0\n{}")
    candidate, said = explain(path, provider.url)
    assert candidate["success"]["samples"] == 0
    assert "is damaged or of another version; nothing that was measured is used" in said
