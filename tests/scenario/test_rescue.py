"""What the caller of a stream gets, and what the providers see, when it dies after its first words."""
import http.client
import json
import socket
import time

import pytest

from harness.daemon import PATIENCE, configuration
from harness.provider import COMPLETION, Provider

TOKENS = [f"token {i} " for i in range(60)]
WHOLE = "".join(TOKENS)


def chunk(delta, finish=None, who="first", **more):
    return {"id": f"id-{who}", "object": "chat.completion.chunk", "created": len(who), "model": f"up-{who}",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def says(tokens, who="first", stop=True):
    """The events of an answer of these tokens."""
    events = [chunk({"role": "assistant", "content": ""}, who=who)]
    events += [chunk({"content": token}, who=who) for token in tokens]
    return events + ([chunk({}, "stop", who=who)] if stop else [])


def streams(events, cut=False, stall=False, wait=0.0):
    """A provider that says these events and then ends, cuts or is silent."""
    def behave(reply):
        reply.begin_stream()
        for event in events:
            reply.event(event)
            time.sleep(wait)
        if cut:
            reply.cut()
            return
        if stall:
            reply.wait_until_left()
            return
        if reply.seen.json().get("stream_options", {}).get("include_usage"):
            reply.event(chunk({}, who="usage", usage=COMPLETION["usage"]) | {"choices": []})
        reply.event("[DONE]")
        reply.end_stream()
    return behave


def dies_after(count, tokens=TOKENS, **how):
    return streams(says(tokens[:count], stop=False), **(how or {"cut": True}))


def error(status, message="no"):
    return lambda reply: reply.error(status, message)


def goes_on(reply):
    """Understands a prefill: says what is missing behind it."""
    told = reply.seen.json()["messages"][-1]["content"]
    assert WHOLE.startswith(told)
    streams(says([WHOLE[len(told):][at:at + 7] for at in range(0, len(WHOLE) - len(told), 7)], "second"))(reply)


def route(*urls, options="", prefill=True, **more):
    config = configuration(*urls, **more).replace("objective: best}", f"objective: best, {options}}}")
    if not prefill:
        return config
    return config.replace("    context_window:", "    capabilities: [prefill]\n    context_window:")


def stream(bourse, path="/v1/chat/completions", **members):
    return Told(bourse.chat(stream=True, path=path, **members))


class Told:
    """A stream as the client got it."""

    def __init__(self, reply):
        self.status, self.headers = reply.status, reply.headers
        self.raw = reply.body.decode()
        lines = self.raw.split("\n\n")
        self.comments = [line for line in lines if line.startswith(":")]
        data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        self.done = data[-1:] == ["[DONE]"]
        self.chunks = [json.loads(line) for line in data if line != "[DONE]"]
        self.errors = [chunk["error"] for chunk in self.chunks if "error" in chunk]
        self.choices = [c for chunk in self.chunks if "error" not in chunk for c in chunk["choices"]]

    @property
    def text(self):
        return "".join(c.get("text") or c.get("delta", {}).get("content") or "" for c in self.choices)

    def assert_whole(self, text=WHOLE):
        assert not self.errors and self.done
        assert self.text == text
        assert [c["finish_reason"] for c in self.choices if c["finish_reason"]] == ["stop"]
        assert len({(c["id"], c["created"], c["model"]) for c in self.chunks}) == 1
        assert sum("role" in c.get("delta", {}) for c in self.choices) <= 1

    def assert_cut(self, code, text):
        assert len(self.errors) == 1 and not self.done
        assert self.errors[0]["metadata"]["reason"] == code
        assert self.text == text


def seams(told):
    return [comment for comment in told.comments if "bourse" in comment]


# ---- the whole answer ----


def test_a_stream_that_is_cut_is_continued_by_the_next_model(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), goes_on
    bourse = serve(route(provider.url, second.url))
    told = stream(bourse)
    told.assert_whole()
    assert told.chunks[-1]["id"] == "id-first"
    assert seams(told) == [": bourse: continued by m1"]
    asked = second.seen[0].json()
    assert asked["messages"] == [{"role": "user", "content": "hi"},
                                 {"role": "assistant", "content": "".join(TOKENS[:40]).rstrip()}]
    assert asked["model"] == "up-1"
    line = bourse.exchanges()[0]
    assert "failover=continue" in line and "failover_from=m0" in line and "model=m1" in line
    assert "reason=" not in line and "tokens_wasted=40" in line and "tokens_out=2" in line
    assert bourse.metric('bourse_stream_rescues_total{kind="continue",outcome="completed"}') == 1
    assert bourse.metric("bourse_tokens_wasted_total") == 40


def test_the_rescue_is_a_part_of_the_decisions_record(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), goes_on
    bourse = serve(route(provider.url, second.url))
    told = stream(bourse)
    record = bourse.page(f"/decisions/{told.headers['x-bourse-decision']}").json()
    assert record["rescue"] == {"kind": "continue", "outcome": "completed", "from": "m0", "by": "m1"}


@pytest.mark.parametrize("options, prefill", [("stream_failover: restart", True), ("attempts: 4", False)],
                         ids=["wished", "no prefill declared"])
def test_the_answer_is_begun_again_and_what_is_known_is_skipped(serve, provider, second, options, prefill):
    provider.behaviour = dies_after(40)
    second.behaviour = streams(says([WHOLE[at:at + 11] for at in range(0, len(WHOLE), 11)], "second"))
    bourse = serve(route(provider.url, second.url, options=options, prefill=prefill))
    told = stream(bourse)
    told.assert_whole()
    assert seams(told) == [": bourse: restarted by m1"]
    assert second.seen[0].json()["messages"] == [{"role": "user", "content": "hi"}]
    assert "failover=restart" in bourse.exchanges()[0]


def test_one_that_refuses_the_prefill_is_asked_to_begin_anew(serve, provider, second):
    def refuses(reply):
        last = reply.seen.json()["messages"][-1]
        if last["role"] == "assistant":
            reply.error(400, "the last message must be the user's")
        else:
            streams(says(TOKENS, "second"))(reply)
    provider.behaviour, second.behaviour = dies_after(40), refuses
    bourse = serve(route(provider.url, second.url))
    told = stream(bourse)
    told.assert_whole()
    assert len(second.seen) == 2
    assert bourse.metric('bourse_stream_rescues_total{kind="continue",outcome="refused"}') == 1
    assert bourse.metric('bourse_stream_rescues_total{kind="restart",outcome="completed"}') == 1
    assert "the user's" not in told.raw


def test_silence_in_the_middle_is_followed_as_a_cut(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40, stall=True), goes_on
    bourse = serve(route(provider.url, second.url, provider_extra="idle_timeout: 300ms"))
    began = time.monotonic()
    stream(bourse).assert_whole()
    assert time.monotonic() - began < 3 * PATIENCE
    assert bourse.page("/livez").status == 200


def test_an_error_event_in_the_middle_is_followed_as_a_cut(serve, provider, second):
    events = says(TOKENS[:40], stop=False) + [{"error": {"message": "overheated", "code": 500}}]
    provider.behaviour, second.behaviour = streams(events), goes_on
    told = stream(serve(route(provider.url, second.url)))
    told.assert_whole()
    assert "overheated" not in told.raw


def test_a_rescue_that_is_cut_itself_is_rescued(serve, provider, second):
    third = Provider(goes_on)
    provider.behaviour = dies_after(20)
    second.behaviour = streams(says(TOKENS[20:40], "second", stop=False), cut=True)
    told = stream(serve(route(provider.url, second.url, third.url)))
    told.assert_whole()
    assert seams(told) == [": bourse: continued by m1", ": bourse: continued by m2"]
    third.close()


def test_the_attempts_of_a_route_bound_its_rescues(serve, provider, second):
    third = Provider(goes_on)
    provider.behaviour, second.behaviour = dies_after(20), error(500)
    told = stream(serve(route(provider.url, second.url, third.url, options="attempts: 2")))
    told.assert_cut("reset", "".join(TOKENS[:20]))
    assert len(second.seen) == 1 and third.seen == []
    third.close()


def test_legacy_completions_are_begun_again(serve, provider, second):
    def legacy(tokens, who, finish=True):
        chunks = [{"id": who, "object": "text_completion", "created": 1, "model": who,
                   "choices": [{"index": 0, "text": token, "logprobs": None, "finish_reason": None}]}
                  for token in tokens]
        if finish:
            chunks[-1]["choices"][0]["finish_reason"] = "stop"
        return chunks
    provider.behaviour = streams(legacy(TOKENS[:40], "first", False), cut=True)
    second.behaviour = streams(legacy([WHOLE[:500], WHOLE[500:]], "second"))
    told = stream(serve(route(provider.url, second.url)), path="/v1/completions", messages=None, prompt="hi")
    told.assert_whole()
    assert {chunk["object"] for chunk in told.chunks} == {"text_completion"}


# ---- what the client is told besides the words ----


def test_usage_is_that_of_who_completed_the_answer(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), goes_on
    told = stream(serve(route(provider.url, second.url)), stream_options={"include_usage": True})
    told.assert_whole()
    assert told.chunks[-1]["choices"] == [] and told.chunks[-1]["usage"] == COMPLETION["usage"]
    assert all(chunk["usage"] is None for chunk in told.chunks[41:-1])


def test_usage_that_was_not_asked_for_is_not_told_after_the_seam_either(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), goes_on
    assert '"usage"' not in stream(serve(route(provider.url, second.url))).raw


def test_reasoning_is_not_carried_over_the_seam(serve, provider, second):
    provider.behaviour = streams([chunk({"role": "assistant"}), chunk({"reasoning_content": "hm"})], cut=True)
    second.behaviour = streams([chunk({"role": "assistant", "reasoning_content": "well"}, who="second")]
                               + says(TOKENS, "second"))
    told = stream(serve(route(provider.url, second.url)))
    told.assert_whole()
    assert "well" not in told.raw


def test_a_tool_may_be_called_after_the_seam(serve, provider, second):
    call = [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    provider.behaviour = dies_after(40)
    second.behaviour = streams([chunk({"role": "assistant", "content": None, "tool_calls": call}, who="second"),
                                chunk({}, "tool_calls", who="second")])
    told = stream(serve(route(provider.url, second.url)))
    assert [c["delta"]["tool_calls"] for c in told.choices if "tool_calls" in c["delta"]] == [call]
    assert told.done and "role" not in told.choices[-2]["delta"]


# ---- characters at the seam ----


@pytest.mark.parametrize("first, then", [
    (b"gr\\u00fc", "grüße".encode()),
    ("grü".encode(), b"gr\\u00fc\\u00dfe"),
    (b"hi \\ud83d", b"hi \\ud83d\\ude00!"),
    (b"hi \\ud83d", "hi \U0001f600!".encode()),
    ("hi \U0001f600".encode(), b"hi \\uD83D\\uDE00!"),
    (b'a \\"b\\" \\/ \\\\', b'a \\"b\\" / \\\\ \\n'),
])
def test_what_is_the_same_is_known_however_it_is_written(serve, provider, second, first, then):
    def raw(words, finish=b"null"):
        return (b'data: {"id":"r","created":1,"model":"r","choices":[{"index":0,"delta":{"content":"' + words
                + b'"},"finish_reason":' + finish + b"}]}\n\n")

    def begins(reply):
        reply.begin_stream()
        reply.piece(raw(first))
        reply.cut()

    def says_all(reply):
        reply.begin_stream()
        reply.piece(raw(then) + raw(b"", b'"stop"') + b"data: [DONE]\n\n")
        reply.end_stream()
    provider.behaviour, second.behaviour = begins, says_all
    told = stream(serve(route(provider.url, second.url, prefill=False)))
    bodies = "".join(line.split('"content":"')[1].split('"}')[0] for line in told.raw.split("\n\n")
                     if '"content":"' in line)
    assert json.loads(f'"{bodies}"') == json.loads(b'"' + then + b'"')
    assert told.done


def test_half_a_character_is_not_a_part_of_the_prefill(serve, provider, second):
    provider.behaviour = streams([chunk({"content": "hi there \ud83d"})], cut=True)
    second.behaviour = streams([chunk({"content": " \U0001f600 again"}, who="second"),
                                chunk({}, "stop", who="second")])
    told = stream(serve(route(provider.url, second.url)))
    assert second.seen[0].json()["messages"][-1]["content"] == "hi there"
    assert told.text.encode("utf-16", "surrogatepass").decode("utf-16") == "hi there \U0001f600 again"


# ---- the error of the first failure ----


def test_where_the_new_answer_differs_the_first_error_is_told(serve, provider, second):
    provider.behaviour = dies_after(40)
    second.behaviour = streams(says(["something ", "else"], "second"), wait=0.01)
    bourse = serve(route(provider.url, second.url, prefill=False))
    stream(bourse).assert_cut("reset", "".join(TOKENS[:40]))
    line = bourse.exchanges()[0]
    assert "reason=reset" in line and "failover=restart" in line
    assert bourse.metric('bourse_stream_rescues_total{kind="restart",outcome="differed"}') == 1


def test_a_new_answer_that_is_shorter_differs(serve, provider, second):
    provider.behaviour, second.behaviour = dies_after(40), streams(says(TOKENS[:30], "second"))
    bourse = serve(route(provider.url, second.url, prefill=False))
    stream(bourse).assert_cut("reset", "".join(TOKENS[:40]))


def test_without_another_candidate_the_first_error_is_told(serve, provider):
    provider.behaviour = dies_after(40)
    stream(serve(route(provider.url))).assert_cut("reset", "".join(TOKENS[:40]))
    assert len(provider.seen) == 1


@pytest.mark.parametrize("failure", [error(500), error(400), error(429), lambda reply: reply.cut(),
                                     lambda reply: reply.whole(COMPLETION)],
                         ids=["500", "400", "429", "cut", "not a stream"])
def test_what_went_wrong_with_the_rescue_is_not_told(serve, provider, second, failure):
    provider.behaviour, second.behaviour = dies_after(40, stall=True), failure
    told = stream(serve(route(provider.url, second.url, provider_extra="idle_timeout: 300ms")))
    told.assert_cut("idle_timeout", "".join(TOKENS[:40]))


def test_after_a_tool_call_has_begun_nobody_goes_on(serve, provider, second):
    call = [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}]
    provider.behaviour = streams([chunk({"content": "let me see"}), chunk({"tool_calls": call})], cut=True)
    stream(serve(route(provider.url, second.url))).assert_cut("reset", "let me see")
    assert second.seen == []


@pytest.mark.parametrize("options, members", [("stream_failover: error", {}), ("attempts: 4", {"n": 2})],
                         ids=["error wished", "two choices"])
def test_nobody_goes_on_where_it_is_not_wished_or_not_possible(serve, provider, second, options, members):
    provider.behaviour = dies_after(40)
    told = stream(serve(route(provider.url, second.url, options=options)), **members)
    told.assert_cut("reset", "".join(TOKENS[:40]))
    assert second.seen == []


# ---- clients ----


def test_a_client_that_leaves_during_a_rescue_ends_it(serve, provider, second):
    left = []

    def dawdles(reply):
        reply.begin_stream()
        reply.event(chunk({"content": "more"}, who="second"))
        left.append(reply.wait_until_left())
    provider.behaviour, second.behaviour = dies_after(40), dawdles
    bourse = serve(route(provider.url, second.url))
    connection = bourse.open_chat(stream=True)
    seen = b""
    while b"more" not in seen:
        seen += connection.recv(65536)
    gone = time.monotonic()
    connection.close()
    assert "client_gone=true" in bourse.exchanges()[0]
    while not left:
        time.sleep(0.005)
    assert left[0] - gone < 0.1 * PATIENCE


def test_a_slow_client_slows_the_rescuing_provider(serve, provider, second):
    sent = []

    def floods(reply):
        reply.begin_stream()
        try:
            while sum(sent) < 64 << 20:
                reply.event(chunk({"content": "x" * 20000}, who="second"))
                sent.append(20000)
        except OSError:
            pass
    provider.behaviour, second.behaviour = dies_after(40), floods
    bourse = serve(route(provider.url, second.url))
    with bourse.open_chat(stream=True) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        second.wait_for(1)
        until = time.monotonic() + 10 * PATIENCE
        before = -1
        while before != sum(sent) and time.monotonic() < until:
            before = sum(sent)
            time.sleep(0.5)
        assert before == sum(sent) < 32 << 20
        assert bourse.metric("bourse_buffered_bytes") < 24 << 20
