"""streams.py - providers whose streams break in a way of their choosing, and streams as clients get
them."""
import json
import time

from harness.daemon import configuration
from harness.provider import COMPLETION

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


def streams(events, cut=False, stall=False, end=False, wait=0.0):
    """A provider that says these events and then [DONE], or cuts, is silent, or just ends."""
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
        if end:
            reply.end_stream()
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
