"""test_quirks.py - servers that speak OpenAI's language and deviate from it: what they refuse is not
sent to them, what they call otherwise is renamed, and the client is told what is lost."""
import json
import subprocess

import anthropic
import openai
import pytest

from harness import lookalikes
from harness.daemon import BOURSE
from harness.provider import answer_well

SERVERS = {"groq": lookalikes.Groq, "mistral": lookalikes.Mistral, "deepseek": lookalikes.Deepseek,
           "cerebras": lookalikes.Cerebras, "xai": lookalikes.Xai}
CALLS = [{"role": "user", "content": "rain?"},
         {"role": "assistant", "content": None, "tool_calls": [
             {"id": "call_abcdefghijklmn", "type": "function",
              "function": {"name": "weather", "arguments": "{}"}}]},
         {"role": "tool", "tool_call_id": "call_abcdefghijklmn", "content": "rain"}]
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {
    "type": "object", "properties": {}}}}
RICH = {"max_completion_tokens": 50, "seed": 7, "user": "u", "logit_bias": {"1": 2},
        "frequency_penalty": 0.5, "presence_penalty": 0.5, "parallel_tool_calls": False,
        "service_tier": "flex", "store": True, "tools": [TOOL], "temperature": 0.5}


def configuration(provider, more, other=None, route=""):
    lines = ["workers: 1", "providers:", f"  p: {{base_url: '{provider.url}', {more}}}"]
    models = ["models:", "  m: {provider: p, upstream_model: up, price: {input: 1, output: 1}, "
                         "quality: {default: 0.9}}"]
    candidates = "[m]"
    if other:
        lines.append(f"  other: {{base_url: '{other.url}'}}")
        models.append("  o: {provider: other, price: {input: 1, output: 1}, quality: {default: 0.5}}")
        candidates = "[m, o]"
    return "\n".join([*lines, *models, "routes:",
                      f"  auto: {{candidates: {candidates}, objective: best{route}}}"]) + "\n"


@pytest.fixture
def speak(serve, provider):
    """speak(name): a daemon in front of the fake of that server."""
    def start(name, **options):
        provider.behaviour = SERVERS.get(name, lookalikes.Any)()
        return serve(configuration(provider, f"quirks: {name}", **options))
    return start


def lost(reply):
    return set(filter(None, reply.headers.get("x-bourse-lossy", "").split(",")))


LOST = {"groq": {"logit_bias"},
        "mistral": {"logit_bias", "user", "store", "service_tier"},
        "deepseek": set(),
        "cerebras": {"frequency_penalty", "presence_penalty", "logit_bias", "parallel_tool_calls",
                     "service_tier"},
        "xai": {"logit_bias"},
        "vllm": {"user"},
        "ollama": {"logit_bias", "user", "store", "service_tier", "parallel_tool_calls"},
        "llama.cpp": {"user", "store", "service_tier"},
        "together": {"user", "store", "service_tier"},
        "openrouter": set(),
        "fireworks": {"store"}}


@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("stream", [False, True])
def test_a_rich_request_is_answered_and_what_is_lost_is_told(speak, provider, name, stream):
    daemon = speak(name)
    messages = [{"role": "developer", "content": "be brief"}, *CALLS]
    reply = daemon.ask("POST", "/v1/chat/completions", {
        "model": "auto", "messages": messages, "stream": stream, **RICH})
    assert reply.status == 200, reply.body
    assert lost(reply) == LOST[name]
    body = provider.behaviour.bodies[-1]
    assert body["model"] == "up" and body["tools"] == [TOOL] and body["temperature"] == 0.5
    assert 50 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert 7 in (body.get("seed"), body.get("random_seed"))
    assert body["messages"][0]["content"] == "be brief"
    assert body["messages"][2]["tool_calls"][0]["id"] == body["messages"][3]["tool_call_id"]
    assert daemon.metric("bourse_lossy_total") == len(LOST[name])


@pytest.mark.parametrize("name", ["groq", "mistral"])
def test_usage_is_heard_where_it_stands(speak, name):
    daemon = speak(name)
    assert daemon.chat(stream=True).status == 200
    assert "tokens_in=3 tokens_out=2" in daemon.exchanges()[0]


def test_a_client_that_asks_for_usage_gets_it_from_who_refuses_to_be_asked(speak):
    daemon = speak("mistral")
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x")
    chunks = list(client.chat.completions.create(
        model="auto", messages=[{"role": "user", "content": "hi"}], stream=True,
        stream_options={"include_usage": True}))
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == [5]


def test_usage_that_was_not_asked_for_is_hidden(speak):
    assert b"usage" not in speak("mistral").chat(stream=True).body


@pytest.mark.parametrize("name,member,field", [
    ("groq", {"n": 2}, "n"), ("groq", {"logprobs": True}, "logprobs"), ("ollama", {"n": 2}, "n"),
    ("mistral", {"logprobs": True}, "logprobs"),
    ("deepseek", {"response_format": {"type": "json_schema", "json_schema": {
        "name": "x", "schema": {"type": "object"}}}}, "json_schema")])
def test_who_cannot_give_what_is_essential_is_not_asked(speak, provider, second, name, member, field):
    daemon = speak(name)
    refusal = daemon.chat(**member)
    assert refusal.status == 400 and refusal.error()["code"] == "no_candidate"
    assert field in json.dumps(daemon.ask("POST", "/v1/route", {
        "model": "auto", "messages": [{"role": "user", "content": "hi"}], **member}).json())
    assert not provider.seen
    daemon.write(configuration(provider, f"quirks: {name}", other=second))
    assert daemon.ask("POST", "/reload", admin=True).status == 200
    assert daemon.chat(**member).headers["x-bourse-model"] == "o"
    assert not provider.seen


@pytest.mark.parametrize("name", ["mistral", "ollama"])  # refused, and taken without effect
def test_a_strict_route_asks_somebody_else(serve, provider, second, name):
    daemon = serve(configuration(provider, f"quirks: {name}", other=second, route=", strict: true"))
    assert daemon.chat(logit_bias={"1": 2}).headers["x-bourse-model"] == "o"
    assert daemon.chat(temperature=1).headers["x-bourse-model"] == "m"


@pytest.mark.parametrize("name", [*LOST])
def test_a_request_without_anything_of_it_goes_there_byte_for_byte(serve, provider, name):
    provider.behaviour = answer_well
    daemon = serve(configuration(provider, f"quirks: {name}"))
    body = b'{ "messages":[ {"role" :"user","content":"\\u0068i"}],  "model": "auto", ' \
           b'"temperature":0.50, "max_tokens": 1e2,"tools":[],"x":{"n": 2} }'
    assert daemon.ask("POST", "/v1/chat/completions", body).status == 200
    assert provider.seen[0].body == body.replace(b'"auto"', b'"up"')


def test_without_a_row_nothing_is_left_out(serve, provider):
    provider.behaviour = lookalikes.Any()
    daemon = serve(configuration(provider, "quirks: none"))
    reply = daemon.chat(**RICH)
    assert not lost(reply)
    assert {name: provider.behaviour.bodies[0][name] for name in RICH} == RICH


def test_a_row_can_be_corrected(serve, provider):
    provider.behaviour = lookalikes.Any()
    daemon = serve(configuration(provider, "quirks: groq, takes: [n, logit_bias], refuses: [stop]"))
    reply = daemon.chat(n=2, logit_bias={"1": 2}, stop=["x"])
    assert reply.status == 200 and lost(reply) == {"stop"}
    assert provider.behaviour.bodies[0]["n"] == 2 and "stop" not in provider.behaviour.bodies[0]


def test_fields_may_be_refused_by_a_server_without_a_row(serve, provider):
    provider.behaviour = lookalikes.Any()
    daemon = serve(configuration(provider, "refuses: [logit_bias]"))
    assert lost(daemon.chat(logit_bias={"1": 2})) == {"logit_bias"}
    assert "logit_bias" not in provider.behaviour.bodies[0]


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("stream", [False, True])
def test_an_anthropic_client_is_answered_by_each(speak, name, stream):
    daemon = speak(name)
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{daemon.port}", api_key="x")
    asked = {"model": "auto", "max_tokens": 50, "metadata": {"user_id": "u"}, "system": "be brief",
             "tools": [{"name": "weather", "input_schema": {"type": "object"}}],
             "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
             "messages": [{"role": "user", "content": "rain?"},
                          {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_0123456",
                                                             "name": "weather", "input": {}}]},
                          {"role": "user", "content": [{"type": "tool_result", "content": "rain",
                                                        "tool_use_id": "toolu_0123456"}]}]}
    if stream:
        with client.messages.stream(**asked) as events:
            answer = events.get_final_message()
    else:
        answer = client.messages.create(**asked)
    assert answer.content[0].text == "hello"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 2)


def test_a_broken_stream_goes_on_at_a_server_that_deviates(serve, provider, second):
    def cut(reply):
        reply.begin_stream()
        reply.say("hel")
        reply.cut()
    second.behaviour = cut
    provider.behaviour = lookalikes.Mistral()
    daemon = serve(configuration(provider, "quirks: mistral", other=second).replace(
        "quality: {default: 0.5}", "quality: {default: 0.99}"))
    reply = daemon.chat(stream=True, max_completion_tokens=9)
    assert reply.body.rstrip().endswith(b"[DONE]")
    assert provider.behaviour.bodies[0]["max_tokens"] == 9


@pytest.mark.parametrize("more,words", [
    ("quirks: grok", "there is no row \"grok\" (did you mean \"groq\"?)"),
    ("refuses: [logit_bais]", "did you mean \"logit_bias\"?"),
    ("takes: [nothing_at_all]", "there is no field"),
    ("quirks: groq, dialect: anthropic", "are those of the dialect openai")])
def test_what_is_mistyped_is_told(tmp_path, more, words):
    path = tmp_path / "check.yaml"
    path.write_text(f"providers:\n  p: {{base_url: 'https://x.example/v1', {more}}}\n"
                    "models:\n  m: {provider: p, price: {input: 0, output: 0}}\n")
    told = subprocess.run([BOURSE, "check", "-c", str(path)], capture_output=True, text=True,
                          check=False)
    assert told.returncode == 78 and words in told.stdout + told.stderr
