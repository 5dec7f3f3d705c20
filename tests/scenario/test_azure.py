"""test_azure.py - OpenAI's language at Azure's addresses, with Azure's key header."""
import pathlib

import openai
import pytest

from harness.daemon import CANARY_KEY
from harness.provider import answer_well


def start(serve, url, more=""):
    return serve(f"""
workers: 1
providers:
  azure: {{dialect: azure, base_url: "{url}", api_key: env:CANARY_KEY{more}}}
models:
  auto: {{provider: azure, upstream_model: my-gpt, price: {{input: 1, output: 2}}}}
""")


def test_a_deployment_is_asked_by_its_name_and_version(serve, provider):
    daemon = start(serve, provider.url.removesuffix("/v1"), ', api_version: "2025-01-01-preview"')
    assert daemon.chat(seed=5, new_thing=1).json()["choices"][0]["message"]["content"] == "hello"
    seen = provider.seen[0]
    assert seen.path == "/openai/deployments/my-gpt/chat/completions?api-version=2025-01-01-preview"
    assert seen.headers["api-key"] == CANARY_KEY and "authorization" not in seen.headers
    assert seen.json()["seed"] == 5 and seen.json()["new_thing"] == 1


def test_what_is_only_relayed_names_the_version_too(serve, provider):
    provider.behaviour = lambda reply: reply.whole({"data": []})
    daemon = start(serve, provider.url.removesuffix("/v1"))
    daemon.write(open(daemon.config_path, encoding="utf-8").read() + "default_provider: azure\n")
    assert daemon.ask("POST", "/reload", admin=True).status == 200
    assert daemon.ask("GET", "/v1/files?limit=2").status == 200
    assert provider.seen[0].path == "/openai/files?limit=2&api-version=2024-10-21"


def test_the_newer_address_has_no_deployments(serve, provider):
    daemon = start(serve, provider.url)
    words = [chunk.choices[0].delta.content or "" for chunk in ask(daemon, stream=True)]
    assert "".join(words) == "hello"
    assert provider.seen[0].path == "/v1/chat/completions"
    assert provider.seen[0].json()["model"] == "my-gpt"


GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "azure"


def client(daemon):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x",
                         max_retries=0)


def ask(daemon, **options):
    return client(daemon).chat.completions.create(
        model="auto", messages=[{"role": "user", "content": "hi"}], **options)


@pytest.mark.parametrize("case", ["a_stream_begins_with_what_was_filtered",
                                  "a_stream_that_is_filtered_later"])
def test_the_sdk_reads_a_stream_with_what_was_filtered(serve, provider, case):
    def behave(reply):
        reply.begin_stream()
        reply.piece((GOLDEN / case / "provider.sse").read_bytes())
        reply.end_stream()
    provider.behaviour = behave
    chunks = list(ask(start(serve, provider.url.removesuffix("/v1")), stream=True))
    words = "".join(c.choices[0].delta.content or "" for c in chunks
                    if c.choices and c.choices[0].delta)
    assert words in ("Hi", "Hi there")
    assert any(c.choices and c.choices[0].finish_reason == "stop" for c in chunks)


def test_a_prompt_that_was_filtered_is_told_in_azures_words(serve, provider):
    body = (GOLDEN / "error_prompt_is_filtered" / "refused.json").read_bytes()
    provider.behaviour = lambda reply: reply.whole(body, 400)
    with pytest.raises(openai.BadRequestError) as raised:
        ask(start(serve, provider.url.removesuffix("/v1")))
    assert raised.value.code == "content_filter" and len(provider.seen) == 1


def test_a_limit_is_waited_for_as_long_as_azure_says_in_milliseconds(serve, provider):
    def behave(reply):
        if len(provider.seen) == 1:
            reply.whole((GOLDEN / "error_rate_of_tokens" / "refused.json").read_bytes(), 429,
                        {"retry-after-ms": "300", "retry-after": "30"})
        else:
            answer_well(reply)
    provider.behaviour = behave
    assert ask(start(serve, provider.url.removesuffix("/v1"))).choices[0].message.content == "hello"
    first, second = provider.seen
    assert 0.29 <= second.at - first.at < 5


def test_a_deployment_that_is_not_there_is_no_fault_of_the_client(serve, provider):
    body = (GOLDEN / "error_deployment_not_found" / "refused.json").read_bytes()
    provider.behaviour = lambda reply: reply.whole(body, 404)
    with pytest.raises(openai.InternalServerError):
        ask(start(serve, provider.url.removesuffix("/v1")))
