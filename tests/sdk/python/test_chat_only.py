"""test_chat_only.py - OpenAI's package for Python asks for responses and legacy completions, and is
answered by a server that has only chat completions."""
import json
import os

import openai
import pydantic
import pytest

pytestmark = pytest.mark.skipif(bool(os.environ.get("SDK_BASE_URL")),
                                reason="a promise of bourse alone")
MODEL = "chat-only"
TOOL = {"type": "function", "name": "get_weather", "strict": True, "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
    "additionalProperties": False}}


class Answer(pydantic.BaseModel):
    city: str


def test_a_response_is_answered_whole(client):
    answer = client.responses.create(model=MODEL, input="hello", instructions="brief")
    assert answer.status == "completed" and answer.output_text
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_a_streamed_response_is_numbered_and_completed_once(client):
    whole = client.responses.create(model=MODEL, input="hello").output_text
    events = list(client.responses.create(model=MODEL, input="hello", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events].count("response.completed") == 1
    assert events[-1].type == "response.completed"
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == whole


def test_every_event_is_one_that_the_package_knows(client):
    """Types are checked: what is missing or of another kind would raise."""
    events = list(client.responses.create(model=MODEL, input="hello", stream=True))
    for event in events:
        type(event).model_validate(event.model_dump(warnings="error"))


def test_the_streaming_helper_puts_the_events_together(client):
    whole = client.responses.create(model=MODEL, input="hello").output_text
    with client.responses.stream(model=MODEL, input="hello") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == whole


def test_legacy_completions_are_answered_and_streamed(client):
    whole = client.completions.create(model=MODEL, prompt="hello").choices[0].text
    stream = client.completions.create(model=MODEL, prompt="hello", stream=True)
    assert whole and "".join(chunk.choices[0].text for chunk in stream) == whole


def test_a_tool_is_called_and_its_result_answered(connect):
    client = connect()
    asked = [{"role": "user", "content": "the weather in Bern"}]
    called = client.responses.create(model=MODEL, input=asked, tools=[TOOL], tool_choice="required")
    call = next(item for item in called.output if item.type == "function_call")
    assert call.name == "get_weather" and isinstance(json.loads(call.arguments), dict)
    answer = client.responses.create(model=MODEL, tools=[TOOL], input=[
        *asked, *called.output,
        {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}])
    assert answer.status == "completed"
    with client.responses.stream(model=MODEL, input=asked, tools=[TOOL],
                                 tool_choice="required") as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output[0].type == "function_call"
    assert "response.function_call_arguments.done" in kinds


def test_an_answer_of_a_form_is_parsed(connect):
    answer = connect().responses.parse(model=MODEL, input="hello", text_format=Answer)
    assert isinstance(answer.output_parsed.city, str)


def test_what_only_the_vendor_can_do_has_the_class_of_a_bad_request(client):
    with pytest.raises(openai.BadRequestError, match="previous_response_id"):
        client.responses.create(model=MODEL, input="hello", previous_response_id="resp_1")
