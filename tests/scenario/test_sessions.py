"""A session stays where its prompt is cached, as long as that is worth it."""
import pytest

from harness.daemon import configuration
from harness.provider import COMPLETION

LONG = "The history of the city, told at length. " * 400

# of the keys `red` and `blue`
HASHES = ("b1f51a511f1da0cd348b8f8598db32e61cb963e5fc69e2b41485bf99590ed75a",
          "16477688c0e00699c6cfa4497a3612d7e83c532062b64b250fed8908128ed548")

ROUTES = """
  talk:
    candidates: [m0, m1]
    objective: cheapest
    rules:
      - {when: {metadata: {pin: second}}, only: [m1]}
  loose: {extends: talk, sticky: off}
"""


def cache_well(reply):
    reply.whole({**COMPLETION, "usage": {
        "prompt_tokens": 4400, "completion_tokens": 2, "total_tokens": 4402,
        "prompt_tokens_details": {"cached_tokens": 4300}}})


def fail(reply):
    reply.error(500)


@pytest.fixture
def talk(serve, provider, second, tmp_path):
    provider.behaviour = second.behaviour = cache_well
    config = configuration(provider.url, second.url, routes=ROUTES,
                           extra=f"live_state: {tmp_path}/live\n"
                                 "keys: {red: \"sha256:%s\", blue: \"sha256:%s\"}" % HASHES)
    config = config.replace("price: {input: 1,", "price: {input: 1, cached_input: 0.1,")
    config = "input: 1.5,".join(config.rsplit("input: 1,", 1))  # m1 is the dearer one

    def ask(session=None, pin=None, key="red", headers=None, **members):
        body = {"model": "talk", "max_tokens": 2, "messages": [{"role": "user", "content": LONG}],
                **members}
        if session:
            body["session_id"] = session
        if pin:
            body["metadata"] = {"pin": pin}
        return ask.bourse.ask("POST", "/v1/chat/completions", body,
                              {"Authorization": f"Bearer {key}", **(headers or {})})

    ask.config, ask.bourse = config, serve(config)
    return ask


def model(reply):
    assert reply.status == 200, reply.body
    return reply.headers["x-bourse-model"]


def explain(talk, **members):
    body = {"model": "talk", "messages": [{"role": "user", "content": LONG}], **members}
    reply = talk.bourse.ask("POST", "/v1/route", body, {"Authorization": "Bearer red"})
    return {entry["model"]: entry for entry in reply.json()["candidates"]}


def test_a_session_stays_with_its_model_and_another_does_not(talk):
    assert model(talk("s-1")) == "m0"
    assert model(talk("s-2", pin="second")) == "m1"
    assert model(talk("s-2")) == "m1"
    assert model(talk("s-1")) == "m0" and model(talk()) == "m0"


@pytest.mark.parametrize("how", [{"prompt_cache_key": "s-2"}, {"headers": {"X-Session-Id": "s-2"}}])
def test_all_ways_to_name_a_session_name_the_same(talk, how):
    assert model(talk("s-2", pin="second")) == "m1"
    assert model(talk(**how)) == "m1"


def test_the_expected_saving_is_a_term_of_the_explanation(talk):
    talk("s-2", pin="second")
    candidates = explain(talk, session_id="s-2")
    cost = candidates["m1"]["cost"]
    assert cost["cached_tokens_expected"] > 2000
    assert cost["session"]["saving_usd"] > 0.0015 and cost["session"]["age_ms"] < 60000
    assert candidates["m0"]["cost"]["cached_tokens_expected"] == 0
    assert candidates["m0"]["cost"]["session"] is None


def test_callers_do_not_share_sessions(talk):
    talk("s-2", pin="second")
    assert model(talk("s-2", key="blue")) == "m0"


def test_a_route_that_is_not_sticky_decides_anew(talk):
    talk("s-2", pin="second")
    assert model(talk("s-2", model="loose")) == "m0"


def test_a_model_that_fails_loses_the_session_at_once(talk, second):
    assert model(talk("s-2", pin="second")) == "m1"
    second.behaviour = fail
    assert model(talk("s-2")) == "m0"
    second.behaviour = cache_well
    asked = len(second.seen)
    candidates = explain(talk, session_id="s-2")
    assert candidates["m1"]["cost"]["session"] is None
    assert candidates["m0"]["cost"]["session"]
    assert model(talk("s-2")) == "m0" and len(second.seen) == asked


def test_a_session_finds_its_model_again_after_a_restart(talk, serve):
    assert model(talk("s-2", pin="second")) == "m1"
    assert talk.bourse.stop() == 0
    talk.bourse = serve(talk.config)
    assert model(talk("s-2")) == "m1"
    assert model(talk("s-2", key="blue")) == "m0" and model(talk("s-3")) == "m0"


def test_a_session_finds_its_model_again_in_the_successor(talk, line):
    assert model(talk("s-2", pin="second")) == "m1"
    line(talk.bourse).upgrade()
    assert model(talk("s-2")) == "m1" and model(talk("s-3")) == "m0"
    assert talk.bourse.wait() == 0
