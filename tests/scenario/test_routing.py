"""Who answers: what a request asks for, in the words of several routers, and what was measured."""
import hashlib
import time

import pytest

from harness.daemon import configuration
from harness.provider import COMPLETION, answer_well

RULES = """
  ruled:
    candidates: [m0, m1]
    objective: best
    rules:
      - {name: by header, when: {header: {x-team: /^sea/}}, only: [m1]}
      - {name: by key, when: {key: search}, only: [m1]}
      - {name: by endpoint, when: {endpoint: [embeddings, responses]}, only: [m1]}
      - {name: by stream, when: {stream: true}, only: [m1]}
      - {name: by tag, when: {tags: [night]}, only: [m1]}
      - {name: by user, when: {user: ada}, only: [m1]}
      - {name: by tools, when: {has: [tools]}, only: [m1]}
      - {name: by images, when: {has: images}, only: [m1]}
      - {name: by text, when: {text: /invoice/i}, only: [m1]}
      - {name: by system, when: {system: /lawyer/}, only: [m1]}
      - {name: by turns, when: {turns: "> 2"}, only: [m1]}
      - {name: by size, when: {tokens_in: "> 2500"}, only: [m1]}
      - {name: by language, when: {language: ja}, only: [m1]}
      - {name: by name, when: {model: "ruled:nitro"}, only: [m1]}
"""
HI = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
IMAGE = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]

# rule, path, members of the body, headers
ASKED = [
    (None, "chat/completions", {}, {}),
    ("by header", "chat/completions", {}, {"X-Team": "search"}),
    ("by key", "chat/completions", {}, {"Authorization": "Bearer bk-search"}),
    ("by endpoint", "embeddings", {"input": "hi"}, {}),
    ("by endpoint", "responses", {"input": "hi"}, {}),
    (None, "completions", {"prompt": "hi"}, {}),
    ("by stream", "chat/completions", {"stream": True}, {}),
    ("by tag", "chat/completions", {"metadata": {"tags": ["night"]}}, {}),
    ("by user", "chat/completions", {"user": "ada"}, {}),
    ("by tools", "chat/completions", {"tools": [TOOL]}, {}),
    ("by images", "chat/completions", {"messages": [{"role": "user", "content": IMAGE}]}, {}),
    ("by text", "chat/completions", {"messages": [{"role": "user", "content": "an Invoice"}]}, {}),
    ("by system", "chat/completions",
     {"messages": [{"role": "developer", "content": "You are a lawyer."}, HI]}, {}),
    ("by turns", "chat/completions", {"messages": [HI, HI, HI]}, {}),
    ("by size", "chat/completions", {"messages": [{"role": "user", "content": "word " * 3000}]}, {}),
    ("by language", "chat/completions", {"messages": [{"role": "user", "content": "これは何ですか"}]}, {}),
    ("by name", "chat/completions", {"model": "ruled:nitro"}, {}),
]


def keys(**routes):
    lines = [f"  {name}: {{hash: 'sha256:{hashlib.sha256(f'bk-{name}'.encode()).hexdigest()}'{bound}}}"
             for name, bound in routes.items()]
    return "auth: keys\nkeys:\n" + "\n".join(lines)


def bearer(name):
    return {"Authorization": f"Bearer bk-{name}"}


@pytest.mark.parametrize("rule, path, members, headers", ASKED,
                         ids=[f"{row[0]}, {row[1]}" for row in ASKED])
def test_a_rule_sees_what_the_client_sent(serve, provider, second, rule, path, members, headers):
    bourse = serve(configuration(provider.url, second.url, routes=RULES,
                                 extra=keys(other="", search="")))
    body = {"model": "ruled", **({"messages": [HI]} if "chat" in path else {}), **members}
    reply = bourse.ask("POST", f"/v1/{path}", body, {**bearer("other"), **headers})
    assert reply.status == 200, reply.body
    assert reply.headers.get("x-bourse-rule") == rule
    assert reply.headers["x-bourse-model"] == ("m1" if rule else "m0")


def test_header_and_log_line_name_all_rules_that_matched(serve, provider, second):
    routes = """
  ruled:
    candidates: [m0, m1]
    rules:
      - {name: long words, when: {text: /dictionary/}, exclude: m1}
      - {name: everybody, prefer: {m1: 0.1}}
      - {name: streams, when: {stream: true}, exclude: m0}
      - {name: at last, prefer: {m0: 0.1}}"""
    bourse = serve(configuration(provider.url, second.url, routes=routes))
    assert bourse.chat(model="ruled").headers["x-bourse-rule"] == "everybody,at last"
    assert ' rule="everybody,at last" ' in bourse.exchanges()[0]


@pytest.fixture
def bourse(serve, provider, second):
    return serve(configuration(provider.url, second.url))


@pytest.mark.parametrize("members, order", [
    ({}, ["m0", "m1"]),
    ({"model": "m1"}, ["m1"]),
    ({"model": "p1/m1"}, ["m1"]),
    ({"model": "m1:floor"}, ["m1"]),
    ({"model": "m1", "models": ["m0"]}, ["m1", "m0"]),
    ({"fallbacks": ["m0"], "model": "m1"}, ["m1", "m0"]),
    ({"provider": {"order": ["p1"]}}, ["m1", "m0"]),
    ({"provider": {"order": ["p1"], "allow_fallbacks": False}}, ["m1"]),
    ({"provider": {"only": ["p1"]}}, ["m1"]),
    ({"provider": {"ignore": ["p0"]}}, ["m1"]),
], ids=str)
def test_conventions_of_other_routers_mean_what_they_mean_there(bourse, provider, second, members,
                                                                order):
    body = {"model": "auto", "messages": [HI], **members}
    assert bourse.ask("POST", "/v1/route", body).json()["order"] == order
    provider.behaviour = second.behaviour = lambda reply: reply.error(401)
    failed = bourse.ask("POST", "/v1/chat/completions", body).error()["metadata"]["previous_errors"]
    assert [attempt["model"] for attempt in failed] == order


@pytest.mark.parametrize("members", [
    {"provider": {"quantizations": ["fp8"]}}, {"provider": {"base_url": "http://127.0.0.1:9/v1"}},
    {"provider": "http://127.0.0.1:9"}, {"models": [1]}, {"bourse": {"answer_valu": 1}},
], ids=str)
def test_a_wish_that_cannot_be_kept_is_refused_and_not_passed_over(bourse, provider, members):
    reply = bourse.chat(**members)
    assert reply.status == 400 and reply.error()["param"]
    assert provider.seen == []


@pytest.mark.parametrize("members, headers", [
    ({"base_url": "http://127.0.0.1:9/v1", "api_base": "http://127.0.0.1:9"}, {}),
    ({}, {"X-Forwarded-Host": "127.0.0.1:9", "x-bourse-base-url": "http://127.0.0.1:9"}),
    ({}, {"x-portkey-custom-host": "http://127.0.0.1:9", "Host": "127.0.0.1:9"}),
], ids=["in the body", "in headers", "in headers of others"])
def test_a_client_cannot_choose_who_is_called(bourse, provider, members, headers):
    assert bourse.chat(headers=headers, **members).json() == COMPLETION
    assert len(provider.seen) == 1


@pytest.mark.parametrize("model, members, why", [
    ("small", {"messages": [{"role": "user", "content": "word " * 3000}]}, "context"),
    ("small", {"max_tokens": 500}, "output"),
    ("plain", {"tools": [TOOL]}, "tools"),
    ("plain", {"messages": [{"role": "user", "content": IMAGE}]}, "vision"),
    ("plain", {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}},
     "json_schema"),
])
def test_who_cannot_answer_is_never_asked(serve, provider, second, model, members, why):
    config = configuration(provider.url, second.url).replace("capabilities", "x")
    limits = {"small": "context_window: 1000, max_output_tokens: 100", "plain": "capabilities: []"}
    config = config.replace("routes:\n", f"  weak: {{provider: p0, price: {{input: 0, output: 0}}, "
                            f"quality: {{default: 0.99}}, {limits[model]}}}\nroutes:\n"
                            "  both: {candidates: [weak, m1], objective: best}\n")
    bourse = serve(config)
    second.behaviour = lambda reply: reply.error(500)
    body = {"model": "both", "messages": [HI], **members}
    explained = bourse.ask("POST", "/v1/route", body).json()
    assert explained["order"] == ["m1"]
    weak = next(one for one in explained["candidates"] if one["model"] == "weak")
    assert why in weak["ruled_out"] + weak["detail"]
    bourse.ask("POST", "/v1/chat/completions", body)
    assert provider.seen == []
    assert bourse.ask("POST", "/v1/route", {"model": "both", "messages": [HI]}).json()["order"][0] == "weak"


def test_a_model_that_was_seen_to_be_slow_falls_behind(serve, provider, second):
    def slowly(reply):
        time.sleep(0.4)
        answer_well(reply)

    provider.behaviour = slowly
    config = configuration(provider.url, second.url).replace(
        "objective: best", "objective: {answer_value: 0.01, second_cost: 1}")
    config = config.replace("quality: {default: 0.9}", "latency: {first_token: 20ms}")
    config = config.replace("quality: {default: 0.8}", "latency: {first_token: 100ms}")
    bourse = serve(config)
    body = {"model": "auto", "messages": [HI], "max_tokens": 1, "stream": True}
    before = bourse.ask("POST", "/v1/route", body).json()
    for _ in range(12):
        bourse.chat(model="m0", stream=True)
    after = bourse.ask("POST", "/v1/route", body).json()
    assert (before["model"], after["model"]) == ("m0", "m1")
    latency = {one["model"]: one["latency"] for one in after["candidates"]}
    assert latency["m0"]["samples"] > 10 and latency["m1"]["samples"] == 0
    assert latency["m0"]["source"] != "configuration" and latency["m1"]["source"] == "configuration"


def test_a_key_that_is_bound_to_routes_sees_and_reaches_no_others(serve, provider):
    bourse = serve(configuration(provider.url, routes="  other: {candidates: [m0, m0b]}\n".replace(
        ", m0b", ""), extra="default_provider: p0\n" + keys(free="", bound=", routes: [other]")))
    bound = bearer("bound")
    assert [m["id"] for m in bourse.ask("GET", "/v1/models", headers=bound).json()["data"]] == ["other"]
    unknown = bourse.ask("GET", "/v1/models/no-such", headers=bound)
    hidden = bourse.ask("GET", "/v1/models/auto", headers=bound)
    assert hidden.status == unknown.status == 404
    for model in ("auto", "m0", "p0/m0", "auto:floor"):
        reply = bourse.chat(model=model, headers=bound)
        assert (reply.status, reply.error()["code"]) == (404, "model_not_found")
    assert bourse.ask("GET", "/v1/files", headers=bound).status == 404
    assert provider.seen == []
    assert bourse.chat(model="other", headers=bound).status == 200
    assert bourse.chat(model="auto", headers=bearer("free")).status == 200
