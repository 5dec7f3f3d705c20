"""test_vertex.py - providers whose bearer token ends and is taken from its source again: Google's
Vertex and its OpenAI-compatible endpoint, a metadata server, a file that somebody else renews."""
import os
import subprocess
import threading
import time

import openai
import pytest

from harness import gemini, vertex
from harness.daemon import BOURSE, PATIENCE
from harness.provider import answer_well

MODEL = "provider: google, upstream_model: gemini-2.5-flash, price: {input: 0.3, output: 2.5}, " \
        "quality: {default: 0.9}"


def configuration(google, source, other=None, dialect="gemini", base=vertex.BASE, wait="5s",
                  attempts=4):
    lines = ["workers: 2", "providers:",
             f"  google: {{dialect: {dialect}, base_url: 'http://127.0.0.1:{google.port}{base}', "
             f"token_source: '{source}'}}"]
    models, candidates = [f"  m: {{{MODEL}}}"], "[m]"
    if other:
        lines += [f"  other: {{base_url: '{other.url}'}}"]
        models += ["  o: {provider: other, upstream_model: up, price: {input: 1, output: 2}, "
                   "quality: {default: 0.5}}"]
        candidates = "[m, o]"
    return "\n".join([*lines, "models:", *models, "routes:",
                      f"  auto: {{candidates: {candidates}, objective: best, max_wait: {wait}, "
                      f"attempts: {attempts}}}"]) + "\n"


@pytest.fixture
def metadata():
    with vertex.Metadata() as server:
        yield server


@pytest.fixture
def google(provider, metadata):
    provider.behaviour = vertex.Vertex(metadata.knows)
    return provider


def token_of(daemon):
    return daemon.page("/status").json()["providers"][0]["token"]


def until(truth, within=5.0):
    end = time.monotonic() + within * PATIENCE
    while not truth() and time.monotonic() < end:
        time.sleep(0.02)
    assert truth()


def wait_for_token(daemon):
    until(lambda: token_of(daemon)["valid"])


def write(path, words):
    """As who renews a file does it: beside it, and then in its place."""
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(words)
    os.replace(f"{path}.new", path)


# ---- a metadata server ----

def test_vertex_is_asked_at_its_address_with_a_token_of_the_metadata_server(serve, google, metadata):
    daemon = serve(configuration(google, metadata.url))
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x")
    messages = [{"role": "user", "content": "hi"}]
    answer = client.chat.completions.create(model="auto", messages=messages)
    words = [chunk.choices[0].delta.content or "" for chunk in client.chat.completions.create(
        model="auto", messages=messages, stream=True) if chunk.choices]
    assert answer.choices[0].message.content == "".join(words) == "hello there"
    assert [seen.path for seen in google.seen] == [
        f"{vertex.BASE}/models/gemini-2.5-flash:generateContent",
        f"{vertex.BASE}/models/gemini-2.5-flash:streamGenerateContent?alt=sse"]
    assert google.behaviour.used == list(metadata.tokens) * 2
    assert len(metadata.times) == 1


def test_the_openai_endpoint_of_vertex_takes_the_same_token(serve, provider, metadata):
    provider.behaviour = answer_well
    daemon = serve(configuration(provider, metadata.url, dialect="openai",
                                 base=f"{vertex.PROJECT}/endpoints/openapi"))
    assert daemon.chat().status == 200
    seen = provider.seen[0]
    assert seen.path == f"{vertex.PROJECT}/endpoints/openapi/chat/completions"
    assert seen.headers["authorization"] == f"Bearer {list(metadata.tokens)[0]}"


def test_a_token_is_renewed_before_it_ends_and_no_request_notices(serve, google, metadata):
    metadata.lives = 3
    daemon = serve(configuration(google, metadata.url))
    end = time.monotonic() + 6
    while time.monotonic() < end:
        assert daemon.chat().status == 200
        time.sleep(0.05)
    assert 3 <= len(metadata.tokens) <= 8
    assert len(set(google.behaviour.used)) >= 3
    assert "upstream_status=401" not in daemon.log()


def test_the_last_good_token_is_used_while_its_source_fails(serve, google, metadata):
    metadata.lives = 8
    daemon = serve(configuration(google, metadata.url))
    wait_for_token(daemon)
    metadata.behaviour = lambda reply: reply.whole("no", 500)
    until(lambda: token_of(daemon)["failures"] > 0, within=8)
    assert daemon.chat().status == 200
    told = token_of(daemon)
    assert told["valid"] and 0 < told["ends_in_ms"] < 8000
    assert told["last_failure"] == "the server answered with a status that is no success: 500"
    assert told["failed_ago_ms"] >= 0 and told["source"] == metadata.url


def test_a_token_that_has_ended_is_not_sent(serve, google, metadata):
    metadata.lives = 2
    daemon = serve(configuration(google, metadata.url, wait="0s"))
    wait_for_token(daemon)
    metadata.behaviour = lambda reply: reply.whole("no", 503)
    until(lambda: not token_of(daemon)["valid"])
    seen = len(google.seen)
    refusal = daemon.chat()
    assert refusal.status == 503 and refusal.error()["code"] == "provider_auth"
    assert "no valid token" in refusal.error()["message"]
    assert len(google.seen) == seen
    health = daemon.page("/status").json()["providers"][0]["health"]
    assert (health["state"], health["why"]) == ("paused", "no_token")


def test_somebody_else_is_asked_while_there_is_no_token(serve, google, metadata, second):
    metadata.behaviour = lambda reply: reply.whole("no", 500)
    daemon = serve(configuration(google, metadata.url, other=second))
    began = time.monotonic()
    assert [daemon.chat().headers["x-bourse-model"] for _ in range(3)] == ["o"] * 3
    assert time.monotonic() - began < 2
    assert not google.seen
    metadata.behaviour = None
    wait_for_token(daemon)
    assert daemon.chat().headers["x-bourse-model"] == "m"


def test_a_request_waits_for_the_first_token_where_nobody_else_is(serve, google, metadata):
    gate = threading.Event()

    def late(reply):
        gate.wait(5)
        metadata.give(reply)
    metadata.behaviour = late
    daemon = serve(configuration(google, metadata.url, attempts=1))
    threading.Timer(1.0, gate.set).start()
    began = time.monotonic()
    answer = daemon.chat()
    assert answer.status == 200 and answer.headers["x-bourse-attempts"] == "1"
    assert 0.7 < time.monotonic() - began < 4 * PATIENCE


def test_others_are_served_while_the_metadata_server_says_nothing(serve, google, metadata, second):
    metadata.behaviour = lambda reply: time.sleep(4)
    daemon = serve(configuration(google, metadata.url, other=second))
    times = []
    for _ in range(20):
        began = time.monotonic()
        assert daemon.chat().headers["x-bourse-model"] == "o"
        times.append(time.monotonic() - began)
    assert max(times) < 0.5 * PATIENCE
    assert daemon.page("/readyz").status == 200


def test_a_client_that_waits_for_a_token_may_leave(serve, google, metadata):
    metadata.behaviour = lambda reply: reply.whole("no", 500)
    daemon = serve(configuration(google, metadata.url))
    connection = daemon.open_chat()
    time.sleep(0.3)
    connection.close()
    assert "attempts=0" in daemon.exchanges()[0] and "client_gone=true" in daemon.exchanges()[0]


def test_a_source_that_fails_is_asked_less_and_less_often(serve, google, metadata):
    metadata.behaviour = lambda reply: reply.whole("no", 500)
    daemon = serve(configuration(google, metadata.url))
    until(lambda: len(metadata.times) >= 4, within=9)
    gaps = [b - a for a, b in zip(metadata.times, metadata.times[1:])]
    assert 0.7 < gaps[0] < 1.5 * PATIENCE and gaps[1] > 1.4 and gaps[2] > 2.9
    assert daemon.log().count("event=token") == 1  # an outage is one line, not one for each try


def test_a_token_that_is_refused_is_doubted_and_asked_for_again(serve, google, metadata):
    daemon = serve(configuration(google, metadata.url, wait="0s"))
    wait_for_token(daemon)
    metadata.tokens.clear()  # revoked
    assert daemon.chat().status == 503
    until(lambda: len(metadata.times) == 2, within=14)
    assert metadata.times[1] - metadata.times[0] > 9  # it would have been the same one


@pytest.mark.parametrize("said", [
    b"", b"{}", b"[]", b"ya29.plain", b'{"access_token": 7}', b'{"access_token": ""}',
    b'{"access_token": "a b"}', b'{"access_token": "x\\r\\nHost: evil"}',
    b'{"access_token": "ya29.x", "token_type": "MAC"}',
    b'{"access_token": "ya29.x", "expires_in": "soon"}',
    b'{"access_token": "ya29.x", "expires_in": 0}',
    b'{"access_token": "' + b"y" * 9000 + b'", "expires_in": 60}', b"y" * 100000])
def test_what_is_no_token_is_not_sent(serve, google, metadata, said):
    metadata.behaviour = lambda reply: reply.whole(said)
    daemon = serve(configuration(google, metadata.url, wait="0s"))
    until(lambda: token_of(daemon)["failures"] > 0)
    assert daemon.chat().status == 503
    assert not token_of(daemon)["valid"] and not google.seen


def test_a_metadata_server_that_sends_elsewhere_is_not_followed(serve, google, metadata, second):
    metadata.behaviour = lambda reply: reply.whole("", 302, {"Location": second.url})
    daemon = serve(configuration(google, metadata.url))
    until(lambda: token_of(daemon)["failures"] > 0)
    assert token_of(daemon)["last_failure"].endswith("302")
    assert not second.seen


# ---- vectors ----

@pytest.mark.parametrize("model,verb", [("text-embedding-005", "predict"),
                                        ("gemini-embedding-001", "batchEmbedContents")])
@pytest.mark.parametrize("options", [{}, {"dimensions": 4}, {"encoding_format": "float"}])
def test_texts_become_vectors_at_vertex(serve, google, metadata, model, verb, options):
    daemon = serve(configuration(google, metadata.url).replace("gemini-2.5-flash", model))
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x")
    answer = client.embeddings.create(model="auto", input=["a", "bbb \"u\""], **options)
    assert [item.embedding[:2] for item in answer.data] == [[1, -0.5], [7, -0.5]]
    assert answer.usage.prompt_tokens == (6 if verb == "predict" else 9)
    assert google.seen[-1].path == f"{vertex.BASE}/models/{model}:{verb}"
    body = google.behaviour.bodies[-1]
    asked = [body.get("parameters")] if verb == "predict" else [
        request.get("embedContentConfig") for request in body["requests"]]
    dimensions = {"outputDimensionality": 4} if "dimensions" in options else None
    assert asked == [dimensions] * len(asked)


# ---- a file ----

def test_a_file_that_is_replaced_is_read_again(serve, google, tmp_path):
    path = tmp_path / "token"
    write(path, "first-canary\n")
    known = {"first-canary"}
    google.behaviour = vertex.Vertex(known.__contains__)
    daemon = serve(configuration(google, f"file:{path}"))
    assert daemon.chat().status == 200
    write(path, "second-canary\n")
    known.add("second-canary")
    until(lambda: daemon.chat().status == 200 and google.behaviour.used[-1] == "second-canary")
    assert token_of(daemon)["ends_in_ms"] is None


def test_a_file_that_is_not_there_yet_is_waited_for(serve, google, tmp_path):
    path = tmp_path / "token"
    google.behaviour = vertex.Vertex({"canary"}.__contains__)
    daemon = serve(configuration(google, f"file:{path}"))
    assert "the file cannot be read (No such file or directory)" in daemon.log()
    threading.Timer(0.5, write, (path, "canary")).start()
    assert daemon.chat().status == 200


def test_the_last_good_token_is_used_while_its_file_is_away_or_empty(serve, google, tmp_path):
    path = tmp_path / "token"
    write(path, "canary-one")
    google.behaviour = vertex.Vertex({"canary-one"}.__contains__)
    daemon = serve(configuration(google, f"file:{path}"))
    wait_for_token(daemon)
    os.remove(path)
    until(lambda: token_of(daemon)["failures"] > 0)
    assert "No such file" in token_of(daemon)["last_failure"]
    write(path, "")
    until(lambda: token_of(daemon)["last_failure"] == "it is empty")
    assert daemon.chat().status == 200


def test_a_file_may_tell_when_its_token_ends(serve, google, tmp_path):
    path = tmp_path / "token"
    write(path, '{"access_token": "canary-two", "expires_in": 3}')
    google.behaviour = vertex.Vertex({"canary-two"}.__contains__)
    daemon = serve(configuration(google, f"file:{path}", wait="0s"))
    wait_for_token(daemon)
    assert daemon.chat().status == 200
    until(lambda: not token_of(daemon)["valid"], within=6)
    assert daemon.chat().status == 503
    until(lambda: token_of(daemon)["last_failure"] == "the token that is there has ended")


# ---- the configuration ----

def check(tmp_path, source, more=""):
    path = tmp_path / "check.yaml"
    path.write_text("providers:\n  google: {dialect: gemini, base_url: 'https://x.example/v1', "
                    f"token_source: '{source}'{more}}}\n"
                    "models:\n  m: {provider: google, price: {input: 0, output: 0}}\n")
    return subprocess.run([BOURSE, "check", "-c", str(path)], capture_output=True, text=True,
                          check=False)


@pytest.mark.parametrize("source", [
    "http://example.org/token", "http://10.0.0.1/token", "http://metadata.google.internal.evil.org/",
    "http://metadata.google.internal@evil.org/", "http://169.254.169.254.evil.org/", "ftp://127.0.0.1/",
    "http://[2001:db8::1]/", "http://127.0.0.1:80@evil.org/", "http://", "file:", "env:TOKEN", "x",
    "http://0x7f000001/", "http://128.0.0.1/", "http://169.255.0.1/"])
def test_a_source_that_strangers_could_answer_for_is_refused(tmp_path, source):
    told = check(tmp_path, source)
    assert told.returncode == 78 and "token_source" in told.stderr + told.stdout


@pytest.mark.parametrize("source", [
    "http://metadata.google.internal/computeMetadata/v1/x", "http://169.254.169.254/x",
    "http://127.0.0.1:9/x", "http://localhost:9/x", "http://[::1]:9/x", "http://[fe80::1]/x",
    "http://[fd20:ce::254]/x", "https://tokens.example.org/x"])
def test_a_source_nearby_or_with_a_certificate_is_accepted(tmp_path, source):
    assert check(tmp_path, source).returncode == 0


@pytest.mark.parametrize("more", [", api_key: sk-canary-111", ", headers: {authorization: 'x y'}"])
def test_two_ways_to_say_who_asks_are_refused(tmp_path, more):
    told = check(tmp_path, "http://127.0.0.1/x", more)
    assert told.returncode == 78 and "one of them only" in told.stderr + told.stdout
    assert "canary" not in told.stderr + told.stdout


def test_a_file_that_is_missing_is_a_warning(tmp_path):
    told = check(tmp_path, "file:/nowhere/token")
    assert told.returncode == 0
    assert "cannot be read" in told.stderr + told.stdout


# ---- what is told ----

def test_a_token_is_never_printed(serve, google, metadata):
    daemon = serve(configuration(google, metadata.url, wait="0s"))
    wait_for_token(daemon)
    token = list(metadata.tokens)[0]
    metadata.tokens.clear()
    refusal = daemon.chat()  # the provider repeats the token in its refusal
    assert refusal.status == 503
    pages = [daemon.page(path).body.decode() for path in ("/status", "/metrics")]
    for text in [daemon.log(), refusal.body.decode(), str(refusal.headers), *pages]:
        assert token not in text


def test_tokens_are_measured(serve, google, metadata):
    daemon = serve(configuration(google, metadata.url))
    wait_for_token(daemon)
    metrics = daemon.page("/metrics").body.decode()
    assert 'bourse_bearer_valid{provider="google"} 1' in metrics
    assert 'bourse_bearer_fetches_total{provider="google"} 1' in metrics
    assert 'bourse_bearer_failures_total{provider="google"} 0' in metrics
    seconds = daemon.metric("bourse_bearer_seconds")
    assert 3500 < seconds <= 3600


# ---- reloading ----

def test_another_source_is_followed_after_a_reload_and_the_old_one_is_left(serve, google, metadata):
    metadata.lives = 3
    with vertex.Metadata() as other:
        daemon = serve(configuration(google, metadata.url))
        assert daemon.chat().status == 200
        google.behaviour = vertex.Vertex(other.knows)
        daemon.write(configuration(google, other.url))
        assert daemon.ask("POST", "/reload", admin=True).status == 200
        assert daemon.chat().status == 200
        asked = len(metadata.times)
        time.sleep(2)
        assert len(metadata.times) == asked


def test_a_reload_keeps_the_token(serve, google, metadata):
    daemon = serve(configuration(google, metadata.url))
    assert daemon.chat().status == 200
    assert daemon.ask("POST", "/reload", admin=True).status == 200
    assert daemon.chat().status == 200
    assert len(metadata.times) == 1
