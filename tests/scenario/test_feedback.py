"""Callers say how good answers were; that moves the quality of a model for a task, and not far."""
import hashlib
import json

import pytest

from harness.daemon import configuration

KEYS = "keys: {" + ", ".join(
    f'{name}: "sha256:{hashlib.sha256(name.encode()).hexdigest()}"' for name in ("red", "blue")) + "}"
SECRET = "my-private-remark-4711"


@pytest.fixture
def bourse(serve, provider, second):
    return serve(configuration(provider.url, second.url, extra=KEYS))


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def chat(bourse, key="red", **members):
    return bourse.chat(headers=bearer(key), **members)


def rate(bourse, body, key="red", **options):
    return bourse.ask("POST", "/v1/feedback", body, bearer(key), **options)


def quality(bourse):
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
    reply = bourse.ask("POST", "/v1/route", body, bearer("red")).json()
    return {entry["model"]: entry["quality"] for entry in reply["candidates"]}["m0"]


def test_a_rating_moves_the_quality_and_is_explained(bourse):
    before = quality(bourse)
    assert before["feedback"] is None
    for name, header in (("decision", "x-bourse-decision"), ("request_id", "x-request-id")):
        reply = rate(bourse, {name: chat(bourse).headers[header], "score": 0})
        assert reply.status == 200
        assert reply.json() == {"object": "feedback", "model": "m0", "task": "chat", "score": 0}
    after = quality(bourse)
    assert after["expected"] == pytest.approx(before["expected"] * 20 / 22, rel=0.001)
    assert after["feedback"]["mean"] == 0
    assert after["feedback"]["samples"] == pytest.approx(2, rel=0.001)
    status = {entry["name"]: entry for entry in bourse.page("/status").json()["models"]}
    assert status["m0"]["live"]["feedback"]["chat"]["mean"] == 0
    assert bourse.metric("bourse_feedback_total") == 2


def test_many_bad_ratings_send_the_traffic_elsewhere_and_are_bounded(bourse):
    models = set()
    for _ in range(40):
        reply = chat(bourse)
        models.add(reply.headers["x-bourse-model"])
        score = 0 if reply.headers["x-bourse-model"] == "m0" else 1
        rate(bourse, {"decision": reply.headers["x-bourse-decision"], "score": score})
    assert models == {"m0", "m1"} and chat(bourse).headers["x-bourse-model"] == "m1"
    assert quality(bourse)["feedback"]["share"] <= 0.5


def test_an_answer_can_be_rated_once(bourse):
    body = {"decision": chat(bourse).headers["x-bourse-decision"], "score": 1}
    assert rate(bourse, body).status == 200
    again = rate(bourse, body)
    assert again.status == 400 and again.error()["code"] == "already_rated"
    assert bourse.metric("bourse_feedback_total") == 1


def test_only_who_asked_may_rate(bourse):
    body = {"decision": chat(bourse).headers["x-bourse-decision"], "score": 1}
    assert rate(bourse, body, key="blue").status == 404
    assert rate(bourse, body, key="green").status == 401
    assert bourse.ask("POST", "/v1/feedback", body).status == 401
    assert rate(bourse, body).status == 200


def test_an_answer_that_never_came_cannot_be_rated(bourse, provider, second):
    provider.behaviour = second.behaviour = lambda reply: reply.error(500)
    failed = chat(bourse)
    assert failed.status == 503
    assert rate(bourse, {"request_id": failed.headers["x-request-id"], "score": 0}).status == 404


@pytest.mark.parametrize("body, param", [
    ({"score": 1}, "decision"),
    ({"decision": "a", "request_id": "b", "score": 1}, "decision"),
    ({"decision": 7, "score": 1}, "decision"),
    ({"request_id": None, "score": 1}, "request_id"),
    ({"decision": "dec_1"}, "score"),
    ({"decision": "dec_1", "score": "good"}, "score"),
    ({"decision": "dec_1", "score": True}, "score"),
    ({"decision": "dec_1", "score": 1.01}, "score"),
    ({"decision": "dec_1", "score": -0.1}, "score"),
    ({"decision": "dec_1", "score": 1, "comment": {}}, "comment"),
    ({"decision": "dec_1", "score": 1, "stars": 5}, "stars"),
    ([], None), ("{", None), ("", None), ('{"score": 1, "score": 0}', None),
    ('{"decision": "dec_1", "score": NaN}', None),
])
def test_bad_input_is_told_where_it_is_bad(bourse, body, param):
    reply = rate(bourse, body)
    assert reply.status == 400
    error = reply.error()
    assert error["param"] == param and error["message"]


def test_unknown_ids_methods_types_and_sizes_are_refused(bourse):
    assert rate(bourse, {"decision": "dec_1", "score": 1}).status == 404
    assert rate(bourse, {"decision": "x" * 20000, "score": 1}).status == 413
    assert bourse.ask("GET", "/v1/feedback", headers=bearer("red")).status == 405
    text = {**bearer("red"), "Content-Type": "text/plain"}
    assert bourse.ask("POST", "/v1/feedback", "{}", text).status == 415


def test_a_comment_is_counted_and_never_written_anywhere(bourse, tmp_path):
    reply = chat(bourse)
    body = {"decision": reply.headers["x-bourse-decision"], "score": 0.5, "comment": SECRET}
    assert rate(bourse, body).status == 200
    assert rate(bourse, {**body, "decision": SECRET, "score": 2}).status == 400
    assert bourse.metric("bourse_feedback_comments_total") == 1
    bourse.exchanges(3)
    assert SECRET not in bourse.log()
    for page in ("/status", "/metrics"):
        assert SECRET not in bourse.page(page).body.decode()


def test_ratings_outlive_a_restart(serve, provider, tmp_path):
    config = configuration(provider.url, extra=f"live_state: {tmp_path / 'live'}\n{KEYS}")
    bourse = serve(config)
    rate(bourse, {"decision": chat(bourse).headers["x-bourse-decision"], "score": 0.25})
    bourse.stop()
    assert json.dumps(quality(serve(config))["feedback"]["mean"]) == "0.25"
