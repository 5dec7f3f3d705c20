"""test_bedrock.py - OpenAI's clients, answered by a provider that speaks Amazon Bedrock's Converse,
reckons the signature itself and checks what it is sent against the public reference."""
import json

import anthropic
import openai
import pydantic
import pytest

from harness import bedrock
from harness.provider import answer_well

UPSTREAM = "anthropic.claude-sonnet-4-5-20250929-v1:0"
MODEL = f"provider: amazon, upstream_model: '{UPSTREAM}', price: {{input: 3, output: 15}}, " \
        "context_window: 200000, max_output_tokens: 64000"
KEY = "api_key: env:CANARY_KEY"
SIGNS = "access_key_id: env:TEST_ACCESS_KEY, secret_access_key: env:TEST_SECRET_KEY, " \
        "region: eu-central-1"
ACCESS_KEY, SECRET_KEY, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "t0k/en=="
TOOL = {"type": "function", "function": {
    "name": "weather", "description": "now", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}


def configuration(amazon, other=None, credentials=KEY, route="candidates: [m, o], objective: best",
                  model=MODEL):
    base_url = amazon.replace("/v1", "")
    lines = ["workers: 1", "providers:",
             f"  amazon: {{dialect: bedrock, base_url: '{base_url}', {credentials}}}"]
    models = [f"  m: {{{model}, quality: {{default: 0.9}}}}"]
    routes = ["routes:", "  auto: {candidates: [m]}"]
    if other:
        lines += [f"  other: {{base_url: '{other}', api_key: env:CANARY_KEY}}"]
        models += ["  o: {provider: other, upstream_model: up, price: {input: 1, output: 2}, "
                   "context_window: 900000, quality: {default: 0.5}}"]
        routes = ["routes:", f"  auto: {{{route}}}"]
    return "\n".join([*lines, "models:", *models, *routes]) + "\n"


@pytest.fixture
def amazon(provider, monkeypatch):
    monkeypatch.setenv("TEST_ACCESS_KEY", ACCESS_KEY)
    monkeypatch.setenv("TEST_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("TEST_SESSION_TOKEN", TOKEN)
    provider.behaviour = bedrock.Bedrock()
    return provider


@pytest.fixture
def daemon(serve, amazon):
    return serve(configuration(amazon.url))


def client(daemon):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x", max_retries=0)


def ask(daemon, *messages, **options):
    messages = messages or ({"role": "user", "content": "hi"},)
    return client(daemon).chat.completions.create(model="auto", messages=messages, **options)


def words_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_a_plain_question_is_answered(daemon, amazon):
    answer = ask(daemon, {"role": "system", "content": "be brief"},
                 {"role": "user", "content": "hi"}, temperature=0.5, stop=["x"], max_tokens=9)
    assert answer.choices[0].message.content == "hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == UPSTREAM
    assert answer.usage.prompt_tokens == 60 and answer.usage.completion_tokens == 7
    assert answer.usage.prompt_tokens_details.cached_tokens == 30
    assert amazon.behaviour.models == [UPSTREAM]
    assert amazon.behaviour.bodies == [{
        "system": [{"text": "be brief"}],
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "inferenceConfig": {"maxTokens": 9, "temperature": 0.5, "stopSequences": ["x"]}}]


def test_a_binary_stream_is_read_as_it_comes(daemon, amazon):
    amazon.behaviour.answer = bedrock.reply_of(bedrock.thinking("let me see"),
                                               bedrock.text("one two three"))
    chunks = list(ask(daemon, stream=True, stream_options={"include_usage": True}))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert words_of(chunks) == "one two three"
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) \
        == "let me see"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 67
    assert len({chunk.id for chunk in chunks}) == 1
    assert "tokens_in=60 tokens_out=7" in daemon.exchanges()[0]


@pytest.mark.parametrize("model", [UPSTREAM, "arn:aws:bedrock:eu-central-1:1:inference-profile/a b"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("token", [False, True])
def test_calls_are_signed(serve, amazon, model, stream, token):
    amazon.behaviour.credentials = lambda seen: bedrock.check_signature(
        seen, ACCESS_KEY, SECRET_KEY, "eu-central-1")
    signs = SIGNS + (", session_token: env:TEST_SESSION_TOKEN" if token else "")
    daemon = serve(configuration(amazon.url, credentials=signs,
                                 model=MODEL.replace(UPSTREAM, model)))
    answer = ask(daemon, {"role": "user", "content": "hi ü"}, stream=stream)
    said = words_of(answer) if stream else answer.choices[0].message.content
    assert said == "hello there"
    assert amazon.behaviour.models == [model]
    assert amazon.seen[-1].headers.get("x-amz-security-token") == (TOKEN if token else None)
    assert SECRET_KEY not in amazon.seen[-1].head and SECRET_KEY not in daemon.log()


def test_a_wrong_secret_is_our_own_affair(serve, amazon, second):
    second.behaviour = answer_well
    amazon.behaviour.credentials = lambda seen: bedrock.check_signature(
        seen, ACCESS_KEY, "another", "eu-central-1")
    daemon = serve(configuration(amazon.url, second.url, SIGNS))
    assert ask(daemon).choices[0].message.content == "hello"


def test_a_bedrock_key_is_a_bearer_and_nothing_is_signed(daemon, amazon):
    ask(daemon)
    headers = amazon.seen[-1].headers
    assert headers["authorization"] == "Bearer sk-canary-5f1c77d0a9e2"
    assert not [name for name in headers if name.startswith("x-amz-")]
    assert "sk-canary" not in daemon.log()


def test_tools_are_called_and_their_results_go_back(daemon, amazon):
    amazon.behaviour.answer = bedrock.reply_of(
        bedrock.tool_use("weather", {"city": "Köln"}, "tooluse_1"),
        bedrock.tool_use("weather", {"city": "Bonn"}, "tooluse_2"), stop_reason="tool_use")
    question = {"role": "user", "content": "rain?"}
    answer = ask(daemon, question, tools=[TOOL], tool_choice="required")
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    assert [json.loads(call.function.arguments)["city"] for call in message.tool_calls] \
        == ["Köln", "Bonn"]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "rain"}
               for call in message.tool_calls]
    amazon.behaviour.answer = bedrock.reply_of(bedrock.text("bring an umbrella"))
    last = ask(daemon, question, message.model_dump(exclude_none=True), *results, tools=[TOOL])
    assert last.choices[0].message.content == "bring an umbrella"
    messages = amazon.behaviour.bodies[-1]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]


def test_streamed_calls_have_stable_indexes_and_whole_arguments(daemon, amazon):
    amazon.behaviour.answer = bedrock.reply_of(
        bedrock.text("I look"), bedrock.tool_use("weather", {"city": "Köln \"x\""}, "tooluse_1"),
        bedrock.tool_use("now", {}, "tooluse_2"), stop_reason="tool_use")
    calls = {}
    for chunk in ask(daemon, stream=True, tools=[TOOL]):
        for call in chunk.choices[0].delta.tool_calls or []:
            known = calls.setdefault(call.index, {"id": call.id, "name": call.function.name,
                                                  "arguments": ""})
            known["arguments"] += call.function.arguments
    assert [(call["id"], call["name"], json.loads(call["arguments"]))
            for _, call in sorted(calls.items())] \
        == [("tooluse_1", "weather", {"city": "Köln \"x\""}), ("tooluse_2", "now", {})]


def test_thoughts_go_back_with_what_proves_them(daemon, amazon):
    amazon.behaviour.answer = bedrock.reply_of(
        bedrock.thinking("hm"), bedrock.tool_use("weather", {"city": "x"}), stop_reason="tool_use")
    question = {"role": "user", "content": "rain?"}
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 2000}}
    message = ask(daemon, question, tools=[TOOL], extra_body=thinking).choices[0].message
    ask(daemon, question, message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "rain"},
        tools=[TOOL], extra_body=thinking)
    body = amazon.behaviour.bodies[-1]
    assert body["additionalModelRequestFields"] == thinking
    assert body["messages"][1]["content"][0] == bedrock.thinking("hm")


def test_an_answer_by_a_schema_is_parsed_by_the_sdk(daemon, amazon):
    class Weather(pydantic.BaseModel):
        city: str
    amazon.behaviour.answer = bedrock.reply_of(bedrock.text('{"city": "Köln"}'))
    answer = client(daemon).chat.completions.parse(
        model="auto", messages=[{"role": "user", "content": "hi"}], response_format=Weather)
    assert answer.choices[0].message.parsed == Weather(city="Köln")
    structure = amazon.behaviour.bodies[-1]["outputConfig"]["textFormat"]["structure"]
    assert json.loads(structure["jsonSchema"]["schema"])["required"] == ["city"]


def test_a_client_of_anthropics_is_answered(daemon, amazon):
    """Three languages at once: what it is told goes back as it came."""
    amazon.behaviour.answer = bedrock.reply_of(
        bedrock.text("I look"), bedrock.tool_use("weather", {"city": "Köln"}, "tooluse_1"),
        stop_reason="tool_use")
    theirs = anthropic.Anthropic(base_url=f"http://127.0.0.1:{daemon.port}", api_key="x",
                                 max_retries=0)
    tool = {"name": "weather", "input_schema": TOOL["function"]["parameters"]}
    question = {"role": "user", "content": "rain?"}
    with theirs.messages.stream(model="auto", max_tokens=50, messages=[question],
                                tools=[tool]) as stream:
        message = stream.get_final_message()
    assert message.stop_reason == "tool_use" and message.usage.output_tokens == 7
    call = message.content[-1]
    assert call.name == "weather" and call.input == {"city": "Köln"}
    amazon.behaviour.answer = bedrock.reply_of(bedrock.text("bring an umbrella"))
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "wet"}
    last = theirs.messages.create(
        model="auto", max_tokens=50, tools=[tool],
        messages=[question, {"role": "assistant", "content": message.content},
                  {"role": "user", "content": [result]}])
    assert last.content[0].text == "bring an umbrella"
    assert amazon.behaviour.bodies[-1]["messages"][2]["content"] == [
        {"toolResult": {"toolUseId": "tooluse_1", "content": [{"text": "wet"}]}}]


def test_what_is_lost_is_named(daemon):
    raw = client(daemon).chat.completions.with_raw_response.create(
        model="auto", messages=[{"role": "user", "content": "hi"}], seed=1, temperature=1.5,
        user="u", tools=[TOOL])
    assert set(raw.headers["x-bourse-lossy"].split(",")) == {"seed", "temperature_above_1", "user"}


def test_effort_is_asked_of_models_of_anthropic_and_of_no_others(serve, amazon):
    daemon = serve(configuration(amazon.url))
    assert ask(daemon, reasoning_effort="low", max_tokens=10000, temperature=0.5)
    body = amazon.behaviour.bodies[0]
    assert body["additionalModelRequestFields"] == {
        "thinking": {"type": "enabled", "budget_tokens": 2000}}
    daemon = serve(configuration(amazon.url, model=MODEL.replace(UPSTREAM, "amazon.nova-pro-v1:0")))
    raw = daemon.ask("POST", "/v1/chat/completions", {
        "model": "auto", "reasoning_effort": "low", "messages": [{"role": "user", "content": "hi"}]})
    assert raw.headers["x-bourse-lossy"] == "reasoning_effort"
    assert "additionalModelRequestFields" not in amazon.behaviour.bodies[1]


@pytest.mark.parametrize("status, kind, words, error", [
    (400, "ValidationException", "bad", openai.BadRequestError),
    (404, "ResourceNotFoundException", "no model", openai.NotFoundError),
    (429, "ThrottlingException", "Too many requests", openai.RateLimitError),
    (500, "InternalServerException", "oops", openai.InternalServerError),
    (503, "ServiceUnavailableException", "busy", openai.InternalServerError),
    (403, "AccessDeniedException", "not yours", openai.InternalServerError),
])
def test_errors_come_in_the_words_of_openai(serve, amazon, status, kind, words, error):
    daemon = serve(configuration(amazon.url).replace("[m]", "[m], attempts: 1"))
    amazon.behaviour = lambda reply: bedrock.error(reply, status, kind, words)
    with pytest.raises(error) as raised:
        ask(daemon)
    assert set(raised.value.body) >= {"message", "type", "param", "code"}
    if status != 403:  # what is said of our own account is not for clients
        assert words in raised.value.body["message"]


def stream_of(*frames, cut=False):
    def behave(reply):
        bedrock.begin_stream(reply)
        for frame in frames:
            reply.piece(frame)
        if cut:
            reply.cut()
        else:
            reply.end_stream()
    return behave


@pytest.mark.parametrize("behave", [
    lambda reply: bedrock.error(reply, 503, "ServiceUnavailableException", "busy"),
    lambda reply: bedrock.error(reply, 400, "ValidationException",
                                "Input is too long for requested model."),
    stream_of(bedrock.framed("throttlingException", {"message": "slow down"})),
    stream_of(bedrock.framed("messageStart", {"role": "assistant"})[:-1] + b"x" * 40),
    stream_of(b"data: {}\n\n" * 3),
])
def test_who_fails_is_followed_by_another(serve, amazon, second, behave):
    second.behaviour = answer_well
    amazon.behaviour = behave
    daemon = serve(configuration(amazon.url, second.url))
    assert words_of(ask(daemon, stream=True)) == "hello"


def test_a_cut_stream_is_told_and_not_taken_for_whole(daemon, amazon):
    told = [bedrock.framed(name, payload)
            for name, payload in bedrock.events(bedrock.reply_of(bedrock.text("a b c")))]
    for frames, cut in ((told[:3], True), (told[:3], False), ([*told[:3], told[3][:9]], False)):
        amazon.behaviour = stream_of(*frames, cut=cut)
        with pytest.raises(openai.APIError):
            list(ask(daemon, stream=True))


def test_a_stream_that_breaks_is_continued_across_languages(serve, amazon, second):
    def break_off(reply):
        reply.begin_stream()
        reply.say("Once upon")
        reply.cut()
    second.behaviour = break_off
    amazon.behaviour.answer = bedrock.reply_of(bedrock.text(" a time"))
    daemon = serve(configuration(amazon.url, second.url, model=MODEL + ", capabilities: [prefill]",
                                 route="candidates: [m, o], objective: best, "
                                       "rules: [{name: o, when: {stream: true}, "
                                       "prefer: {o: 0.9}}]"))
    assert words_of(ask(daemon, stream=True)) == "Once upon a time"
    assert amazon.behaviour.bodies[-1]["messages"][-1] == {
        "role": "assistant", "content": [{"text": "Once upon"}]}
