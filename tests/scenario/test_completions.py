"""test_completions.py - clients of OpenAI's legacy completions, with its official SDK: passed on to who
has them, and answered by who has only chat."""
import openai
import pytest

import test_bedrock
import test_gemini
from harness import anthropic, bedrock, gemini
from harness.provider import COMPLETION, answer_well
from test_anthropic import configuration as claude_configuration
from test_responses import break_off, chat, client, configuration, daemon  # noqa: F401


def ask(daemon, prompt="hi", **options):
    return client(daemon).completions.create(model="auto", prompt=prompt, **options)


def stream(daemon, prompt="hi", **options):
    return list(ask(daemon, prompt, stream=True, **options))


def text_of(chunks):
    return "".join(choice.text for chunk in chunks for choice in chunk.choices)


def test_a_prompt_goes_as_a_users_turn(daemon, chat):
    answer = ask(daemon, ["once upon"], max_tokens=16, temperature=0.5, stop=["x"], seed=7)
    assert answer.object == "text_completion" and answer.choices[0].text == "hello"
    assert answer.choices[0].finish_reason == "stop" and answer.usage.total_tokens == 5
    assert chat.seen[0].path == "/v1/chat/completions"
    assert chat.seen[0].json() == {
        "model": "up-1", "max_tokens": 16, "temperature": 0.5, "stop": ["x"], "seed": 7,
        "messages": [{"role": "user", "content": "once upon"}]}


def test_a_stream_is_told_as_text(daemon):
    chunks = stream(daemon)
    assert text_of(chunks) == "hello" and chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.object == "text_completion" and not chunk.usage for chunk in chunks)
    wanted = stream(daemon, stream_options={"include_usage": True})
    assert wanted[-1].usage.total_tokens == 5 and not wanted[-1].choices
    raw = daemon.ask("POST", "/v1/completions", {"model": "auto", "prompt": "hi", "stream": True})
    assert raw.body.decode().endswith("data: [DONE]\n\n")
    assert "tokens_in=3 tokens_out=2" in daemon.exchanges()[-1]


def test_several_answers_keep_their_numbers(daemon, chat):
    def behave(reply):
        assert reply.seen.json()["n"] == 2
        choice = COMPLETION["choices"][0]
        reply.whole({**COMPLETION, "choices": [choice, {**choice, "index": 1, "message": {
            "role": "assistant", "content": "hallo"}}]})
    chat.behaviour = behave
    answer = ask(daemon, n=2)
    assert [(choice.index, choice.text) for choice in answer.choices] == [(0, "hello"), (1, "hallo")]


def test_who_has_them_is_sent_the_bytes(serve, provider):
    provider.behaviour = lambda reply: reply.whole(b'{"object":"text_completion", "odd" : 1.0}')
    daemon = serve(configuration(provider.url, options="endpoints: [completions, chat]"))
    answer = daemon.ask("POST", "/v1/completions",
                        b'{ "prompt":[1,2],"model" : "auto","echo":true }')
    assert provider.seen[0].path == "/v1/completions"
    assert provider.seen[0].body == b'{ "prompt":[1,2],"model" : "up-1","echo":true }'
    assert answer.body == b'{"object":"text_completion", "odd" : 1.0}'


@pytest.mark.parametrize("options, name", [
    ({"prompt": ["a", "b"]}, "prompt.other"), ({"prompt": [1, 2, 3]}, "prompt.other"),
    ({"prompt": [[1, 2]]}, "prompt.other"), ({"suffix": "x"}, "suffix"), ({"echo": True}, "echo"),
    ({"logprobs": 2}, "completions.logprobs"),
])
def test_what_chat_cannot_say_is_refused_by_name(daemon, chat, options, name):
    with pytest.raises(openai.BadRequestError, match=f"cannot carry: {name}"):
        ask(daemon, **options)
    assert not chat.seen


def test_what_is_lost_is_named(daemon, chat):
    answer = daemon.ask("POST", "/v1/completions", {
        "model": "auto", "prompt": "hi", "best_of": 3, "something_new": 1})
    assert answer.status == 200 and answer.headers["x-bourse-lossy"] == "best_of,something_new"
    assert set(chat.seen[0].json()) == {"model", "messages"}


@pytest.mark.parametrize("language", ["anthropic", "gemini", "bedrock"])
def test_other_languages_answer(serve, provider, language):
    provider.behaviour, lines = {
        "anthropic": (anthropic.Anthropic(), claude_configuration(provider.url)),
        "gemini": (gemini.Gemini(), test_gemini.configuration(provider.url)),
        "bedrock": (bedrock.Bedrock(), test_bedrock.configuration(provider.url)),
    }[language]
    daemon = serve(lines)
    answer = ask(daemon, max_tokens=50)
    assert answer.choices[0].text and answer.choices[0].finish_reason == "stop"
    assert text_of(stream(daemon, max_tokens=50)) == answer.choices[0].text


def test_another_language_follows_a_failure(serve, provider, second):
    provider.behaviour = lambda reply: anthropic.error(reply, 529, "overloaded_error", "Overloaded")
    second.behaviour = answer_well
    daemon = serve(claude_configuration(provider.url, second.url).replace(
        "other: {", "other: {endpoints: [chat], "))
    assert ask(daemon).choices[0].text == "hello"
    assert text_of(stream(daemon)) == "hello"


def test_a_stream_that_breaks_for_good_is_an_error_for_the_sdk(daemon, chat):
    chat.behaviour = break_off
    with pytest.raises(openai.APIError):
        stream(daemon)
    raw = daemon.ask("POST", "/v1/completions", {"model": "auto", "prompt": "hi", "stream": True})
    assert '"text":"Once upon"' in raw.body.decode() and "[DONE]" not in raw.body.decode()


def test_a_providers_refusal_comes_as_it_is(daemon, chat):
    chat.behaviour = lambda reply: reply.whole({"error": {
        "message": "bad \"x\"", "type": "invalid_request_error", "param": None, "code": None}}, 400)
    with pytest.raises(openai.BadRequestError, match="bad"):
        ask(daemon)
