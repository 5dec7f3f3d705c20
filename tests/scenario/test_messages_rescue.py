"""test_messages_rescue.py - an Anthropic client's stream that breaks in its own vendor's words is gone
on with by others, in the same blocks."""
import json

import pytest

import test_messages
from harness import anthropic
from harness.provider import answer_well
from test_anthropic import MODEL, configuration
from test_messages import stream_text

CAN_GO_ON = MODEL + ", capabilities: [tools, prefill]"
TOKENS = ["Once", " upon", " a", " time"]


def say_and_break(*blocks, after=None, error=None):
    """A behaviour: the events of these blocks up to the one that `after` fits, and then nothing, or
    an error in Anthropic's words."""
    def behave(reply):
        reply.begin_stream()
        for name, data in anthropic.events(anthropic.message(*blocks)):
            anthropic.put_event(reply, name, data)
            if after in json.dumps(data):
                break
        else:
            raise AssertionError(f"{after} is not said")
        if error:
            anthropic.put_event(reply, "error", {"error": {"type": error, "message": "busy"}})
            reply.end_stream()
        else:
            reply.cut()
    return behave


def finish(words):
    def behave(reply):
        reply.begin_stream()
        for word in words:
            reply.say(word)
        reply.event({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "up",
                     "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        reply.event({"id": "x", "choices": [], "usage": {"prompt_tokens": 11,
                                                         "completion_tokens": 4}})
        reply.piece("data: [DONE]\n\n")
        reply.end_stream()
    return behave


@pytest.fixture
def claude(provider):
    provider.behaviour = say_and_break(anthropic.text("Once upon a time"), after="Once u")
    return provider


@pytest.fixture
def other(second):
    second.behaviour = answer_well
    return second


def start(serve, claude, other, more=""):
    return serve(configuration(claude.url, other.url,
                               route="candidates: [m, o], objective: best" + more))


@pytest.mark.parametrize("error", [None, "overloaded_error"])
def test_a_stream_in_the_vendors_words_is_gone_on_with_by_another_language(serve, claude, other,
                                                                          error):
    claude.behaviour = say_and_break(anthropic.text("Once upon a time"), after="Once u", error=error)
    other.behaviour = finish(TOKENS)
    daemon = start(serve, claude, other)
    words, final = stream_text(daemon, "auto")
    assert words == "Once upon a time" and final.stop_reason == "end_turn"
    assert len(final.content) == 1 and final.id == "msg_01" and final.usage.output_tokens == 4
    assert "failover=restart failover_from=m" in daemon.exchanges()[0]


def test_one_of_the_same_language_is_asked_to_go_on(serve, claude, other):
    other.behaviour = anthropic.Anthropic(anthropic.message(anthropic.text("pon a time")))
    text = configuration(claude.url, other.url, model=CAN_GO_ON).replace(
        "other: {base_url:", "other: {dialect: anthropic, base_url:").replace(
        "o: {provider: other,", "o: {provider: other, capabilities: [prefill],")
    daemon = serve(text)
    words, final = stream_text(daemon, "auto")
    assert words == "Once upon a time" and len(final.content) == 1
    asked = other.behaviour.bodies[0]["messages"]
    assert asked[-1] == {"role": "assistant", "content": [{"type": "text", "text": "Once u"}]}
    assert "failover=continue" in daemon.exchanges()[0]


def test_what_was_thought_stays_in_its_block(serve, claude, other):
    claude.behaviour = say_and_break(anthropic.thinking("hm, hm"), anthropic.text("Once upon a time"),
                                     after="Once u")
    other.behaviour = finish(TOKENS)
    _, final = stream_text(start(serve, claude, other), "auto")
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.content[0].signature == "c2ln" and final.content[1].text == "Once upon a time"


def test_a_thought_that_breaks_is_followed_by_the_answer(serve, claude, other):
    claude.behaviour = say_and_break(anthropic.thinking("hm, hm"), after="hm")
    other.behaviour = finish(TOKENS)
    _, final = stream_text(start(serve, claude, other), "auto")
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.content[1].text == "Once upon a time"


@pytest.mark.parametrize("block", [anthropic.tool_use("weather", {"city": "Bern"}),
                                   {"type": "server_tool_use", "id": "srvtoolu_1",
                                    "name": "web_search", "input": {"query": "x"}}])
def test_behind_a_call_nobody_goes_on(serve, claude, other, block):
    claude.behaviour = say_and_break(anthropic.text("Well"), block, after="partial_json")
    other.behaviour = finish(TOKENS)
    with pytest.raises(test_messages.sdk.APIStatusError) as raised:
        stream_text(start(serve, claude, other), "auto")
    assert raised.value.body["error"]["type"] == "api_error" and not other.seen


def test_other_words_end_the_stream_with_the_first_failure(serve, claude, other):
    other.behaviour = finish(["Never", " before"])
    with pytest.raises(test_messages.sdk.APIStatusError) as raised:
        stream_text(start(serve, claude, other), "auto")
    assert raised.value.body["error"]["type"] == "api_error"


def test_who_wants_no_rescue_has_the_error_at_once(serve, claude, other):
    other.behaviour = finish(TOKENS)
    with pytest.raises(test_messages.sdk.APIStatusError):
        stream_text(start(serve, claude, other, ", stream_failover: error"), "auto")
    assert not other.seen
