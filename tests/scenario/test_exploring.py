"""A share of the traffic goes where least is known, and says so."""
from harness.daemon import configuration

ROUTES = """
  curious: {{candidates: [m0, m1], objective: best, explore: {share}, explore_max_cost: 1}}
  bound:
    extends: curious
    rules: [{{when: {{turns: ">= 1"}}, only: [m0, m1]}}]
"""


def curious(serve, provider, second, share):
    return serve(configuration(provider.url, second.url, routes=ROUTES.format(share=share)))


def test_who_was_never_asked_is_asked_once_in_a_while(serve, provider, second):
    bourse = curious(serve, provider, second, "20%")
    explored = 0
    for _ in range(300):
        reply = bourse.chat(model="curious")
        assert reply.status == 200
        marked = reply.headers.get("x-bourse-explored") == "1"
        assert marked == (reply.headers["x-bourse-model"] == "m1")
        explored += marked
    assert 30 <= explored <= 95, explored
    assert bourse.metric("bourse_explored_total") == explored
    assert len(second.seen) == explored
    lines = [line for line in bourse.exchanges(300) if "explored=true" in line]
    assert len(lines) == explored and all("model=m1" in line for line in lines)


def test_the_explanation_says_that_it_was_explored(serve, provider, second):
    bourse = curious(serve, provider, second, "100%")
    bourse.chat(model="curious")
    reply = bourse.chat(model="curious", bourse={"explain": True})
    explanation = bourse.page(f"/decisions/{reply.headers['x-bourse-decision']}").json()
    assert explanation["explored"] == explanation["model"] == "m1"
    dry = bourse.ask("POST", "/v1/route", {"model": "curious", "messages": [
        {"role": "user", "content": "hi"}]}).json()
    assert dry["explored"] is None and dry["model"] == "m0"


def test_under_a_rules_only_nobody_is_explored(serve, provider, second):
    bourse = curious(serve, provider, second, "100%")
    for _ in range(10):
        assert bourse.chat(model="bound").headers["x-bourse-model"] == "m0"


def test_an_explored_model_that_fails_is_followed_by_the_best(serve, provider, second):
    second.behaviour = lambda reply: reply.error(401)
    bourse = curious(serve, provider, second, "100%")
    bourse.chat(model="curious")
    reply = bourse.chat(model="curious")
    assert reply.status == 200 and reply.headers["x-bourse-model"] == "m0"
    assert len(second.seen) == 1
