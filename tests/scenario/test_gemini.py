"""test_gemini.py - OpenAI's clients, answered by a provider that speaks Google's generateContent and
checks what it is sent against the public reference."""
import json

import anthropic
import openai
import pydantic
import pytest

from harness import gemini
from harness.provider import answer_well

MODEL = "provider: google, upstream_model: gemini-2.5-flash, price: {input: 0.3, " \
        "cached_input: 0.03, output: 2.5}, context_window: 1048576, max_output_tokens: 65536"
TOOL = {"type": "function", "function": {
    "name": "weather", "description": "now", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
        "additionalProperties": False}}}
NOW = {"type": "function", "function": {
    "name": "now", "parameters": {"type": "object", "properties": {}}}}
PICTURE = "data:image/png;base64,iVBORw0KGgo="


def configuration(google, other=None, route="candidates: [m, o], objective: best", model=MODEL):
    base_url = google.replace("/v1", "/v1beta")
    lines = ["workers: 1", "providers:",
             f"  google: {{dialect: gemini, base_url: '{base_url}', api_key: env:CANARY_KEY}}"]
    models = [f"  m: {{{model}, quality: {{default: 0.9}}}}"]
    routes = ["routes:", "  auto: {candidates: [m]}"]
    if other:
        lines += [f"  other: {{base_url: '{other}', api_key: env:CANARY_KEY}}"]
        models += ["  o: {provider: other, upstream_model: up, price: {input: 1, output: 2}, "
                   "context_window: 2000000, quality: {default: 0.5}}"]
        routes = ["routes:", f"  auto: {{{route}}}"]
    return "\n".join([*lines, "models:", *models, *routes]) + "\n"


@pytest.fixture
def google(provider):
    provider.behaviour = gemini.Gemini()
    return provider


@pytest.fixture
def daemon(serve, google):
    return serve(configuration(google.url))


def client(daemon):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x", max_retries=0)


def ask(daemon, *messages, **options):
    messages = messages or ({"role": "user", "content": "hi"},)
    return client(daemon).chat.completions.create(model="auto", messages=messages, **options)


def words_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_a_plain_question_is_answered(daemon, google):
    answer = ask(daemon, {"role": "system", "content": "be brief"},
                 {"role": "user", "content": "hi"}, temperature=1.5, top_p=0.9, stop=["x"],
                 seed=2**40 + 5, max_completion_tokens=50, presence_penalty=0.5)
    assert answer.choices[0].message.content == "hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens == 60 and answer.usage.completion_tokens == 12
    assert answer.usage.prompt_tokens_details.cached_tokens == 30
    assert answer.usage.completion_tokens_details.reasoning_tokens == 5
    assert google.seen[-1].path == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert google.behaviour.bodies == [{
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "generationConfig": {"temperature": 1.5, "topP": 0.9, "stopSequences": ["x"], "seed": 5,
                             "maxOutputTokens": 50, "presencePenalty": 0.5}}]


def test_a_stream_is_read_as_it_comes(daemon, google):
    google.behaviour.answer = gemini.response(gemini.thought("let me see"),
                                              gemini.text("one two three"))
    chunks = list(ask(daemon, stream=True, stream_options={"include_usage": True},
                      reasoning_effort="low"))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert words_of(chunks) == "one two three"
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) \
        == "let me see"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 72
    assert len({chunk.id for chunk in chunks}) == 1
    assert google.seen[-1].path.endswith(":streamGenerateContent?alt=sse")
    assert google.behaviour.bodies[-1]["generationConfig"]["thinkingConfig"] == {
        "includeThoughts": True, "thinkingBudget": 1024}


def test_usage_that_was_not_asked_for_is_not_shown_but_counted(daemon):
    assert all(chunk.choices for chunk in ask(daemon, stream=True))
    assert "tokens_in=60 tokens_out=12 tokens_cached=30 tokens_reasoning=5" \
        in daemon.exchanges()[0]


def test_a_stream_whose_line_stays_open_ends_all_the_same(daemon, google):
    def hold_the_line(reply):
        reply.begin_stream()
        for event in gemini.events(gemini.response(gemini.text("one two"))):
            reply.event(event)
        reply.wait_until_left()
    google.behaviour = hold_the_line
    chunks = list(ask(daemon, stream=True, stream_options={"include_usage": True}))
    assert words_of(chunks) == "one two"
    assert chunks[-1].usage.total_tokens == 72


def test_tools_are_called_and_their_results_go_back_by_name(daemon, google):
    google.behaviour.answer = gemini.response(gemini.call("weather", {"city": "Köln"}),
                                              gemini.call("now", {}))
    question = {"role": "user", "content": "rain?"}
    answer = ask(daemon, question, tools=[TOOL, NOW], tool_choice="required")
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    assert [call.function.arguments for call in message.tool_calls] == ['{"city":"Köln"}', "{}"]
    assert len({call.id for call in message.tool_calls}) == 2
    results = [{"role": "tool", "tool_call_id": call.id, "content": "rain"}
               for call in reversed(message.tool_calls)]
    google.behaviour.answer = gemini.response(gemini.text("bring an umbrella"))
    last = ask(daemon, question, message.model_dump(exclude_none=True), *results,
               {"role": "user", "content": "so?"}, tools=[TOOL, NOW])
    assert last.choices[0].message.content == "bring an umbrella"
    contents = google.behaviour.bodies[-1]["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user", "user"]
    assert [part["functionResponse"]["name"] for part in contents[2]["parts"]] == ["now", "weather"]
    assert google.behaviour.bodies[0]["toolConfig"]["functionCallingConfig"]["mode"] == "ANY"


def test_streamed_calls_have_stable_indexes_and_whole_arguments(daemon, google):
    google.behaviour.answer = gemini.response(
        gemini.text("I look"), gemini.call("weather", {"city": "Köln \"x\""}),
        gemini.call("now", {}))
    calls, finish = {}, None
    for chunk in ask(daemon, stream=True, tools=[TOOL, NOW]):
        finish = chunk.choices[0].finish_reason or finish
        for call in chunk.choices[0].delta.tool_calls or []:
            known = calls.setdefault(call.index, {"id": call.id, "name": call.function.name,
                                                  "arguments": ""})
            known["arguments"] += call.function.arguments
    assert finish == "tool_calls"
    assert [(call["name"], json.loads(call["arguments"])) for _, call in sorted(calls.items())] \
        == [("weather", {"city": "Köln \"x\""}), ("now", {})]
    assert len({call["id"] for call in calls.values()}) == 2


def test_calls_go_back_with_what_proves_them(serve, google):
    daemon = serve(configuration(google.url, model=MODEL.replace("2.5-flash", "3-flash-preview")))
    google.behaviour = gemini.Gemini(gemini.response(
        gemini.thought("hm"), gemini.call("weather", {"city": "x"}, "c2lnbmVk"),
        gemini.call("weather", {"city": "y"})), wants_proof=True)
    question = {"role": "user", "content": "rain?"}
    message = ask(daemon, question, tools=[TOOL], reasoning_effort="low").choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id, "content": "rain"}
               for call in message.tool_calls]
    ask(daemon, question, message.model_dump(exclude_none=True), *results, tools=[TOOL])
    parts = google.behaviour.bodies[-1]["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == ["c2lnbmVk", None]


def test_calls_that_another_model_made_are_taken_over(serve, google):
    daemon = serve(configuration(google.url, model=MODEL.replace("2.5-flash", "3-flash-preview")))
    google.behaviour.wants_proof = True
    calls = [{"id": f"toolu_{i}", "type": "function",
              "function": {"name": "weather", "arguments": '{"city": "x"}'}} for i in (1, 2)]
    ask(daemon, {"role": "user", "content": "rain?"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        *[{"role": "tool", "tool_call_id": call["id"], "content": "rain"} for call in calls],
        tools=[TOOL])
    parts = google.behaviour.bodies[-1]["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == [gemini.NO_PROOF, None]


def test_an_answer_by_a_schema_is_parsed_by_the_sdk(daemon, google):
    class Weather(pydantic.BaseModel):
        city: str
        degrees: int
    google.behaviour.answer = gemini.response(gemini.text('{"city": "Köln", "degrees": 7}'))
    answer = client(daemon).chat.completions.parse(
        model="auto", messages=[{"role": "user", "content": "hi"}], response_format=Weather)
    assert answer.choices[0].message.parsed == Weather(city="Köln", degrees=7)
    config = google.behaviour.bodies[-1]["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"]["required"] == ["city", "degrees"]


def test_pictures_and_sounds_are_handed_on(daemon, google):
    ask(daemon, {"role": "user", "content": [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": PICTURE}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.webp"}},
        {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}]})
    assert google.behaviour.bodies[-1]["contents"][0]["parts"] == [
        {"text": "see"}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
        {"fileData": {"mimeType": "image/webp", "fileUri": "https://example.org/a.webp"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "UklG"}}]


def test_several_answers_and_likely_tokens_come_back(daemon, google):
    token = {"token": "a", "tokenId": 5, "logProbability": -0.25}
    answer = gemini.response(gemini.text("a"))
    answer["candidates"][0]["logprobsResult"] = {
        "chosenCandidates": [token], "topCandidates": [{"candidates": [token]}]}
    answer["candidates"].append({"content": {"parts": [{"text": "b"}]}, "index": 1,
                                 "finishReason": "MAX_TOKENS"})
    google.behaviour.answer = answer
    said = ask(daemon, n=2, logprobs=True, top_logprobs=1)
    assert [choice.message.content for choice in said.choices] == ["a", "b"]
    assert [choice.finish_reason for choice in said.choices] == ["stop", "length"]
    likely = said.choices[0].logprobs.content[0]
    assert likely.logprob == likely.top_logprobs[0].logprob == -0.25
    config = google.behaviour.bodies[-1]["generationConfig"]
    assert config == {"candidateCount": 2, "responseLogprobs": True, "logprobs": 1}


def test_a_client_of_anthropics_is_answered(daemon, google):
    """Three languages at once: what it is told goes back as it came."""
    google.behaviour.answer = gemini.response(gemini.text("I look"),
                                              gemini.call("weather", {"city": "Köln"}))
    theirs = anthropic.Anthropic(base_url=f"http://127.0.0.1:{daemon.port}", api_key="x",
                                 max_retries=0)
    tool = {"name": "weather", "input_schema": TOOL["function"]["parameters"]}
    question = {"role": "user", "content": "rain?"}
    with theirs.messages.stream(model="auto", max_tokens=50, messages=[question],
                                tools=[tool]) as stream:
        message = stream.get_final_message()
    assert message.stop_reason == "tool_use" and message.usage.output_tokens == 12
    call = message.content[-1]
    assert call.name == "weather" and call.input == {"city": "Köln"}
    google.behaviour.answer = gemini.response(gemini.text("bring an umbrella"))
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "wet"}
    last = theirs.messages.create(
        model="auto", max_tokens=50, tools=[tool],
        messages=[question, {"role": "assistant", "content": message.content},
                  {"role": "user", "content": [result]}])
    assert last.content[0].text == "bring an umbrella"
    assert google.behaviour.bodies[-1]["contents"][2]["parts"][0]["functionResponse"] == {
        "id": call.id, "name": "weather", "response": {"output": "wet"}}


def test_what_is_lost_is_named(daemon):
    raw = client(daemon).chat.completions.with_raw_response.create(
        model="auto", messages=[{"role": "user", "content": "hi"}], seed=1,
        logit_bias={"5": 1}, parallel_tool_calls=False, tools=[TOOL])
    assert set(raw.headers["x-bourse-lossy"].split(",")) == {"logit_bias", "parallel_tool_calls"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_blocked_question_is_said_to_be_filtered(daemon, google, stream):
    blocked = {"promptFeedback": {"blockReason": "SAFETY"},
               "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5}}

    def block(reply):
        if not stream:
            reply.whole(blocked)
            return
        reply.begin_stream()
        reply.event(blocked)
        reply.end_stream()
    google.behaviour = block
    answer = ask(daemon, stream=stream)
    choices = [chunk.choices[0] for chunk in answer] if stream else answer.choices
    assert choices[-1].finish_reason == "content_filter"


@pytest.mark.parametrize("code, status, words, error", [
    (400, "INVALID_ARGUMENT", "bad", openai.BadRequestError),
    (404, "NOT_FOUND", "models/x is not found", openai.NotFoundError),
    (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", openai.RateLimitError),
    (500, "INTERNAL", "oops", openai.InternalServerError),
    (503, "UNAVAILABLE", "The model is overloaded.", openai.InternalServerError),
    (400, "INVALID_ARGUMENT", "API key not valid.", openai.InternalServerError),
    (403, "PERMISSION_DENIED", "leaked", openai.InternalServerError),
])
def test_errors_come_in_the_words_of_openai(serve, google, code, status, words, error):
    daemon = serve(configuration(google.url).replace("[m]", "[m], attempts: 1"))
    google.behaviour = lambda reply: gemini.error(reply, code, status, words)
    with pytest.raises(error) as raised:
        ask(daemon)
    assert set(raised.value.body) >= {"message", "type", "param", "code"}
    if "key" not in words and code != 403:  # what is said of our own account is not for clients
        assert words in raised.value.body["message"]


@pytest.mark.parametrize("fail", [
    lambda reply: gemini.error(reply, 503, "UNAVAILABLE", "The model is overloaded."),
    lambda reply: gemini.error(reply, 400, "INVALID_ARGUMENT", "API key not valid. Please pass"),
    lambda reply: gemini.error(reply, 400, "INVALID_ARGUMENT", "The input token count (2000000) "
                               "exceeds the maximum number of tokens allowed (1048576)."),
    lambda reply: gemini.error(reply, 400, "FAILED_PRECONDITION",
                               "User location is not supported for the API use."),
    lambda reply: reply.whole({"id": "x", "choices": []}),
    lambda reply: reply.whole(gemini.response(finish="MALFORMED_FUNCTION_CALL")),
])
def test_who_fails_is_followed_by_another(serve, google, second, fail):
    second.behaviour = answer_well
    google.behaviour = fail
    daemon = serve(configuration(google.url, second.url))
    assert ask(daemon).choices[0].message.content == "hello"


def test_a_limit_is_waited_for_as_long_as_the_error_says(daemon, google):
    well = google.behaviour
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.3s"}

    def fail_once(reply):
        google.behaviour = well
        gemini.error(reply, 429, "RESOURCE_EXHAUSTED", "You exceeded your quota", [delay])
    google.behaviour = fail_once
    assert ask(daemon).choices[0].message.content == "hello there"
    first, second = google.seen
    assert 0.3 <= second.at - first.at < 3


def test_an_error_as_the_first_event_is_followed_by_another(serve, google, second):
    def fail(reply):
        reply.begin_stream()
        reply.event({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}})
        reply.end_stream()
    google.behaviour = fail
    daemon = serve(configuration(google.url, second.url))
    assert words_of(ask(daemon, stream=True)) == "hello"


def test_a_stream_that_breaks_is_continued_across_languages(serve, google, second):
    def break_off(reply):
        reply.begin_stream()
        reply.say("Once upon")
        reply.cut()
    second.behaviour = break_off
    google.behaviour.answer = gemini.response(gemini.text(" a time"))
    daemon = serve(configuration(google.url, second.url, model=MODEL + ", capabilities: [prefill]",
                                 route="candidates: [m, o], objective: best, "
                                       "rules: [{name: o, when: {stream: true}, "
                                       "prefer: {o: 0.9}}]"))
    assert words_of(ask(daemon, stream=True)) == "Once upon a time"
    assert google.behaviour.bodies[-1]["contents"][-1] == {
        "role": "model", "parts": [{"text": "Once upon"}]}


def test_a_cut_stream_is_told_and_not_taken_for_whole(daemon, google):
    def cut(reply):
        reply.begin_stream()
        for event in list(gemini.events(gemini.response(gemini.text("a b c"))))[:2]:
            reply.event(event)
        reply.cut()
    google.behaviour = cut
    with pytest.raises(openai.APIError):
        list(ask(daemon, stream=True))


def test_a_stream_that_ends_without_a_reason_is_not_taken_for_whole(daemon, google):
    def stop(reply):
        reply.begin_stream()
        for event in list(gemini.events(gemini.response(gemini.text("a b c"))))[:2]:
            reply.event(event)
        reply.end_stream()
    google.behaviour = stop
    with pytest.raises(openai.APIError):
        list(ask(daemon, stream=True))


@pytest.mark.parametrize("options", [{}, {"encoding_format": "float"}, {"dimensions": 4}])
def test_texts_become_vectors(daemon, google, options):
    """Without a format the SDK asks for base64, and decodes it."""
    raw = client(daemon).embeddings.with_raw_response.create(
        model="auto", input=["a", "bbb \"ü\""], **options)
    answer = raw.parse()
    assert [item.embedding for item in answer.data] \
        == [[1, -0.5, pytest.approx(1e-05), 3], [7, -0.5, pytest.approx(1e-05), 3]]
    assert [item.index for item in answer.data] == [0, 1]
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == 9
    assert "x-bourse-lossy" not in raw.headers
    requests = google.behaviour.bodies[-1]["requests"]
    assert [request["content"]["parts"][0]["text"] for request in requests] == ["a", "bbb \"ü\""]
    assert [request.get("outputDimensionality") for request in requests] \
        == [options.get("dimensions")] * 2


def test_one_text_becomes_one_vector(daemon):
    answer = client(daemon).embeddings.create(model="auto", input="abc")
    assert [item.embedding[0] for item in answer.data] == [3]


def test_tokens_of_another_vendor_are_no_text(daemon, google):
    with pytest.raises(openai.BadRequestError):
        client(daemon).embeddings.create(model="auto", input=[[1, 2], [3]])
    assert not google.seen


def test_vectors_that_are_none_are_no_answer(daemon, google):
    google.behaviour = lambda reply: reply.whole({"embeddings": [{"statistics": 1}]})
    with pytest.raises(openai.InternalServerError):
        client(daemon).embeddings.create(model="auto", input="abc")


def test_the_key_goes_nowhere_else(daemon, google):
    ask(daemon)
    seen = google.seen[-1]
    assert seen.headers["x-goog-api-key"] == "sk-canary-5f1c77d0a9e2"
    assert "sk-canary" not in seen.body.decode() + seen.path and "sk-canary" not in daemon.log()


def test_what_google_finds_in_the_web_comes_as_annotations(daemon, google):
    answer = gemini.response(gemini.text("Rain."))
    answer["candidates"][0]["groundingMetadata"] = {
        "webSearchQueries": ["rain"],
        "groundingChunks": [{"web": {"uri": "https://a.example/", "title": "a.example"}}],
        "groundingSupports": [{"segment": {"endIndex": 5, "text": "Rain."},
                               "groundingChunkIndices": [0], "confidenceScores": [0.9]}]}
    google.behaviour.answer = answer
    message = ask(daemon, web_search_options={}).choices[0].message
    found = message.annotations[0]
    assert found.type == "url_citation" and found.url_citation.url == "https://a.example/"
    assert message.content[found.url_citation.start_index:found.url_citation.end_index] == "Rain."
    assert google.behaviour.bodies[-1]["tools"] == [{"googleSearch": {}}]
    chunks = list(ask(daemon, web_search_options={}, stream=True))
    told = [chunk.choices[0].delta.annotations for chunk in chunks
            if chunk.choices and getattr(chunk.choices[0].delta, "annotations", None)]
    assert told[0][0]["url_citation"]["end_index"] == 5


def test_an_anthropic_client_hears_what_google_found(daemon, google):
    answer = gemini.response(gemini.text("Rain."))
    answer["candidates"][0]["groundingMetadata"] = {
        "groundingChunks": [{"web": {"uri": "https://a.example/", "title": "a.example"}}]}
    google.behaviour.answer = answer
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{daemon.port}", api_key="x")
    said = client.messages.create(model="auto", max_tokens=9,
                                  messages=[{"role": "user", "content": "rain?"}]).content
    assert [block.text for block in said] == ["Rain."]
    assert said[0].citations[0].url == "https://a.example/"


def test_tiers_have_google_s_names_and_are_not_lost(daemon, google):
    reply = daemon.chat(service_tier="default")
    assert google.behaviour.bodies[-1]["serviceTier"] == "standard"
    assert "x-bourse-lossy" not in reply.headers
    daemon.chat(service_tier="auto")
    assert "serviceTier" not in google.behaviour.bodies[-1]


def test_tokens_of_sounds_and_pictures_are_told(daemon, google):
    google.behaviour.answer = gemini.response(gemini.text("hi"), usage={
        **gemini.USAGE, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20},
                                                {"modality": "AUDIO", "tokenCount": 40}],
        "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": 7}]})
    usage = ask(daemon).usage
    assert usage.prompt_tokens_details.audio_tokens == 40
    assert usage.completion_tokens_details.audio_tokens is None
