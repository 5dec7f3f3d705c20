"""test_genai.py - what goes to Google is what Google's own SDK would have sent, here and at Vertex."""
import re

import pytest
from google import genai as sdk
from google.oauth2.credentials import Credentials

from harness import gemini, genai, vertex
from harness.provider import Provider

PICTURE = "data:image/png;base64,iVBORw0KGgo="
WEATHER = {"type": "function", "function": {
    "name": "weather", "description": "now", "parameters": {
        "type": "object", "properties": {"city_name": {"type": "string"}}}}}
CALLED = [{"role": "user", "content": "rain?"},
          {"role": "assistant", "content": "I look", "tool_calls": [
              {"id": "c1", "type": "function",
               "function": {"name": "weather", "arguments": '{"city_name": "Bonn"}'}}]},
          {"role": "tool", "tool_call_id": "c1", "content": "rain"}]

REQUESTS = {
    "a plain question": {},
    "sampling and limits": {"temperature": 0.5, "top_p": 0.9, "stop": ["x", "y"], "seed": 7, "n": 2,
                            "max_completion_tokens": 50, "presence_penalty": 0.5,
                            "frequency_penalty": -0.5},
    "likely tokens": {"logprobs": True, "top_logprobs": 3},
    "a form": {"response_format": {"type": "json_schema", "json_schema": {
        "name": "a", "schema": {"type": "object", "properties": {"first_name": {"type": "string"}}}}}},
    "JSON": {"response_format": {"type": "json_object"}},
    "thoughts": {"reasoning_effort": "low"},
    "a picture": {"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": [
        {"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": PICTURE}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.webp"}}]}]},
    "tools": {"tools": [WEATHER], "tool_choice": "required"},
    "one tool": {"tools": [WEATHER], "tool_choice": {"type": "function",
                                                     "function": {"name": "weather"}}},
    "a search": {"web_search_options": {"search_context_size": "low"}},
    "a tier": {"service_tier": "flex"},
    "results": {"messages": CALLED, "tools": [WEATHER]},
}


@pytest.fixture
def listener():
    """A provider that only keeps what it is sent."""
    listener = Provider(lambda reply: reply.whole(gemini.response(gemini.text("heard"))))
    yield listener
    listener.close()


def configuration(google, vertex_token=None):
    where = f"http://127.0.0.1:{google.port}"
    who = f"base_url: '{where}/v1beta', api_key: env:CANARY_KEY"
    if vertex_token:
        who = f"base_url: '{where}{vertex.BASE}', token_source: 'file:{vertex_token}'"
    return (f"workers: 1\nproviders:\n  google: {{dialect: gemini, {who}}}\n"
            "models:\n  m: {provider: google, upstream_model: gemini-2.5-flash, price: {input: 1, "
            "output: 1}}\nroutes:\n  auto: {candidates: [m]}\n")


def ask_through(daemon, request):
    messages = request.get("messages", [{"role": "user", "content": "hi"}])
    reply = daemon.ask("POST", "/v1/chat/completions", {"model": "auto", **request,
                                                        "messages": messages})
    assert reply.status == 200, reply.body
    return reply


def ask_with_the_sdk(client, body):
    answer = client.models.generate_content(
        model="gemini-2.5-flash", contents=genai.contents_of(body), config=genai.config_of(body))
    assert answer.text == "heard"


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_sent_is_what_the_sdk_would_send(serve, provider, listener, name):
    provider.behaviour = gemini.Gemini()
    ask_through(serve(configuration(provider)), REQUESTS[name])
    body = provider.behaviour.bodies[0]
    ask_with_the_sdk(sdk.Client(api_key="x", http_options={
        "base_url": f"http://127.0.0.1:{listener.port}", "api_version": "v1beta"}), body)
    assert genai.alike(body) == genai.alike(listener.seen[0].json())
    assert provider.seen[0].path == listener.seen[0].path
    assert "x-goog-api-key" in provider.seen[0].headers and "x-goog-api-key" in listener.seen[0].headers


@pytest.mark.parametrize("name", REQUESTS)
def test_vertex_is_sent_what_the_sdk_would_send_there(serve, provider, listener, tmp_path, name):
    (tmp_path / "token").write_text("canary-token")
    provider.behaviour = vertex.Vertex({"canary-token"}.__contains__)
    ask_through(serve(configuration(provider, tmp_path / "token")), REQUESTS[name])
    body = provider.behaviour.bodies[0]
    project, location = re.match("/v1/projects/(.*)/locations/(.*)", vertex.PROJECT).groups()
    ask_with_the_sdk(sdk.Client(
        vertexai=True, project=project, location=location, credentials=Credentials("canary-token"),
        http_options={"base_url": f"http://127.0.0.1:{listener.port}", "api_version": "v1"}), body)
    assert genai.alike(body) == genai.alike(listener.seen[0].json())
    assert provider.seen[0].path == listener.seen[0].path
    assert provider.seen[0].headers["authorization"] == listener.seen[0].headers["authorization"]


@pytest.mark.parametrize("model", ["text-embedding-005", "gemini-embedding-001"])
@pytest.mark.parametrize("dimensions", [None, 4])
def test_vertex_is_asked_for_vectors_as_the_sdk_does(serve, provider, tmp_path, model, dimensions):
    (tmp_path / "token").write_text("canary-token")
    provider.behaviour = vertex.Vertex({"canary-token"}.__contains__)
    daemon = serve(configuration(provider, tmp_path / "token").replace("gemini-2.5-flash", model))
    asked = {"model": "auto", "input": ["a", "b"], **({"dimensions": 4} if dimensions else {})}
    assert daemon.ask("POST", "/v1/embeddings", asked).status == 200
    project, location = re.match("/v1/projects/(.*)/locations/(.*)", vertex.PROJECT).groups()
    client = sdk.Client(
        vertexai=True, project=project, location=location, credentials=Credentials("canary-token"),
        http_options={"base_url": f"http://127.0.0.1:{provider.port}", "api_version": "v1"})
    config = {"output_dimensionality": 4} if dimensions else None
    found = client.models.embed_content(model=model, contents=["a", "b"], config=config)
    assert [item.values[0] for item in found.embeddings] == [1, 1]
    ours, theirs = provider.seen
    assert (ours.path, genai.alike(ours.json())) == (theirs.path, genai.alike(theirs.json()))


@pytest.mark.parametrize("body", [
    {"contents": [{"role": "user", "parts": [{"texts": "hi"}]}]},
    {"contents": [], "generationConfig": {"max_tokens": 5}},
    {"contents": [], "generationConfig": {"temperature": "hot"}},
    {"contents": [], "toolConfig": {"functionCallingConfig": {"mode": "SOMETIMES"}}},
    {"contents": [], "tools": [{"functions": []}]},
    {"contents": [], "model": "gemini-2.5-flash"}])
def test_the_judge_finds_what_google_does_not_know(body):
    assert genai.complain(body)
