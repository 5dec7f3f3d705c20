"""One explanation, whoever is asked: before a call, with it, after it, and without a daemon."""
import json
import subprocess

import pytest

from harness.daemon import BOURSE, configuration

RULES = """
  clever:
    candidates: [m0, m1]
    objective: balanced
    rules:
      - name: secrets stay home
        when: {metadata: {classification: internal}}
        only: [m1]
      - name: nobody asks that
        when: {text: "/forbidden/"}
        deny: "not here"
"""
PROMPT = "Fix this bug:\n```c\nint main(void) { return x; }\n```"
CHAT = {"model": "clever", "messages": [{"role": "user", "content": PROMPT}]}
INTERNAL = {**CHAT, "metadata": {"classification": "internal"}}
DENIED = {**CHAT, "messages": [{"role": "user", "content": "the forbidden question"}]}
TOO_DEAR = {**CHAT, "bourse": {"max_cost": 0}}


@pytest.fixture
def clever(serve, provider, second):
    config = configuration(provider.url, second.url, routes=RULES)
    return serve(config.replace("price: {input: 1, output: 2}", "price: {input: 5, output: 9}", 1))


def without_id(explanation):
    return {name: value for name, value in explanation.items() if name != "id"}


def explain(bourse, body, *arguments, code=0):
    run = subprocess.run([BOURSE, "explain", "-c", bourse.config_path, "--json", *arguments],
                         input=json.dumps(body).encode(), capture_output=True, check=False,
                         env=bourse.environment)
    assert run.returncode == code, run.stderr
    return json.loads(run.stdout)


def first_comment(stream):
    assert stream.startswith(b": ")
    return json.loads(stream[2:stream.index(b"\n\n")])


@pytest.mark.parametrize("body", [CHAT, INTERNAL], ids=["free", "bound by a rule"])
def test_all_ways_to_ask_agree(clever, body):
    dry = clever.ask("POST", "/v1/route", body).json()
    offline = explain(clever, body)
    assert without_id(dry) == without_id(offline)

    reply = clever.ask("POST", "/v1/chat/completions", body, {"x-bourse-explain": "1"})
    inside = reply.json()["bourse"]
    assert without_id(inside) == without_id(dry)
    assert inside["id"] == reply.headers["x-bourse-decision"]
    assert clever.page(f"/decisions/{inside['id']}").json() == inside


def test_the_explanation_of_a_stream_is_its_first_comment(clever):
    reply = clever.ask("POST", "/v1/chat/completions", {**CHAT, "stream": True},
                       {"x-bourse-explain": "1"})
    comment = first_comment(reply.body)
    assert comment == clever.page(f"/decisions/{reply.headers['x-bourse-decision']}").json()
    assert reply.body.endswith(b"data: [DONE]\n\n")


def test_nothing_is_explained_to_who_does_not_ask(clever):
    assert "bourse" not in clever.ask("POST", "/v1/chat/completions", CHAT).json()


def test_a_dry_run_calls_nobody(clever, provider, second):
    assert clever.ask("POST", "/v1/route", CHAT).status == 200
    assert clever.ask("POST", "/route", CHAT).status == 200
    assert provider.seen == [] and second.seen == []


def test_the_decision_is_what_happens(clever, provider, second):
    order = clever.ask("POST", "/v1/route", INTERNAL).json()["order"]
    reply = clever.ask("POST", "/v1/chat/completions", INTERNAL)
    assert order == ["m1"] and reply.headers["x-bourse-model"] == "m1"
    assert reply.headers["x-bourse-rule"] == "secrets stay home"
    assert (len(provider.seen), len(second.seen)) == (0, 1)


def test_every_candidate_has_its_terms_or_its_reason(clever):
    explanation = clever.ask("POST", "/v1/route", INTERNAL).json()
    candidates = {candidate["model"]: candidate for candidate in explanation["candidates"]}
    assert candidates["m0"]["ruled_out"] and candidates["m0"]["detail"]
    chosen = candidates["m1"]
    assert chosen["ruled_out"] is None and chosen["place"] == 1
    assert chosen["quality"]["source"] == "configuration"
    assert chosen["cost"]["expected_usd"] > 0 and chosen["cost"]["tokens_in"] > 0
    assert chosen["latency"]["expected_seconds"] > 0
    assert explanation["features"]["task"] == "coding"


def test_flips_tell_what_would_change_the_first_place(clever):
    flips = clever.ask("POST", "/v1/route", CHAT).json()["flips"]
    assert flips
    for flip in flips:
        changed = {**CHAT, "bourse": {flip["number"]: flip["to"] * (
            1.01 if flip["to"] > flip["from"] else 0.99)}}
        assert clever.ask("POST", "/v1/route", changed).json()["model"] == flip["model"]


@pytest.mark.parametrize("body, status, reason", [(DENIED, 403, "denied"),
                                                  (TOO_DEAR, 400, "no_candidate")],
                         ids=["denied by a rule", "nobody may answer"])
@pytest.mark.parametrize("stream", [False, True])
def test_all_ways_to_ask_agree_about_a_refusal(clever, provider, body, status, reason, stream):
    body = {**body, "stream": stream}
    dry = clever.ask("POST", "/v1/route", body)
    assert (dry.status, dry.json()["error"]["reason"]) == (200, reason)
    assert (dry.json()["order"], dry.json()["model"]) == ([], None)
    assert without_id(explain(clever, body, code=1)) == without_id(dry.json())

    reply = clever.ask("POST", "/v1/chat/completions", body, {"x-bourse-explain": "1"})
    inside = reply.json()["bourse"]
    assert reply.status == status and reply.error()["metadata"]["reason"] == reason
    assert without_id(inside) == without_id(dry.json())
    assert clever.page(f"/decisions/{reply.headers['x-bourse-decision']}").json() == inside
    assert provider.seen == []


def test_a_denial_is_answered_with_403_and_the_words_of_its_rule(clever, provider):
    reply = clever.ask("POST", "/v1/chat/completions", DENIED)
    assert reply.status == 403 and "not here" in reply.error()["message"]
    assert reply.headers["x-bourse-rule"] == "nobody asks that"
    assert "bourse" not in reply.json() and provider.seen == []


def test_an_error_carries_the_explanation_of_who_was_to_answer(clever, provider, second):
    provider.behaviour = second.behaviour = lambda reply: reply.error(500)
    reply = clever.ask("POST", "/v1/chat/completions", CHAT, {"x-bourse-explain": "1"})
    assert reply.status == 503 and reply.error()
    assert reply.json()["bourse"] == clever.page(
        f"/decisions/{reply.headers['x-bourse-decision']}").json()


def test_a_suffix_changes_the_objective_of_one_request(clever):
    cheap = clever.ask("POST", "/v1/route", {**CHAT, "model": "clever:floor"}).json()
    assert cheap["objective"]["name"] == "cheapest"


@pytest.mark.parametrize("member, number", [("answer_value", 0.5), ("second_cost", 0.7), ("max_cost", 1e-9)])
def test_numbers_in_headers_and_in_the_body_mean_the_same(clever, member, number):
    inside = clever.ask("POST", "/v1/route", {**CHAT, "bourse": {member: number}}).json()
    header = clever.ask("POST", "/v1/route", CHAT, {f"x-bourse-{member.replace('_', '-')}": str(number)}).json()
    neither = clever.ask("POST", "/v1/route", CHAT).json()
    assert without_id(inside) == without_id(header) != without_id(neither)


def test_an_unknown_decision_is_a_404(clever):
    reply = clever.page("/decisions/dec_nothing")
    assert reply.status == 404
    reply.error()


def test_the_models_page_lists_routes_and_models(clever):
    listed = {model["id"]: model for model in clever.ask("GET", "/v1/models").json()["data"]}
    assert {"auto", "clever", "m0", "m1"} <= set(listed)
    assert clever.ask("GET", "/v1/models/clever").json()["id"] == "clever"


def test_a_model_that_is_not_known_is_named_in_the_error(clever):
    error = clever.ask("POST", "/v1/route", {**CHAT, "model": "gpt-99"}).error()
    assert error["code"] == "model_not_found" and "gpt-99" in error["message"]
