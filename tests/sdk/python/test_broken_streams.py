"""test_broken_streams.py - OpenAI's package reads a stream that broke, and that another model went on with."""
import json
import os

import openai
import pytest

from conftest import client_of
from harness.daemon import Daemon, configuration
from harness.provider import COMPLETION, Provider, chunk

pytestmark = pytest.mark.skipif("SDK_BASE_URL" in os.environ, reason="a promise of bourse alone")

HELLO = [{"role": "user", "content": "hello"}]
WORDS = ["Es ", "war ", "einmal ", "\U0001f600", " ein ", "grüner ", "Frosch."]
WHOLE = "".join(WORDS)


def begins(reply):
    """Says the first four words and leaves."""
    reply.begin_stream()
    reply.event({**chunk(None), "id": "first",
                 "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
    for word in WORDS[:4]:
        reply.event({**chunk(word), "id": "first"})
    reply.cut()


def goes_on(reply):
    """From the prefill, or from the beginning; letter by letter, with a role of its own."""
    last = json.loads(reply.seen.body)["messages"][-1]
    known = len(last["content"]) if last["role"] == "assistant" else 0
    reply.begin_stream()
    reply.event({**chunk(None), "choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]})
    for letter in WHOLE[known:]:
        reply.say(letter)
    reply.say(None, "stop")
    reply.event({**chunk(None), "choices": [], "usage": COMPLETION["usage"]})
    reply.event("[DONE]")
    reply.end_stream()


@pytest.fixture
def serve(tmp_path):
    """serve(options of the route, behaviours) -> a client of bourse in front of such providers."""
    ends = []

    def start(options, *behaviours):
        providers = [Provider(behaviour) for behaviour in behaviours]
        config = configuration(*(provider.url for provider in providers))
        config = config.replace("objective: best}", f"objective: best, {options}}}")
        config = config.replace("    context_window:", "    capabilities: [prefill]\n    context_window:")
        daemon = Daemon(str(tmp_path), config)
        ends.extend([daemon.stop, *(provider.close for provider in providers)])
        return client_of(f"http://127.0.0.1:{daemon.port}/v1")

    yield start
    for end in ends:
        end()


@pytest.mark.parametrize("policy", ["continue", "restart", "hold"])
def test_the_answer_is_read_whole_and_once(serve, policy):
    client = serve(f"stream_failover: {policy}", begins, goes_on)
    chunks = list(client.chat.completions.create(model="auto", messages=HELLO, stream=True,
                                                 stream_options={"include_usage": True}))
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices) == WHOLE
    assert [choice.delta.role for choice in choices if choice.delta.role] == ["assistant"]
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    assert len({(chunk.id, chunk.model, chunk.created) for chunk in chunks}) == 1
    assert chunks[-1].usage.total_tokens == COMPLETION["usage"]["total_tokens"]


def test_the_package_puts_it_together_itself(serve):
    client = serve("stream_failover: continue", begins, goes_on)
    with client.chat.completions.stream(model="auto", messages=HELLO) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_completion()
    assert answer.choices[0].message.content == WHOLE
    assert answer.choices[0].message.role == "assistant"


def test_where_nobody_can_go_on_the_package_raises(serve):
    client = serve("stream_failover: continue", begins)
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(model="auto", messages=HELLO, stream=True))


def test_comments_in_silence_are_not_seen(serve):
    def dawdles(reply):
        reply.wait_until_left(0.4)
        goes_on(reply)
    client = serve("keep_alive_comments: 100ms", dawdles)
    stream = client.chat.completions.create(model="auto", messages=HELLO, stream=True)
    text = "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)
    assert text == WHOLE
