"""test_responses.py - clients of OpenAI's Responses, with its official SDK: answered byte for byte by
who speaks as they do, and in their words by all others."""
import json

import openai
import pydantic
import pytest

import test_bedrock
import test_gemini
from harness import anthropic, bedrock, gemini
from harness.daemon import CANARY_KEY
from harness.provider import COMPLETION, answer_well, chunk
from test_anthropic import configuration as claude_configuration

TOOL = {"type": "function", "name": "weather", "description": "now", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
    "additionalProperties": False}, "strict": True}


def configuration(url, options="endpoints: [chat]", route="candidates: [m]", more="", second=""):
    return "\n".join([
        "workers: 1", "providers:",
        f"  up: {{base_url: '{url}', api_key: env:CANARY_KEY, {options}}}", second, "models:",
        "  m: {provider: up, upstream_model: up-1, price: {input: 1, output: 2}, "
        f"context_window: 200000, quality: {{default: 0.9}}{more}}}",
        *(["  n: {provider: two, upstream_model: up-2, price: {input: 1, output: 2}, "
           "context_window: 200000, quality: {default: 0.5}}"] if second else []),
        "routes:", f"  auto: {{{route}}}"]) + "\n"


@pytest.fixture
def chat(provider):
    """Has chat completions, and nothing else."""
    provider.behaviour = answer_well
    return provider


@pytest.fixture
def daemon(serve, chat):
    return serve(configuration(chat.url))


def client(daemon):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x", max_retries=0)


def ask(daemon, input="hi", **options):
    return client(daemon).responses.create(model="auto", input=input, **options)


def stream(daemon, input="hi", **options):
    with client(daemon).responses.stream(model="auto", input=input, **options) as events:
        kinds = [event.type for event in events]
        return kinds, events.get_final_response()


def answer(words):
    def behave(reply):
        if not reply.seen.json().get("stream"):
            reply.whole({**COMPLETION, "choices": [{**COMPLETION["choices"][0], "message": {
                "role": "assistant", "content": words}}]})
            return
        reply.begin_stream()
        reply.say(words)
        reply.say(None, "stop")
        reply.event("[DONE]")
        reply.end_stream()
    return behave


# ---- a server that has only chat ----

def test_a_question_goes_as_chat(daemon, chat):
    answer = ask(daemon, instructions="be brief", max_output_tokens=100, temperature=0.5)
    assert answer.output_text == "hello" and answer.status == "completed"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 2)
    assert answer.instructions == "be brief" and answer.temperature == 0.5
    assert chat.seen[0].path == "/v1/chat/completions"
    assert chat.seen[0].headers["authorization"] == f"Bearer {CANARY_KEY}"
    assert chat.seen[0].json() == {
        "model": "up-1", "max_tokens": 100, "temperature": 0.5,
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]}


def test_a_stream_is_told_in_their_events(daemon):
    kinds, final = stream(daemon)
    assert final.output_text == "hello" and final.status == "completed"
    assert (final.usage.input_tokens, final.usage.output_tokens) == (3, 2)
    assert [kind.removeprefix("response.") for kind in kinds] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
        "output_text.delta", "output_text.done", "content_part.done", "output_item.done",
        "completed"]
    raw = daemon.ask("POST", "/v1/responses", {"model": "auto", "input": "hi", "stream": True})
    data = [json.loads(line[6:]) for line in raw.body.decode().splitlines()
            if line.startswith("data: ")]
    assert [event["sequence_number"] for event in data] == list(range(len(data)))
    assert "[DONE]" not in raw.body.decode()


def test_who_speaks_as_they_do_is_sent_their_bytes(serve, provider):
    provider.behaviour = lambda reply: reply.whole(b'{"object":"response", "odd" : 1.0}')
    daemon = serve(configuration(provider.url, options="verify_tls: true"))
    answer = daemon.ask("POST", "/v1/responses",
                        b'{ "input":"\\u0068i","model" : "auto","temperature":0.50 }')
    assert provider.seen[0].path == "/v1/responses"
    assert provider.seen[0].body == b'{ "input":"\\u0068i","model" : "up-1","temperature":0.50 }'
    assert answer.body == b'{"object":"response", "odd" : 1.0}'


def test_what_another_model_thought_is_not_shown_to_openai(serve, provider):
    provider.behaviour = lambda reply: reply.whole(b'{"object":"response"}')
    daemon = serve(configuration(provider.url, options="verify_tls: true"))
    own = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    strange = {"type": "reasoning", "id": "rs_other_1_0", "summary": [],
               "encrypted_content": "@anthropic-claude-v1:c2ln"}
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    ask(daemon, [strange, own, {**call, "extra_content": {"google": {}}}, strange])
    assert provider.seen[0].json()["input"] == [own, call]


def call_piece(index, call_id=None, name=None, arguments=""):
    function = {**({"name": name} if name else {}), "arguments": arguments}
    return {**chunk(None), "choices": [{"index": 0, "finish_reason": None, "delta": {
        "tool_calls": [{"index": index, **({"id": call_id, "type": "function"} if call_id else {}),
                        "function": function}]}}]}


def use_tools(reply):
    if reply.seen.json()["messages"][-1]["role"] == "tool":
        answer_well(reply)
        return
    reply.begin_stream()
    for data in (call_piece(0, "call_1", "weather"), call_piece(0, arguments='{"city": '),
                 call_piece(1, "call_2", "weather", '{"city":'), call_piece(0, arguments='"K\u00f6ln"}'),
                 call_piece(1, arguments='"Bonn"}'), chunk(None, "tool_calls"), "[DONE]"):
        reply.event(data)
    reply.end_stream()


def test_tools_are_called_at_once_and_answered(daemon, chat):
    chat.behaviour = use_tools
    _, final = stream(daemon, tools=[TOOL], tool_choice="required", parallel_tool_calls=True)
    assert [(item.type, item.call_id, json.loads(item.arguments)) for item in final.output] == [
        ("function_call", "call_1", {"city": "Köln"}), ("function_call", "call_2", {"city": "Bonn"})]
    items = [{"role": "user", "content": "hi"}, *(item.to_dict() for item in final.output),
             *({"type": "function_call_output", "call_id": item.call_id, "output": "rain"}
               for item in final.output)]
    for item in items:
        item.pop("parsed_arguments", None)
    assert ask(daemon, items, tools=[TOOL]).output_text == "hello"
    sent = chat.seen[-1].json()
    assert [message["role"] for message in sent["messages"]] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in sent["messages"][1]["tool_calls"]] == ["call_1", "call_2"]
    assert sent["tools"][0]["function"]["strict"] is True
    assert chat.seen[0].json()["tool_choice"] == "required"


class City(pydantic.BaseModel):
    name: str


def test_answers_of_a_form_are_parsed_by_the_sdk(daemon, chat):
    def behave(reply):
        body = reply.seen.json()
        assert body["response_format"]["json_schema"]["name"] == "City"
        answer('{"name": "Bonn"}')(reply)
    chat.behaviour = behave
    parsed = client(daemon).responses.parse(model="auto", input="hi", text_format=City)
    assert parsed.output_parsed == City(name="Bonn")
    _, final = stream(daemon, text_format=City)
    assert final.output_parsed == City(name="Bonn")


@pytest.mark.parametrize("reason, details", [("length", "max_output_tokens"),
                                             ("content_filter", "content_filter")])
def test_an_answer_that_stops_early_is_incomplete(daemon, chat, reason, details):
    def behave(reply):
        reply.begin_stream()
        reply.say("once", None)
        reply.say(None, reason)
        reply.event("[DONE]")
        reply.end_stream()
    chat.behaviour = behave
    with client(daemon).responses.create(model="auto", input="hi", stream=True) as events:
        last = list(events)[-1]
    assert last.type == "response.incomplete"
    assert last.response.incomplete_details.reason == details
    assert last.response.output_text == "once"


# ---- what is lost ----

@pytest.mark.parametrize("options, names", [
    ({"previous_response_id": "resp_1"}, "previous_response_id"),
    ({"background": True}, "background"),
    ({"tools": [{"type": "web_search"}]}, "tools.server"),
    ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "messages.other_part"),
])
def test_what_only_the_vendor_can_do_is_refused_by_name(daemon, chat, options, names):
    with pytest.raises(openai.BadRequestError, match=f"cannot carry: {names}"):
        ask(daemon, **options)
    assert not chat.seen


def test_tools_of_openais_servers_are_not_asked_of_others(serve, provider):
    provider.behaviour = anthropic.Anthropic()
    with pytest.raises(openai.BadRequestError, match="cannot carry: tools.server"):
        ask(serve(claude_configuration(provider.url)), tools=[{"type": "web_search"}])
    assert not provider.seen


def test_what_the_vendor_can_do_is_asked_of_the_vendor(serve, chat, second):
    second.behaviour = lambda reply: reply.whole({"object": "response", "output": []})
    daemon = serve(configuration(chat.url, route="candidates: [m, n], objective: best",
                                 second=f"  two: {{base_url: '{second.url}'}}"))
    ask(daemon, previous_response_id="resp_1")
    assert not chat.seen and second.seen[0].path == "/v1/responses"


def test_what_is_lost_is_named_and_counted(daemon, chat):
    answer = daemon.ask("POST", "/v1/responses", {"model": "auto", "input": "hi", "something_new": 1,
                                                  "truncation": "auto", "store": False})
    assert answer.status == 200
    assert answer.headers["x-bourse-lossy"] == "truncation,something_new"
    assert set(chat.seen[0].json()) == {"model", "messages"}


def test_a_strict_route_refuses_every_loss(serve, chat):
    daemon = serve(configuration(chat.url, route="candidates: [m], strict: true"))
    assert ask(daemon).output_text == "hello"
    with pytest.raises(openai.BadRequestError, match="truncation"):
        ask(daemon, truncation="auto")


# ---- other languages ----

SIGNED = [{"type": "thinking", "thinking": "let me see", "signature": "c2ln"}]


@pytest.mark.parametrize("streams", [False, True])
def test_anthropics_thoughts_and_calls_come_and_go(serve, provider, streams):
    provider.behaviour = anthropic.Anthropic(anthropic.message(
        *SIGNED, {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Köln"}},
        stop_reason="tool_use"))
    daemon = serve(claude_configuration(provider.url))
    options = {"tools": [TOOL], "reasoning": {"effort": "low"}}
    answer = stream(daemon, **options)[1] if streams else ask(daemon, **options)
    thought, call = answer.output
    assert thought.summary[0].text == "let me see"
    assert thought.encrypted_content == "@anthropic-claude-v1:c2ln"
    assert (call.call_id, json.loads(call.arguments)) == ("toolu_1", {"city": "Köln"})
    items = [{"role": "user", "content": "hi"}, *(item.to_dict() for item in answer.output),
             {"type": "function_call_output", "call_id": "toolu_1", "output": "rain"}]
    for item in items:
        item.pop("parsed_arguments", None)
    provider.behaviour.answer = anthropic.message(anthropic.text("an umbrella"))
    assert ask(daemon, items, **options).output_text == "an umbrella"
    turns = provider.behaviour.bodies[-1]["messages"]
    assert turns[1]["content"] == [*SIGNED, {"type": "tool_use", "id": "toolu_1", "name": "weather",
                                             "input": {"city": "Köln"}}]
    assert turns[2]["content"][0]["tool_use_id"] == "toolu_1"


@pytest.mark.parametrize("streams", [False, True])
def test_googles_calls_keep_their_proofs(serve, provider, streams):
    provider.behaviour = gemini.Gemini(gemini.response(
        gemini.thought("hm"), gemini.call("weather", {"city": "Köln"}, "c2ln")), wants_proof=True)
    daemon = serve(test_gemini.configuration(
        provider.url, model=test_gemini.MODEL.replace("gemini-2.5-flash", "gemini-3-pro")))
    answer = stream(daemon, tools=[TOOL])[1] if streams else ask(daemon, tools=[TOOL])
    call = answer.output[-1]
    assert call.type == "function_call" and json.loads(call.arguments) == {"city": "Köln"}
    items = [{"role": "user", "content": "hi"}, *(item.to_dict() for item in answer.output),
             {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}]
    for item in items:
        item.pop("parsed_arguments", None)
    provider.behaviour.answer = gemini.response(gemini.text("an umbrella"))
    assert ask(daemon, items, tools=[TOOL]).output_text == "an umbrella"


@pytest.mark.parametrize("streams", [False, True])
def test_amazon_answers_too(serve, provider, streams):
    provider.behaviour = bedrock.Bedrock()
    daemon = serve(test_bedrock.configuration(provider.url))
    answer = stream(daemon)[1] if streams else ask(daemon)
    assert answer.output_text and answer.status == "completed"


# ---- what goes wrong ----

def test_a_providers_refusal_comes_as_it_is(daemon, chat):
    chat.behaviour = lambda reply: reply.whole({"error": {
        "message": "bad \"x\"", "type": "invalid_request_error", "param": "temperature",
        "code": None}}, 400)
    with pytest.raises(openai.BadRequestError) as raised:
        ask(daemon)
    assert raised.value.body["message"] == 'bad "x"' and raised.value.param == "temperature"


def test_another_language_follows_a_failure(serve, provider, second):
    provider.behaviour = lambda reply: anthropic.error(reply, 529, "overloaded_error", "Overloaded")
    second.behaviour = answer_well
    lines = claude_configuration(provider.url, second.url).replace(
        "other: {", "other: {endpoints: [chat], ")
    daemon = serve(lines)
    assert ask(daemon).output_text == "hello"
    assert stream(daemon)[1].output_text == "hello"


def test_the_vendors_failure_is_followed_by_another_language(serve, provider, second):
    provider.behaviour = lambda reply: reply.error(500)
    second.behaviour = anthropic.Anthropic()
    daemon = serve(claude_configuration(second.url, provider.url, route=(
        "candidates: [m, o], objective: best, "
        "rules: [{name: o, when: {endpoint: responses}, prefer: {o: 0.9}}]")))
    assert ask(daemon).output_text == "hello there"
    assert stream(daemon)[1].output_text == "hello there"
    assert {seen.path for seen in provider.seen} == {"/v1/responses"}


@pytest.mark.parametrize("policy", ["continue", "hold"])
def test_a_broken_stream_of_another_language_is_gone_on_with(serve, provider, second, policy):
    provider.behaviour = anthropic.Anthropic(anthropic.message(anthropic.text("Once upon a time")))
    second.behaviour = break_off
    daemon = serve(claude_configuration(provider.url, second.url, route=(
        f"candidates: [m, o], objective: best, stream_failover: {policy}, "
        "rules: [{name: o, when: {endpoint: responses}, prefer: {o: 0.9}}]")).replace(
            "other: {", "other: {endpoints: [chat], "))
    kinds, final = stream(daemon)
    assert final.output_text == "Once upon a time" and kinds[-1] == "response.completed"
    assert second.seen and kinds.count("response.created") == 1


def test_a_late_model_is_outrun_by_another_language(serve, provider, second):
    provider.behaviour = anthropic.Anthropic()

    def late(reply):
        reply.begin_stream()
        reply.wait_until_left(within=3)
    second.behaviour = late
    daemon = serve(claude_configuration(provider.url, second.url, route=(
        "candidates: [m, o], objective: best, hedge: on, hedge_share: 100%, "
        "rules: [{name: o, when: {endpoint: responses}, prefer: {o: 0.9}}]")).replace(
            "other: {", "other: {endpoints: [chat], ").replace(
            "upstream_model: up,", "upstream_model: up, "
            "latency: {first_token: 100ms, tokens_per_second: 1000},"))
    kinds, final = stream(daemon)
    assert final.output_text == "hello there" and kinds.count("response.created") == 1


def test_silence_is_filled_with_comments_that_the_sdk_passes_over(serve, chat):
    def slowly(reply):
        reply.begin_stream()
        reply.wait_until_left(within=0.5)
        answer_slowly(reply)
    chat.behaviour = slowly
    daemon = serve(configuration(chat.url, route="candidates: [m], keep_alive_comments: 100ms"))
    assert stream(daemon)[1].output_text == "late"
    raw = daemon.ask("POST", "/v1/responses", {"model": "auto", "input": "hi", "stream": True})
    assert raw.body.startswith(b": keep-alive")


def answer_slowly(reply):
    reply.say("late")
    reply.say(None, "stop")
    reply.event("[DONE]")
    reply.end_stream()


def break_off(reply):
    reply.begin_stream()
    reply.say("Once upon")
    reply.cut()


def test_a_broken_stream_is_gone_on_with(serve, chat, second):
    chat.behaviour = break_off
    second.behaviour = answer("Once upon a time")
    daemon = serve(configuration(
        chat.url, route="candidates: [m, n], objective: best, stream_failover: restart",
        second=f"  two: {{base_url: '{second.url}'}}"))
    kinds, final = stream(daemon)
    assert final.output_text == "Once upon a time" and kinds[-1] == "response.completed"
    assert second.seen[0].path == "/v1/chat/completions"


def test_a_broken_stream_is_continued_from_its_words(serve, chat, second):
    chat.behaviour = break_off
    second.behaviour = answer(" a time")
    daemon = serve(configuration(
        chat.url, route="candidates: [m, n], objective: best, stream_failover: continue",
        second=f"  two: {{base_url: '{second.url}'}}").replace(
            "upstream_model: up-2,", "upstream_model: up-2, capabilities: [prefill],"))
    assert stream(daemon)[1].output_text == "Once upon a time"
    assert second.seen[0].json()["messages"] == [
        {"role": "user", "content": "hi"}, {"role": "assistant", "content": "Once upon"}]


def test_a_stream_that_breaks_for_good_has_failed(daemon, chat):
    chat.behaviour = break_off
    raw = daemon.ask("POST", "/v1/responses", {"model": "auto", "input": "hi", "stream": True})
    data = [json.loads(line[6:]) for line in raw.body.decode().splitlines()
            if line.startswith("data: ")]
    assert data[-1]["type"] == "response.failed" and data[-1]["response"]["status"] == "failed"
    assert data[-1]["response"]["id"] == data[0]["response"]["id"]
    assert [event["sequence_number"] for event in data] == list(range(len(data)))
    with pytest.raises(openai.APIError):
        stream(daemon)


def test_an_error_inside_a_stream_is_its_last_word(daemon, chat):
    def behave(reply):
        reply.begin_stream()
        reply.say("a")
        reply.event({"error": {"message": "gone", "type": "server_error", "code": "overloaded"}})
        reply.say("b")
        reply.end_stream()
    chat.behaviour = behave
    with pytest.raises(openai.APIError, match="gone"):
        stream(daemon)


def test_a_body_without_input_is_refused(daemon):
    with pytest.raises(openai.BadRequestError, match="input"):
        client(daemon).responses.create(model="auto")
