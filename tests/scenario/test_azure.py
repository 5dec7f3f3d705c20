"""test_azure.py - OpenAI's language at Azure's addresses, with Azure's key header."""
import openai

from harness.daemon import CANARY_KEY


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
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x",
                           max_retries=0)
    words = [chunk.choices[0].delta.content or "" for chunk in client.chat.completions.create(
        model="auto", messages=[{"role": "user", "content": "hi"}], stream=True)]
    assert "".join(words) == "hello"
    assert provider.seen[0].path == "/v1/chat/completions"
    assert provider.seen[0].json()["model"] == "my-gpt"
