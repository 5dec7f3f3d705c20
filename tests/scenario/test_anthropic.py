"""test_anthropic.py - OpenAI's clients, answered by a provider that speaks Anthropic's Messages API
and checks what it is sent against the public reference."""
import json
import time

import openai
import pytest

from harness import anthropic
from harness.provider import Provider, answer_well

MODEL = "provider: claude, upstream_model: claude-sonnet-4-5, price: {input: 3, output: 15}, " \
        "context_window: 200000, max_output_tokens: 64000"
TOOL = {"type": "function", "function": {
    "name": "weather", "description": "now", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}


def configuration(claude, other=None, route="candidates: [m, o], objective: best", model=MODEL):
    lines = ["workers: 1", "providers:",
             f"  claude: {{dialect: anthropic, base_url: '{claude}', api_key: env:CANARY_KEY}}"]
    models = [f"  m: {{{model}, quality: {{default: 0.9}}}}"]
    routes = ["routes:", "  auto: {candidates: [m]}"]
    if other:
        lines += [f"  other: {{base_url: '{other}', api_key: env:CANARY_KEY}}"]
        models += ["  o: {provider: other, upstream_model: up, price: {input: 1, output: 2}, "
                   "context_window: 200000, quality: {default: 0.5}}"]
        routes = ["routes:", f"  auto: {{{route}}}"]
    return "\n".join([*lines, "models:", *models, *routes]) + "\n"


@pytest.fixture
def claude(provider):
    provider.behaviour = anthropic.Anthropic()
    return provider


@pytest.fixture
def daemon(serve, claude):
    return serve(configuration(claude.url))


def client(daemon):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x", max_retries=0)


def ask(daemon, *messages, **options):
    messages = messages or ({"role": "user", "content": "hi"},)
    return client(daemon).chat.completions.create(model="auto", messages=messages, **options)


def test_a_plain_question_is_answered(daemon, claude):
    answer = ask(daemon, {"role": "system", "content": "be brief"},
                 {"role": "user", "content": "hi"}, temperature=0.5, stop=["x"], user="u-1")
    assert answer.choices[0].message.content == "hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens == 60 and answer.usage.completion_tokens == 7
    assert answer.usage.prompt_tokens_details.cached_tokens == 30
    assert claude.behaviour.bodies == [{
        "model": "claude-sonnet-4-5", "max_tokens": 64000,
        "system": [{"type": "text", "text": "be brief"}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "stop_sequences": ["x"], "temperature": 0.5, "metadata": {"user_id": "u-1"}}]


def test_a_stream_is_read_as_it_comes(daemon, claude):
    claude.behaviour.answer = anthropic.message(
        anthropic.thinking("let me see"), anthropic.text("one two three"))
    chunks = list(ask(daemon, stream=True, stream_options={"include_usage": True}))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "one two three"
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) \
        == "let me see"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 67
    assert len({chunk.id for chunk in chunks}) == 1


def test_usage_that_was_not_asked_for_is_not_shown_but_counted(daemon):
    assert all(chunk.choices for chunk in ask(daemon, stream=True))
    assert "tokens_in=60 tokens_out=7" in daemon.exchanges()[0]


def test_tools_are_called_and_their_results_go_back(daemon, claude):
    claude.behaviour.answer = anthropic.message(
        anthropic.tool_use("weather", {"city": "Köln"}, "toolu_1"),
        anthropic.tool_use("weather", {"city": "Bonn"}, "toolu_2"), stop_reason="tool_use")
    question = {"role": "user", "content": "rain?"}
    answer = ask(daemon, question, tools=[TOOL], tool_choice="required")
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    assert [json.loads(call.function.arguments)["city"] for call in message.tool_calls] \
        == ["Köln", "Bonn"]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "rain"}
               for call in message.tool_calls]
    claude.behaviour.answer = anthropic.message(anthropic.text("bring an umbrella"))
    last = ask(daemon, question, message.model_dump(exclude_none=True), *results, tools=[TOOL])
    assert last.choices[0].message.content == "bring an umbrella"
    turns = claude.behaviour.bodies[-1]["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert [block["tool_use_id"] for block in turns[2]["content"]] == ["toolu_1", "toolu_2"]


def test_streamed_calls_have_stable_indexes_and_whole_arguments(daemon, claude):
    claude.behaviour.answer = anthropic.message(
        anthropic.text("I look"), anthropic.tool_use("weather", {"city": "Köln \"x\""}, "toolu_1"),
        anthropic.tool_use("now", {}, "toolu_2"), stop_reason="tool_use")
    calls = {}
    for chunk in ask(daemon, stream=True, tools=[TOOL]):
        for call in chunk.choices[0].delta.tool_calls or []:
            known = calls.setdefault(call.index, {"id": call.id, "name": call.function.name,
                                                  "arguments": ""})
            known["arguments"] += call.function.arguments
    assert calls[0] == {"id": "toolu_1", "name": "weather", "arguments": '{"city": "K\\u00f6ln '
                        '\\"x\\""}'}
    assert calls[1] == {"id": "toolu_2", "name": "now", "arguments": "{}"}


def test_thoughts_go_back_with_what_proves_them(daemon, claude):
    claude.behaviour.answer = anthropic.message(
        anthropic.thinking("hm", "c2ln"), anthropic.tool_use("weather", {"city": "x"}),
        stop_reason="tool_use")
    question = {"role": "user", "content": "rain?"}
    message = ask(daemon, question, tools=[TOOL], reasoning_effort="low").choices[0].message
    ask(daemon, question, message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "rain"},
        tools=[TOOL], reasoning_effort="low")
    body = claude.behaviour.bodies[-1]
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 12800}
    assert body["messages"][1]["content"][0] == {"type": "thinking", "thinking": "hm",
                                                 "signature": "c2ln"}


@pytest.mark.parametrize("status, kind, words, error", [
    (400, "invalid_request_error", "bad", openai.BadRequestError),
    (404, "not_found_error", "model: x", openai.NotFoundError),
    (429, "rate_limit_error", "slow down", openai.RateLimitError),
    (500, "api_error", "oops", openai.InternalServerError),
    (529, "overloaded_error", "Overloaded", openai.InternalServerError),
    (401, "authentication_error", "invalid x-api-key", openai.InternalServerError),
    (402, "billing_error", "pay", openai.InternalServerError),
])
def test_errors_come_in_the_words_of_openai(serve, claude, status, kind, words, error):
    daemon = serve(configuration(claude.url).replace("[m]", "[m], attempts: 1"))
    claude.behaviour = lambda reply: anthropic.error(reply, status, kind, words)
    with pytest.raises(error) as raised:
        ask(daemon)
    assert set(raised.value.body) >= {"message", "type", "param", "code"}
    if status not in (401, 402):  # what is said of our own account is not for clients
        assert words in raised.value.body["message"]


def test_a_prompt_that_is_too_long_goes_to_a_larger_window(serve, claude, second):
    second.behaviour = answer_well
    claude.behaviour = lambda reply: anthropic.error(
        reply, 400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum")
    daemon = serve(configuration(claude.url, second.url).replace("upstream_model: up, price: "
                   "{input: 1, output: 2}, context_window: 200000",
                   "upstream_model: up, price: {input: 1, output: 2}, context_window: 900000"))
    assert ask(daemon).choices[0].message.content == "hello"


def test_an_overloaded_provider_is_followed_by_another(serve, claude, second):
    claude.behaviour = lambda reply: anthropic.error(reply, 529, "overloaded_error", "Overloaded")
    daemon = serve(configuration(claude.url, second.url))
    assert ask(daemon).choices[0].message.content == "hello"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in ask(daemon, stream=True)) \
        == "hello"


def test_a_limit_that_is_used_up_is_left_alone(serve, claude, second):
    """The answer is good, and says that nothing more will be answered for a while."""
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    claude.behaviour = lambda reply: reply.whole(
        anthropic.message(anthropic.text("the last one")),
        headers={"anthropic-ratelimit-requests-remaining": "0",
                 "anthropic-ratelimit-requests-reset": until})
    daemon = serve(configuration(claude.url, second.url))
    assert ask(daemon).choices[0].message.content == "the last one"
    assert ask(daemon).choices[0].message.content == "hello"


def test_an_error_as_the_first_event_is_followed_by_another(serve, claude, second):
    def fail(reply):
        reply.begin_stream()
        anthropic.put_event(reply, "error", {"error": {"type": "overloaded_error",
                                                       "message": "Overloaded"}})
        reply.end_stream()
    claude.behaviour = fail
    daemon = serve(configuration(claude.url, second.url))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in ask(daemon, stream=True)) \
        == "hello"


def test_a_stream_that_breaks_is_continued_across_languages(serve, claude, second):
    """The first half from one language, the second from another, both ways."""
    def break_off(reply):
        reply.begin_stream()
        reply.say("Once upon")
        reply.cut()
    second.behaviour = break_off
    claude.behaviour.answer = anthropic.message(anthropic.text(" a time"))
    prefill = MODEL + ", capabilities: [prefill]"
    daemon = serve(configuration(claude.url, second.url, model=prefill,
                                 route="candidates: [m, o], objective: best, "
                                       "rules: [{name: o, when: {stream: true}, "
                                       "prefer: {o: 0.9}}]"))
    words = [chunk.choices[0].delta.content or "" for chunk in ask(daemon, stream=True)]
    assert "".join(words) == "Once upon a time"
    assert claude.behaviour.bodies[-1]["messages"][-1] == {
        "role": "assistant", "content": [{"type": "text", "text": "Once upon"}]}


def test_garbage_is_no_answer(daemon, claude):
    claude.behaviour = lambda reply: reply.whole({"id": "x", "choices": []})
    with pytest.raises(openai.InternalServerError) as raised:
        ask(daemon)
    assert raised.value.body["code"] == "provider_error"


def test_a_cut_stream_is_told_and_not_taken_for_whole(daemon, claude):
    def cut(reply):
        reply.begin_stream()
        for name, data in list(anthropic.events(anthropic.message(anthropic.text("a b c"))))[:4]:
            anthropic.put_event(reply, name, data)
        reply.cut()
    claude.behaviour = cut
    with pytest.raises(openai.APIError):
        list(ask(daemon, stream=True))


def test_embeddings_are_not_asked_of_who_has_none(daemon):
    with pytest.raises(openai.BadRequestError) as raised:
        client(daemon).embeddings.create(model="m", input="x")
    assert raised.value.body["code"] == "no_candidate"


def test_the_key_goes_nowhere_else(daemon, claude):
    ask(daemon)
    seen = claude.seen[-1]
    assert seen.headers["x-api-key"] == "sk-canary-5f1c77d0a9e2"
    assert "sk-canary" not in seen.body.decode() and "sk-canary" not in daemon.log()


# ---- what is lost ----

def test_what_is_lost_is_named_and_counted(daemon):
    answer = daemon.chat(seed=5, logit_bias={"1": 1}, n=1, frequency_penalty=0, new_thing=[1],
                         **{"evil\r\nname": 2})
    assert answer.status == 200
    assert answer.headers["x-bourse-lossy"] == "logit_bias,seed,new_thing,evil??name"
    page = daemon.page("/metrics").body.decode()
    assert 'bourse_lossy_total{field="seed"} 1' in page
    assert 'bourse_lossy_total{field="other"} 1' in page
    assert 'field="n"' not in page


def test_where_nothing_is_lost_nothing_is_named(daemon):
    assert "x-bourse-lossy" not in daemon.chat(temperature=0.5).headers


def test_who_speaks_the_same_language_loses_nothing(bourse):
    assert "x-bourse-lossy" not in bourse.chat(seed=5, new_thing=1).headers


@pytest.mark.parametrize("members", [
    {"logprobs": True}, {"n": 2},
    {"messages": [{"role": "user", "content": [
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}]}]}])
def test_what_the_answer_needs_is_asked_of_who_can_give_it(serve, claude, second, members):
    daemon = serve(configuration(claude.url, second.url))
    assert daemon.chat(**members).headers["x-bourse-model"] == "o"
    assert not claude.seen


def test_what_nobody_can_give_is_refused(daemon, claude):
    error = daemon.chat(logprobs=True).error()
    assert error["code"] == "no_candidate" and "anthropic, cannot carry: logprobs" in error["message"]
    assert not claude.seen


def test_a_strict_route_loses_nothing(serve, claude, second):
    daemon = serve(configuration(claude.url).replace("[m]", "[m], strict: true"))
    assert daemon.chat(temperature=0.5).status == 200
    refused = daemon.chat(seed=5)
    assert refused.status == 400 and "seed" in refused.error()["message"]
    daemon = serve(configuration(claude.url, second.url,
                                 route="candidates: [m, o], strict: true, objective: best"))
    assert daemon.chat(seed=5).headers["x-bourse-model"] == "o"


def test_the_explanation_tells_what_would_be_lost(daemon):
    explained = daemon.ask("POST", "/v1/route", {
        "model": "auto", "seed": 5, "messages": [{"role": "user", "content": "hi"}]}).json()
    assert explained["candidates"][0]["lost"] == ["seed"]
