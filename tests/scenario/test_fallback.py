"""A provider that fails before the client has seen a byte is invisible but for a header."""
import json
import time

import pytest

from harness.daemon import CANARY_KEY, configuration, free_port
from harness.provider import COMPLETION


def failing(status, headers=None):
    return lambda reply: reply.error(status, f"said {status}", headers)


def resetting(reply):
    reply.cut()


def nowhere():
    return f"http://127.0.0.1:{free_port()}/v1"


def test_a_refused_connection_leads_to_the_next_candidate(serve, second):
    bourse = serve(configuration(nowhere(), second.url))
    reply = bourse.chat()
    assert reply.json() == COMPLETION
    assert reply.headers["x-bourse-attempts"] == "2"
    assert (reply.headers["x-bourse-model"], reply.headers["x-bourse-provider"]) == ("m1", "p1")


@pytest.mark.parametrize("status, tries", [(401, 1), (429, 1), (408, 2), (500, 2), (502, 2), (503, 2),
                                           (504, 2), (529, 2)])
@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_of_the_provider_leads_to_the_next_candidate(serve, provider, second, status, tries,
                                                               stream):
    provider.behaviour = failing(status)
    bourse = serve(configuration(provider.url, second.url))
    reply = bourse.chat(stream=stream)
    assert reply.status == 200
    assert len(provider.seen) == tries
    assert reply.headers["x-bourse-attempts"] == str(tries + 1)
    assert second.seen[0].json()["model"] == "up-1"
    assert bourse.metric("bourse_fallbacks_total") == tries
    assert bourse.metric("bourse_attempt_failures_total") == tries


def test_a_connection_closed_without_an_answer_leads_to_the_next_candidate(serve, provider, second):
    provider.behaviour = resetting
    reply = serve(configuration(provider.url, second.url)).chat()
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")


def test_an_answer_that_is_not_json_leads_to_the_next_candidate(serve, provider, second):
    provider.behaviour = lambda reply: reply.whole("<html>maintenance</html>")
    reply = serve(configuration(provider.url, second.url)).chat()
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")


def test_an_error_as_the_first_event_leads_to_the_next_candidate(serve, provider, second):
    def error_first(reply):
        reply.begin_stream()
        reply.event({"error": {"message": "overloaded", "type": "server_error"}})
        reply.end_stream()

    provider.behaviour = error_first
    reply = serve(configuration(provider.url, second.url)).chat(stream=True)
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
    assert b"overloaded" not in reply.body


def test_what_was_said_before_the_failure_does_not_reach_the_client(serve, provider, second):
    def comment_then_cut(reply):
        reply.begin_stream()
        reply.piece(": warming up\n\n")
        reply.cut()

    provider.behaviour = comment_then_cut
    reply = serve(configuration(provider.url, second.url)).chat(stream=True)
    assert reply.headers["x-bourse-model"] == "m1"
    assert b"warming" not in reply.body


def test_a_silent_provider_is_left_after_one_timeout(serve, provider, second):
    provider.behaviour = lambda reply: reply.wait_until_left(5)
    bourse = serve(configuration(provider.url, second.url,
                                 provider_extra="first_token_timeout: 300ms"))
    began = time.monotonic()
    reply = bourse.chat(stream=True)
    assert reply.headers["x-bourse-model"] == "m1"
    assert 0.25 < time.monotonic() - began < 2
    assert len(provider.seen) == 1


def test_the_error_names_all_that_failed_before(serve, provider, second):
    provider.behaviour, second.behaviour = failing(500), failing(503)
    reply = serve(configuration(provider.url, second.url)).chat()
    error = reply.error()
    assert reply.status == 503
    assert reply.headers["x-bourse-attempts"] == "4"
    assert [(e["provider"], e["model"], e["status"]) for e in error["metadata"]["previous_errors"]] \
        == 2 * [("p0", "m0", 500)] + 2 * [("p1", "m1", 503)]
    assert "said 503" in error["message"] and CANARY_KEY not in error["message"]


def test_a_rate_limit_is_passed_on_with_its_wait(serve, provider):
    provider.behaviour = failing(429, {"Retry-After": "7"})
    reply = serve(configuration(provider.url)).chat()
    assert (reply.status, reply.error()["code"]) == (429, "rate_limit_exceeded")
    assert (reply.headers["retry-after"], reply.headers["retry-after-ms"]) == ("7", "7000")


def test_no_wait_is_advertised_that_makes_a_client_give_up(serve, provider):
    provider.behaviour = failing(429, {"Retry-After": "3600"})
    assert serve(configuration(provider.url)).chat().headers["retry-after"] == "60"


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
def test_a_refusal_is_passed_on_as_it_is_without_another_attempt(serve, provider, second, status):
    body = json.dumps({"error": {"message": "too long", "type": "invalid_request_error",
                                 "param": "messages", "code": "context_length_exceeded"}}, indent=1)
    provider.behaviour = lambda reply: reply.whole(body, status)
    reply = serve(configuration(provider.url, second.url)).chat()
    assert (reply.status, reply.body.decode()) == (status, body)
    assert reply.headers["x-bourse-attempts"] == "1"
    assert second.seen == []


def test_a_refusal_of_many_words_is_a_refusal_all_the_same(serve, provider, second):
    provider.behaviour = lambda reply: reply.error(400, message="no " * 100000)
    reply = serve(configuration(provider.url, second.url)).chat()
    assert reply.status == 400 and reply.error()["metadata"]["reason"] == "provider_refused"
    assert len(reply.body) < 100000 and second.seen == []


def test_a_refusal_that_is_not_json_becomes_json(serve, provider):
    provider.behaviour = lambda reply: reply.whole("<html>no</html>", 400,
                                                   {"Content-Type": "text/html"})
    reply = serve(configuration(provider.url)).chat()
    assert reply.status == 400
    reply.error()


def test_the_provider_refusing_our_key_is_no_affair_of_the_client(serve, provider):
    provider.behaviour = lambda reply: reply.error(401, f"Incorrect API key: {CANARY_KEY}")
    reply = serve(configuration(provider.url)).chat()
    assert reply.status == 503
    assert CANARY_KEY.encode() not in reply.body and b"Incorrect" not in reply.body


def test_all_attempts_together_are_bounded(serve, provider):
    provider.behaviour = failing(500)
    urls = [provider.url] * 5
    config = configuration(*urls).replace("objective: best}", "objective: best, attempts: 3}")
    reply = serve(config).chat()
    assert (reply.status, reply.headers["x-bourse-attempts"]) == (503, "3")
    assert len(provider.seen) == 3


@pytest.mark.parametrize("attempts, told", [(2, "false"), (5, None)])
def test_a_client_is_told_not_to_retry_when_all_attempts_are_spent(serve, provider, second, attempts,
                                                                   told):
    provider.behaviour = second.behaviour = failing(401, {"X-Should-Retry": "true"}
                                                    if told else None)
    config = configuration(provider.url, second.url).replace(
        "objective: best}", f"objective: best, attempts: {attempts}}}")
    reply = serve(config).chat()
    assert (reply.status, reply.headers["x-bourse-attempts"]) == (503, "2")
    assert reply.headers.get("x-should-retry") == told


def test_what_clients_ask_again_is_told_and_counted(bourse):
    for count in ("0", "2", "-1", "many", "1e99", "nan"):
        assert bourse.chat(headers={"x-stainless-retry-count": count}).status == 200
    lines = bourse.exchanges(6)
    assert [line.count("client_retry=2") for line in lines] == [0, 1, 0, 0, 0, 0]
    assert sum("client_retry" in line for line in lines) == 1
    assert bourse.metric("bourse_client_retries_total") == 1


ENDPOINTS = {
    "chat/completions": {"messages": [{"role": "user", "content": "hi"}]},
    "completions": {"prompt": "hi"},
    "responses": {"input": "hi"},
    "embeddings": {"input": "hi"},
}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_what_follows_a_failure_is_the_same_for_every_endpoint(serve, provider, second, endpoint):
    provider.behaviour, second.behaviour = failing(503), lambda reply: reply.whole({"object": "list", "data": []})
    bourse = serve(configuration(provider.url, second.url))
    reply = bourse.ask("POST", f"/v1/{endpoint}", {"model": "auto", **ENDPOINTS[endpoint]})
    assert (reply.status, reply.headers["x-bourse-model"]) == (200, "m1")
    assert (len(provider.seen), len(second.seen)) == (2, 1)
    assert {seen.path for seen in provider.seen + second.seen} == {f"/v1/{endpoint}"}


def test_what_no_retry_would_cure_says_nothing_about_retries(serve, provider):
    provider.behaviour = failing(400)
    config = configuration(provider.url).replace("objective: best}", "objective: best, attempts: 1}")
    reply = serve(config).chat()
    assert reply.status == 400 and "x-should-retry" not in reply.headers


def test_a_stream_that_has_begun_is_not_begun_again_where_that_is_not_wished(serve, provider, second):
    def cutting(reply):
        reply.begin_stream()
        reply.say("half")
        reply.cut()

    provider.behaviour = cutting
    config = configuration(provider.url, second.url).replace("best}", "best, stream_failover: error}")
    reply = serve(config).chat(stream=True)
    assert reply.body.count(b"half") == 1 and b'"finish_reason":"error"' in reply.body
    assert second.seen == []


def test_the_log_names_who_answered_and_how_many_were_asked(serve, provider, second):
    provider.behaviour = failing(500)
    bourse = serve(configuration(provider.url, second.url))
    bourse.chat()
    line = bourse.exchanges()[0]
    assert "attempts=3" in line and "model=m1" in line and "status=200" in line
