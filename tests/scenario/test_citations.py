"""test_citations.py - what an answer rests on reaches clients of both languages, streamed and whole,
and nobody is asked in silence who cannot say it."""
import anthropic as sdk
import openai
import pytest

import test_anthropic
import test_bedrock
from harness import anthropic, bedrock
from harness.provider import chunk

WORDS = "Grass is green."
PAGE = {"type": "page_location", "cited_text": "green", "document_index": 0,
        "document_title": "a.pdf", "start_page_number": 5, "end_page_number": 6}
WEB = {"type": "web_search_result_location", "url": "https://example.org/a", "title": "A",
       "encrypted_index": "Eo8B", "cited_text": "green"}
SEARCH = ({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
           "input": {"query": "grass"}},
          {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []})
DOCUMENT = {"type": "document", "title": "a.pdf", "citations": {"enabled": True},
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}
QUESTION = [{"role": "user", "content": [DOCUMENT, {"type": "text", "text": "Which colour?"}]}]


def openai_answer(daemon, streams, model="auto", **options):
    """Of the answer: its text, its annotations, and what OpenAI has no words for."""
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x",
                           max_retries=0)
    given = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "hi"}], stream=streams, **options)
    if not streams:
        message = given.choices[0].message
        return message.content, [a.to_dict() for a in message.annotations], \
            (message.model_extra or {}).get("extra_content")
    words, annotations, extra = "", [], []
    for delta in (c.choices[0].delta for c in given if c.choices):
        words += delta.content or ""
        annotations += getattr(delta, "annotations", [])
        extra += getattr(delta, "extra_content", {"anthropic": {"blocks": []}})["anthropic"]["blocks"]
    return words, annotations, {"anthropic": {"blocks": extra}}


def anthropic_answer(daemon, streams, model="auto", messages=None):
    client = sdk.Anthropic(base_url=f"http://127.0.0.1:{daemon.port}", api_key="x", max_retries=0)
    asked = {"model": model, "max_tokens": 100, "messages": messages or QUESTION}
    if not streams:
        return client.messages.create(**asked)
    with client.messages.stream(**asked) as stream:
        return stream.get_final_message()


@pytest.mark.parametrize("streams", [False, True])
def test_a_client_of_openai_is_told_what_anthropic_cites(serve, provider, streams):
    provider.behaviour = anthropic.Anthropic(anthropic.message(
        *SEARCH, anthropic.text("So: "), anthropic.text(WORDS, PAGE, WEB)))
    daemon = serve(test_anthropic.configuration(provider.url))
    words, annotations, extra = openai_answer(daemon, streams)
    assert words == "So: " + WORDS
    assert annotations == [
        {"type": "file_citation", "file_citation": {
            "filename": "a.pdf", "location": {"type": "page", "index": 0, "start": 5, "end": 6},
            "quote": "green", "start_index": 4, "end_index": 19}},
        {"type": "url_citation", "url_citation": {
            "url": "https://example.org/a", "title": "A", "encrypted_index": "Eo8B",
            "quote": "green", "start_index": 4, "end_index": 19}}]
    assert extra == {"anthropic": {"blocks": list(SEARCH)}}


@pytest.mark.parametrize("streams", [False, True])
def test_a_client_of_anthropic_is_told_what_bedrock_cites(serve, provider, streams):
    provider.behaviour = bedrock.Bedrock(bedrock.reply_of(bedrock.cited(WORDS, {
        "title": "document-1", "sourceContent": [{"text": "green"}],
        "location": {"documentPage": {"documentIndex": 0, "start": 5, "end": 6}}})))
    daemon = serve(test_bedrock.configuration(provider.url))
    block = anthropic_answer(daemon, streams).content[0]
    assert block.text == WORDS and len(block.citations) == 1
    assert block.citations[0].to_dict() == {**PAGE, "document_title": "document-1"}
    document = provider.behaviour.bodies[0]["messages"][0]["content"][0]["document"]
    assert document["citations"] == {"enabled": True} and document["format"] == "pdf"


@pytest.mark.parametrize("streams", [False, True])
def test_a_client_of_anthropic_is_told_what_openai_cites(serve, provider, second, streams):
    cites = [{"type": "url_citation", "url_citation": {
        "start_index": 0, "end_index": 5, "url": "https://example.org/a", "title": "A"}}]

    def behave(reply):
        if streams:
            reply.begin_stream()
            reply.say(WORDS)
            reply.event({**chunk(""), "choices": [
                {"index": 0, "delta": {"annotations": cites}, "finish_reason": "stop"}]})
            reply.piece("data: [DONE]\n\n")
            reply.end_stream()
        else:
            reply.whole({"id": "x", "object": "chat.completion", "model": "up", "choices": [
                {"index": 0, "finish_reason": "stop", "message": {
                    "role": "assistant", "content": WORDS, "annotations": cites}}]})
    second.behaviour = behave
    daemon = serve(test_anthropic.configuration(provider.url, second.url))
    blocks = anthropic_answer(daemon, streams, "o", [{"role": "user", "content": "hi"}]).content
    assert "".join(block.text for block in blocks) == WORDS
    assert blocks[0].citations[0].url == "https://example.org/a"
    assert blocks[0].text == (WORDS if streams else "Grass")


def test_what_anthropics_servers_said_is_given_back(serve, provider):
    provider.behaviour = claude = anthropic.Anthropic(anthropic.message(*SEARCH,
                                                                        anthropic.text(WORDS)))
    daemon = serve(test_anthropic.configuration(provider.url))
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{daemon.port}/v1", api_key="x",
                           max_retries=0)
    hi = {"role": "user", "content": "hi"}
    first = client.chat.completions.create(model="auto", messages=[hi])
    client.chat.completions.create(
        model="auto", messages=[hi, first.choices[0].message.model_dump(exclude_none=True), hi])
    assert claude.bodies[1]["messages"][1]["content"] == [*SEARCH, anthropic.text(WORDS)]


def test_that_nothing_will_be_cited_is_named(serve, provider, second):
    second.behaviour = lambda reply: reply.whole({"id": "x", "object": "chat.completion", "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": WORDS}}]})
    daemon = serve(test_anthropic.configuration(provider.url, second.url))
    answer = daemon.ask("POST", "/v1/messages",
                        {"model": "o", "max_tokens": 9, "messages": QUESTION})
    assert answer.status == 200 and answer.headers["x-bourse-lossy"] == "citations"
    assert "citations" not in second.seen[0].json()["messages"][0]["content"][0]


def test_a_conversation_with_tools_of_anthropics_servers_stays_with_anthropic(serve, provider,
                                                                              second):
    provider.behaviour = anthropic.Anthropic()
    daemon = serve(test_anthropic.configuration(provider.url, second.url))
    history = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [
        *SEARCH, {"type": "text", "text": WORDS}]}, {"role": "user", "content": "and now?"}]
    refused = daemon.ask("POST", "/v1/messages",
                         {"model": "o", "max_tokens": 9, "messages": history})
    assert refused.status == 400 and b"own_part" in refused.body and not second.seen
    assert daemon.ask("POST", "/v1/messages",
                      {"model": "m", "max_tokens": 9, "messages": history}).status == 200
