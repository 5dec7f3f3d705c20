"""test_messages.py - Anthropic's clients, with its official SDK: answered by a provider of their own
language byte for byte, and by one of OpenAI's in their words."""
import json

import anthropic as sdk
import pytest

import test_gemini
from harness import anthropic, gemini
from harness.daemon import CANARY_KEY, head
from harness.provider import answer_well, chunk
from test_anthropic import MODEL, configuration

HI = [{"role": "user", "content": "hi"}]
TOOL = {"name": "weather", "description": "now", "input_schema": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}


@pytest.fixture
def claude(provider):
    provider.behaviour = anthropic.Anthropic()
    return provider


@pytest.fixture
def native(serve, claude):
    return serve(configuration(claude.url))


@pytest.fixture
def other(second):
    second.behaviour = answer_well
    return second


@pytest.fixture
def daemon(serve, claude, other):
    """`m` speaks Anthropic's language, `o` OpenAI's."""
    return serve(configuration(claude.url, other.url))


def client(daemon, key="x"):
    return sdk.Anthropic(base_url=f"http://127.0.0.1:{daemon.port}", api_key=key, max_retries=0)


def ask(daemon, model="o", messages=None, **options):
    return client(daemon).messages.create(model=model, max_tokens=100, messages=messages or HI,
                                          **options)


def stream_text(daemon, model="o", **options):
    with client(daemon).messages.stream(model=model, max_tokens=100, messages=HI,
                                        **options) as stream:
        return "".join(stream.text_stream), stream.get_final_message()


# ---- one language on both sides ----

ODD = (b'{ "max_tokens":1e2,"session_id":"s", "model" : "auto","messages": [{"role":"user",'
       b'"content":"\\u0068i"}],"temperature":0.50 ,"bourse":{"max_cost":1}}')


def test_in_one_language_the_body_goes_byte_for_byte(native, claude):
    claude.behaviour = lambda reply: reply.whole(b'{"type":"message", "odd" : 1.0}')
    answer = native.ask("POST", "/v1/messages?beta=true", ODD,
                        {"x-api-key": "x", "anthropic-beta": "new-thing-2026-01-01"})
    seen = claude.seen[0]
    assert seen.body == (b'{ "max_tokens":1e2, "model" : "claude-sonnet-4-5","messages": '
                         b'[{"role":"user","content":"\\u0068i"}],"temperature":0.50}')
    assert seen.path == "/v1/messages?beta=true"
    assert seen.headers["anthropic-beta"] == "new-thing-2026-01-01"
    assert seen.headers["x-api-key"] == CANARY_KEY
    assert answer.body == b'{"type":"message", "odd" : 1.0}'
    assert "x-bourse-lossy" not in answer.headers


def test_in_one_language_a_stream_comes_byte_for_byte(native, claude):
    said = []

    def behave(reply):
        reply.begin_stream()
        for name, data in anthropic.events(anthropic.message(anthropic.text("a b c"))):
            said.append(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n")
            reply.piece(said[-1])
        reply.end_stream()
    claude.behaviour = behave
    answer = native.ask("POST", "/v1/messages",
                        {"model": "auto", "max_tokens": 9, "stream": True, "messages": HI})
    assert answer.body.decode() == "".join(said)
    assert "tokens_in=60 tokens_out=7 tokens_cached=30" in native.exchanges()[0]


def test_the_sdk_reads_answers_and_streams_of_its_own_language(native):
    answer = ask(native, "auto", system="be brief")
    assert answer.content[0].text == "hello there" and answer.usage.cache_read_input_tokens == 30
    assert answer._request_id.startswith("req_")
    words, final = stream_text(native, "auto")
    assert words == "hello there" and final.usage.output_tokens == 7


def test_a_stream_that_only_lacks_its_last_event_is_ended(native, claude):
    def behave(reply):
        reply.begin_stream()
        for name, data in list(anthropic.events(anthropic.message(anthropic.text("a"))))[:-1]:
            anthropic.put_event(reply, name, data)
        reply.end_stream()
    claude.behaviour = behave
    words, final = stream_text(native, "auto")
    assert words == "a" and final.stop_reason == "end_turn"


def test_what_another_model_thought_is_not_shown_to_the_vendor(native, claude):
    thoughts = [{"type": "thinking", "thinking": "hm", "signature": ""},
                {"type": "redacted_thinking", "data": "@google-gemini-v1:ZA=="}]
    own = {"type": "thinking", "thinking": "own", "signature": "c2ln"}
    words = {"type": "text", "text": "so"}
    ask(native, "auto", messages=[
        *HI, {"role": "assistant", "content": [*thoughts, own, words]}, *HI])
    assert claude.behaviour.bodies[0]["messages"][1]["content"] == [own, words]


# ---- another language behind it ----

def test_a_question_goes_to_openai_in_its_words(daemon, other):
    answer = ask(daemon, system="be brief", stop_sequences=["x"],
                 metadata={"user_id": "u"}, extra_body={"temperature": 0.5})
    assert answer.content[0].text == "hello" and answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 2)
    assert other.seen[0].path == "/v1/chat/completions"
    assert other.seen[0].headers["authorization"] == f"Bearer {CANARY_KEY}"
    assert "x-api-key" not in other.seen[0].headers
    assert other.seen[0].json() == {
        "model": "up", "max_tokens": 100, "temperature": 0.5, "stop": ["x"], "user": "u",
        "messages": [{"role": "system", "content": "be brief"}, *HI]}


def test_a_stream_of_openai_is_told_in_their_events(daemon, other):
    words, final = stream_text(daemon)
    assert words == "hello" and final.stop_reason == "end_turn"
    assert (final.usage.input_tokens, final.usage.output_tokens) == (3, 2)
    raw = daemon.ask("POST", "/v1/messages",
                     {"model": "o", "max_tokens": 9, "stream": True, "messages": HI})
    names = [line[7:] for line in raw.body.decode().splitlines() if line.startswith("event: ")]
    assert names == ["message_start", "content_block_start", "content_block_delta",
                     "content_block_delta", "content_block_stop", "message_delta", "message_stop"]
    assert raw.headers["content-type"].startswith("text/event-stream")


def call(index, call_id=None, name=None, arguments=""):
    function = {**({"name": name} if name else {}), "arguments": arguments}
    return {**chunk(None), "choices": [{"index": 0, "finish_reason": None, "delta": {
        "tool_calls": [{"index": index, **({"id": call_id, "type": "function"} if call_id else {}),
                        "function": function}]}}]}


def use_tools(reply):
    body = reply.seen.json()
    if body["messages"][-1]["role"] == "tool":
        answer_well(reply)
        return
    reply.begin_stream()
    for data in (call(0, "call_1", "weather"), call(0, arguments='{"city": '),
                 call(0, arguments='"K\u00f6ln"}'), call(1, "call_2", "weather", '{"city":"Bonn"}'),
                 chunk(None, "tool_calls"), "[DONE]"):
        reply.event(data)
    reply.end_stream()


def test_tools_are_called_and_answered_across_the_languages(daemon, other):
    other.behaviour = use_tools
    with client(daemon).messages.stream(model="o", max_tokens=100, messages=HI, tools=[TOOL],
                                        tool_choice={"type": "any"}) as stream:
        message = stream.get_final_message()
    assert message.stop_reason == "tool_use"
    assert [block.input for block in message.content] == [{"city": "Köln"}, {"city": "Bonn"}]
    results = [{"type": "tool_result", "tool_use_id": block.id, "content": "rain"}
               for block in message.content]
    turns = [*HI, {"role": "assistant", "content": [block.model_dump(exclude_none=True)
                                                    for block in message.content]},
             {"role": "user", "content": results}]
    assert ask(daemon, messages=turns, tools=[TOOL]).content[0].text == "hello"
    sent = other.seen[-1].json()["messages"]
    assert [part["role"] for part in sent] == ["user", "assistant", "tool", "tool"]
    assert [part["id"] for part in sent[1]["tool_calls"]] == ["call_1", "call_2"]
    assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"city": "Köln"}
    assert other.seen[0].json()["tool_choice"] == "required"


def test_pictures_go_as_data(daemon, other):
    ask(daemon, messages=[{"role": "user", "content": [
        {"type": "text", "text": "what?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                     "data": "iVBORw0="}}]}])
    assert other.seen[0].json()["messages"][0]["content"][1] == {
        "type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}


def test_what_openai_does_not_take_is_named(daemon, other):
    answer = daemon.ask("POST", "/v1/messages", {"model": "o", "max_tokens": 9, "messages": HI,
                                                 "top_k": 5, "something_new": 1,
                                                 "cache_control": {"type": "ephemeral"}})
    assert answer.status == 200 and answer.headers["x-bourse-lossy"] == "top_k,something_new"
    assert set(other.seen[0].json()) == {"model", "max_tokens", "messages"}


def test_the_vendors_own_tools_are_asked_of_the_vendor(daemon, claude, other):
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    assert ask(daemon, "auto", tools=tools).content[0].text == "hello there"
    with pytest.raises(sdk.BadRequestError, match="cannot carry: tools.server"):
        ask(daemon, "o", tools=tools)
    assert claude.behaviour.bodies[0]["tools"] == tools and not other.seen


def test_effort_is_asked_of_models_that_reason(serve, claude, other):
    reasons = configuration(claude.url, other.url).replace(
        "upstream_model: up,", "upstream_model: gpt-5-x, capabilities: [reasoning],")
    ask(serve(reasons), thinking={"type": "enabled", "budget_tokens": 9000})
    assert other.seen[0].json()["reasoning_effort"] == "medium"
    assert other.seen[0].json()["max_completion_tokens"] == 100
    ask(serve(configuration(claude.url, other.url)),
        thinking={"type": "enabled", "budget_tokens": 9000})
    assert "reasoning_effort" not in other.seen[1].json()


# ---- a third language behind it ----

@pytest.mark.parametrize("streams", [False, True])
def test_two_languages_are_translated_in_one_exchange(serve, provider, streams):
    """Tools, thoughts and their proofs, from Anthropic's client to Google's provider and back."""
    provider.behaviour = gemini.Gemini(gemini.response(
        gemini.thought("let me see"), gemini.call("weather", {"city": "Köln"}, "c2ln")),
        wants_proof=True)
    daemon = serve(test_gemini.configuration(
        provider.url, model=test_gemini.MODEL.replace("gemini-2.5-flash", "gemini-3-pro")))

    def ask_google(messages):
        options = {"model": "auto", "max_tokens": 2000, "messages": messages, "tools": [TOOL],
                   "thinking": {"type": "enabled", "budget_tokens": 1024}}
        if not streams:
            return client(daemon).messages.create(**options)
        with client(daemon).messages.stream(**options) as stream:
            return stream.get_final_message()

    message = ask_google(HI)
    assert message.stop_reason == "tool_use"
    assert [block.type for block in message.content] == ["thinking", "tool_use"]
    assert message.content[1].input == {"city": "Köln"}
    provider.behaviour.answer = gemini.response(gemini.text("bring an umbrella"))
    answer = ask_google([
        *HI, {"role": "assistant", "content": [block.model_dump(exclude_none=True)
                                               for block in message.content]},
        {"role": "user", "content": [{"type": "tool_result", "content": "rain",
                                      "tool_use_id": message.content[1].id}]}])
    assert answer.content[0].text == "bring an umbrella"


# ---- how long it is ----

def test_tokens_are_counted_by_the_vendor_or_estimated(daemon, claude, other):
    counted = client(daemon).messages.count_tokens(model="m", messages=HI)
    assert counted.input_tokens == 12
    assert claude.seen[0].path == "/v1/messages/count_tokens"
    assert client(daemon).messages.count_tokens(model="o", messages=HI).input_tokens > 0
    assert not other.seen


# ---- what goes wrong ----

def test_errors_of_ours_have_their_shape(daemon, serve, claude):
    with pytest.raises(sdk.NotFoundError) as raised:
        ask(daemon, "nobody")
    assert raised.value.body["type"] == "error"
    assert raised.value.body["error"]["type"] == "not_found_error"
    assert raised.value.body["request_id"] == raised.value.response.headers["request-id"]
    with pytest.raises(sdk.BadRequestError):
        daemon_body = daemon.ask("POST", "/v1/messages", b'{"model":"o"}')
        assert daemon_body.json()["error"]["message"] == "messages: Field required"
        ask(daemon, messages=[{"role": "user", "content": [{"type": "text", "text": 5}]}])


def test_the_vendors_own_words_come_as_they_are(native, claude):
    claude.behaviour = lambda reply: anthropic.error(reply, 400, "invalid_request_error", "bad \"x\"")
    with pytest.raises(sdk.BadRequestError) as raised:
        ask(native, "auto")
    assert raised.value.body == {"type": "error", "error": {
        "type": "invalid_request_error", "message": "bad \"x\""}, "request_id": "req_x"}


def test_openais_words_come_in_their_shape(daemon, other):
    other.behaviour = lambda reply: reply.whole({"error": {
        "message": "bad \"x\"", "type": "invalid_request_error", "param": None, "code": None}}, 400)
    with pytest.raises(sdk.BadRequestError) as raised:
        ask(daemon)
    assert raised.value.body["error"] == {"type": "invalid_request_error", "message": "bad \"x\""}


def test_an_overloaded_vendor_is_followed_by_another_language(daemon, claude):
    claude.behaviour = lambda reply: anthropic.error(reply, 529, "overloaded_error", "Overloaded")
    assert ask(daemon, "auto").content[0].text == "hello"
    assert stream_text(daemon, "auto")[0] == "hello"


def test_another_language_is_followed_by_the_vendor(serve, claude, other):
    other.behaviour = lambda reply: reply.error(500)
    daemon = serve(configuration(claude.url, other.url, route="candidates: [m, o], objective: best, "
                                 "rules: [{name: o, when: {endpoint: messages}, prefer: {o: 0.9}}]"))
    assert ask(daemon, "auto").content[0].text == "hello there"
    assert stream_text(daemon, "auto")[0] == "hello there"


def break_off(reply):
    reply.begin_stream()
    reply.say("Once upon")
    reply.cut()


def test_a_broken_stream_of_openai_is_gone_on_with_by_the_vendor(serve, claude, other):
    other.behaviour = break_off
    claude.behaviour.answer = anthropic.message(anthropic.text("Once upon a time"))
    daemon = serve(configuration(claude.url, other.url, route="candidates: [m, o], objective: best, "
                                 "rules: [{name: o, when: {endpoint: messages}, prefer: {o: 0.9}}]"))
    words, final = stream_text(daemon, "auto")
    assert words == "Once upon a time" and final.stop_reason == "end_turn"


def test_a_broken_stream_is_continued_from_its_words(serve, claude, other):
    other.behaviour = break_off
    claude.behaviour.answer = anthropic.message(anthropic.text(" a time"))
    daemon = serve(configuration(
        claude.url, other.url, route="candidates: [m, o], objective: best, "
        "stream_failover: continue, "
        "rules: [{name: o, when: {endpoint: messages}, prefer: {o: 0.9}}]",
        model=MODEL + ", capabilities: [prefill]"))
    assert stream_text(daemon, "auto")[0] == "Once upon a time"
    assert claude.behaviour.bodies[0]["messages"][-1] == {
        "role": "assistant", "content": [{"type": "text", "text": "Once upon"}]}


def test_a_stream_that_breaks_for_good_is_an_error_for_the_sdk(daemon, native, claude, other):
    other.behaviour = break_off
    with pytest.raises(sdk.APIStatusError) as raised:
        stream_text(daemon)
    assert raised.value.body["error"]["type"] == "api_error"

    def cut(reply):
        reply.begin_stream()
        for name, data in list(anthropic.events(anthropic.message(anthropic.text("a b c"))))[:4]:
            anthropic.put_event(reply, name, data)
        reply.cut()
    claude.behaviour = cut
    with pytest.raises(sdk.APIStatusError):
        stream_text(native, "auto")


def test_a_key_is_asked_for_in_either_header(serve, claude):
    keys = "auth: keys\nkeys:\n  me: {hash: \"sha256:" \
           "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"}\n"
    daemon = serve(keys + configuration(claude.url))
    assert client(daemon, "test").messages.create(
        model="auto", max_tokens=9, messages=HI).content[0].text == "hello there"
    assert daemon.ask("POST", "/v1/messages", {"model": "auto", "messages": HI},
                      {"Authorization": "Bearer test"}).status == 400  # the fake wants max_tokens
    with pytest.raises(sdk.AuthenticationError, match="not known here") as raised:
        client(daemon, "wrong").messages.create(model="auto", max_tokens=9, messages=HI)
    assert raised.value.body["error"]["type"] == "authentication_error"


def test_silence_is_filled_with_comments_that_the_sdk_passes_over(serve, claude, other):
    def slowly(reply):
        reply.begin_stream()
        reply.wait_until_left(within=0.5)
        reply.say("late")
        reply.say(None, "stop")
        reply.event("[DONE]")
        reply.end_stream()
    other.behaviour = slowly
    daemon = serve(configuration(claude.url, other.url,
                                 route="candidates: [o], keep_alive_comments: 100ms"))
    words, _ = stream_text(daemon, "auto")
    assert words == "late"


def test_a_body_without_json_is_refused_in_their_shape(daemon):
    body = b"{nonsense"
    connection = daemon.connect()
    connection.sendall(head("POST", "/v1/messages", {"Content-Length": len(body)}) + body)
    answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 400") and '"type":"error"' in answer
