"""test_openai_sdk.py - what users of OpenAI's Python package do, done to bourse."""
import json
import os
import time

import httpx
import openai
import pytest
from pydantic import BaseModel

from conftest import BODY_MAX, KEY

HELLO = [{"role": "user", "content": "hello"}]
WEATHER = {"type": "function", "function": {
    "name": "get_weather", "strict": True, "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
        "additionalProperties": False}}}
PIXEL = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
         "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")

through_bourse = pytest.mark.skipif("SDK_BASE_URL" in os.environ, reason="a promise of bourse alone")


class Weather(BaseModel):
    city: str
    degrees: int


def test_a_chat_is_answered_with_usage(client):
    answer = client.chat.completions.create(model="plain", messages=HELLO)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@through_bourse
def test_a_route_is_a_model_too(client):
    raw = client.chat.completions.with_raw_response.create(model="auto", messages=HELLO)
    assert raw.parse().choices[0].message.content
    assert raw.headers["x-bourse-model"] == "plain"
    assert raw.headers["x-request-id"]


def test_a_streamed_chat_says_the_same_as_the_whole_one(client):
    whole = client.chat.completions.create(model="plain", messages=HELLO)
    chunks = list(client.chat.completions.create(model="plain", messages=HELLO, stream=True))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].message.content
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)


def test_usage_is_streamed_where_it_was_asked_for(client):
    chunks = list(client.chat.completions.create(
        model="plain", messages=HELLO, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_a_required_tool_is_called(client):
    answer = client.chat.completions.create(model="plain", messages=HELLO, tools=[WEATHER],
                                            tool_choice="required")
    call = answer.choices[0].message.tool_calls[0]
    assert (call.function.name, answer.choices[0].finish_reason) == ("get_weather", "tool_calls")
    assert "city" in json.loads(call.function.arguments)


def test_a_tool_call_streamed_in_fragments_comes_together(client):
    with client.chat.completions.stream(model="plain", messages=HELLO, tools=[WEATHER],
                                        tool_choice="required") as stream:
        kinds = [event.type for event in stream]
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert kinds.count("tool_calls.function.arguments.delta") > 1
    assert call.function.name == "get_weather" and "city" in json.loads(call.function.arguments)


def test_the_result_of_a_tool_can_be_told(client):
    call = {"id": "call_1", "type": "function",
            "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [*HELLO, {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": "rain"}]
    answer = client.chat.completions.create(model="plain", messages=messages, tools=[WEATHER])
    assert answer.choices[0].message.content


def test_an_image_may_be_part_of_a_message(client):
    parts = [{"type": "text", "text": "What is this?"},
             {"type": "image_url", "image_url": {"url": PIXEL}}]
    answer = client.chat.completions.create(model="plain",
                                            messages=[{"role": "user", "content": parts}])
    assert answer.choices[0].message.content


def test_a_structured_answer_is_parsed(client):
    answer = client.chat.completions.parse(model="plain", messages=HELLO, response_format=Weather)
    assert isinstance(answer.choices[0].message.parsed, Weather)


def test_several_choices_are_told_apart(client):
    answer = client.chat.completions.create(model="plain", messages=HELLO, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    stream = client.chat.completions.create(model="plain", messages=HELLO, n=3, stream=True)
    assert {choice.index for chunk in stream for choice in chunk.choices} == {0, 1, 2}


def test_the_chances_of_tokens_are_told(client):
    answer = client.chat.completions.create(model="plain", messages=HELLO, logprobs=True)
    first = answer.choices[0].logprobs.content[0]
    assert first.token and first.logprob < 0


def test_legacy_completions_are_answered_and_streamed(client):
    whole = client.completions.create(model="plain", prompt="hello").choices[0].text
    stream = client.completions.create(model="plain", prompt="hello", stream=True)
    assert whole and "".join(chunk.choices[0].text for chunk in stream) == whole


@pytest.mark.parametrize("options", [{}, {"encoding_format": "float"}])
def test_embeddings_are_unit_vectors(client, options):
    answer = client.embeddings.create(model="plain", input=["a", "b"], **options)
    assert [item.index for item in answer.data] == [0, 1]
    assert sum(x * x for x in answer.data[0].embedding) == pytest.approx(1, abs=1e-4)


def test_a_response_is_answered_whole(client):
    answer = client.responses.create(model="plain", input="hello")
    assert answer.status == "completed" and answer.output_text
    assert answer.usage.total_tokens > 0


def test_a_streamed_response_is_numbered_and_completed_once(client):
    whole = client.responses.create(model="plain", input="hello").output_text
    events = list(client.responses.create(model="plain", input="hello", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events].count("response.completed") == 1
    assert events[-1].type == "response.completed"
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == whole


@through_bourse
def test_models_are_listed_and_retrieved_by_names_with_slashes_too(client):
    names = [model.id for model in client.models.list()]
    assert {"plain", "auto", "vendor/nested"} <= set(names)
    for name in ("plain", "auto", "vendor/nested"):
        assert client.models.retrieve(name).id == name


def test_a_stream_may_be_left_in_the_middle(connect):
    client = connect()
    began = time.monotonic()
    stream = client.chat.completions.create(model="mock-slow-50", messages=HELLO, stream=True)
    for _, _ in zip(range(3), stream):
        pass
    stream.close()
    assert time.monotonic() - began < 2
    assert client.chat.completions.create(model="plain", messages=HELLO).choices


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_waits_no_longer_has_a_timeout(connect, stream):
    with pytest.raises(openai.APITimeoutError):
        connect(timeout=0.3).chat.completions.create(model="mock-slow-first-5000", messages=HELLO,
                                                     stream=stream)


@pytest.mark.parametrize("model, exception", [
    ("mock-429", openai.RateLimitError),
    ("mock-500", openai.InternalServerError),
    ("mock-context", openai.BadRequestError),
])
def test_a_providers_failure_has_its_class(connect, model, exception):
    with pytest.raises(exception) as raised:
        connect().chat.completions.create(model=model, messages=HELLO)
    assert raised.value.body.keys() >= {"message", "type", "param", "code"}


def test_a_context_that_is_too_long_has_its_code(connect):
    with pytest.raises(openai.BadRequestError) as raised:
        connect().chat.completions.create(model="mock-context", messages=HELLO)
    assert raised.value.code == "context_length_exceeded"


def test_the_clients_own_retries_lead_to_an_answer(connect):
    assert connect(max_retries=2).chat.completions.create(model="mock-500-once",
                                                          messages=HELLO).choices


@through_bourse
def test_a_client_does_not_retry_what_has_had_all_its_attempts(connect):
    with pytest.raises(openai.RateLimitError) as raised:
        connect(max_retries=2).chat.completions.create(model="once", messages=HELLO)
    assert raised.value.response.headers["x-should-retry"] == "false"


def test_a_stream_that_is_cut_is_not_taken_for_complete(connect):
    with pytest.raises((openai.APIError, httpx.RemoteProtocolError)):
        list(connect().chat.completions.create(model="mock-cut", messages=HELLO, stream=True))


def test_a_request_without_messages_is_a_bad_request(client):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="plain", messages=[])


@through_bourse
def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as raised:
        client.chat.completions.create(model="no-such-model", messages=HELLO)
    assert raised.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-model")


@through_bourse
def test_a_wrong_key_is_an_authentication_error(client):
    other = client.with_options(api_key=KEY + "x")
    with pytest.raises(openai.AuthenticationError) as raised:
        other.chat.completions.create(model="plain", messages=HELLO)
    assert raised.value.code == "invalid_api_key"


@through_bourse
def test_a_body_above_the_limit_is_refused_with_413(client):
    with pytest.raises(openai.APIStatusError) as raised:
        client.chat.completions.create(
            model="plain", messages=[{"role": "user", "content": "x" * (BODY_MAX + 1)}])
    assert raised.value.status_code == 413


def test_a_stream_may_last_longer_than_the_client_waits_for_a_piece(connect):
    stream = connect(timeout=1).chat.completions.create(model="mock-slow-50", messages=HELLO,
                                                        stream=True)
    assert list(stream)[-1].choices[0].finish_reason == "stop"
