"""lookalikes.py - fakes of servers that speak OpenAI's language and deviate from it: each refuses
what the vendor's does, in the vendor's words."""
import re

from harness.provider import COMPLETION, chunk

OPENAI = {"model", "messages", "temperature", "top_p", "max_tokens", "max_completion_tokens", "stream",
          "stream_options", "stop", "seed", "n", "tools", "tool_choice", "response_format",
          "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "user",
          "parallel_tool_calls", "store", "service_tier", "reasoning_effort", "metadata"}
MISTRAL = {"model", "messages", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed",
           "response_format", "tools", "tool_choice", "presence_penalty", "frequency_penalty", "n",
           "prediction", "parallel_tool_calls", "prompt_mode", "reasoning_effort", "safe_prompt",
           "metadata"}
ROLES = {"system", "user", "assistant", "tool"}
USAGE = COMPLETION["usage"]


def openai_error(reply, words, status=400):
    reply.whole({"error": {"message": words, "type": "invalid_request_error"}}, status)


class Lookalike:
    """Answers what it accepts. `trouble(body)` says why it does not, or nothing."""
    refused = frozenset()
    members = OPENAI
    roles = ROLES | {"developer"}

    def __init__(self):
        self.bodies = []

    def trouble(self, body):
        for name in body:
            if name in self.refused or name not in self.members:
                return f"property '{name}' is unsupported"
        for message in body["messages"]:
            if message["role"] not in self.roles:
                return f"messages[0].role: unknown variant `{message['role']}`"
        return None

    def say_no(self, reply, trouble):
        openai_error(reply, trouble)

    def tell(self, reply, body):
        reply.begin_stream()
        reply.say("hello")
        reply.say(None, "stop")
        if (body.get("stream_options") or {}).get("include_usage"):
            reply.event({**chunk(None), "choices": [], "usage": USAGE})

    def __call__(self, reply):
        body = reply.seen.json()
        trouble = self.trouble(body)
        if trouble:
            self.say_no(reply, trouble)
            return
        self.bodies.append(body)
        if not body.get("stream"):
            reply.whole(COMPLETION)
            return
        self.tell(reply, body)
        reply.event("[DONE]")
        reply.end_stream()


class Groq(Lookalike):
    refused = {"logprobs", "top_logprobs", "logit_bias"}

    def trouble(self, body):
        if body.get("n", 1) != 1:
            return "'n' : number must be at most 1"
        if any("name" in message for message in body["messages"]):
            return "'messages.0' : property 'name' is unsupported"
        return super().trouble(body)

    def tell(self, reply, body):
        reply.begin_stream()
        reply.say("hello")
        reply.event({**chunk(None, "stop"), "x_groq": {"id": "req_1", "usage": {
            **USAGE, "queue_time": 0.01, "total_time": 0.2}}})
        if (body.get("stream_options") or {}).get("include_usage"):
            reply.event({**chunk(None), "choices": [], "usage": USAGE})


class Mistral(Lookalike):
    members = MISTRAL
    roles = ROLES

    def trouble(self, body):
        for message in body["messages"]:
            ids = [call["id"] for call in message.get("tool_calls") or []]
            for name in [*ids, message.get("tool_call_id", "aaaaaaaaa")]:
                if not re.fullmatch("[a-zA-Z0-9]{9}", name):
                    return f"Tool call id was {name} but must be a-z, A-Z, 0-9, with a length of 9."
        return super().trouble(body)

    def say_no(self, reply, trouble):
        reply.whole({"object": "error", "message": {"detail": [{
            "type": "extra_forbidden", "msg": trouble}]}, "type": "invalid_request_error",
            "param": None, "code": None}, 422)

    def tell(self, reply, body):
        reply.begin_stream()
        reply.say("hello")
        reply.event({**chunk(None, "stop"), "usage": USAGE})


class Deepseek(Lookalike):
    roles = ROLES
    members = OPENAI - {"max_completion_tokens"}

    def trouble(self, body):
        if (body.get("response_format") or {}).get("type") == "json_schema":
            return "This response_format type is unavailable now"
        return super().trouble(body)


class Cerebras(Lookalike):
    roles = ROLES
    refused = {"frequency_penalty", "presence_penalty", "logit_bias", "parallel_tool_calls",
               "service_tier"}


class Xai(Lookalike):
    refused = {"logit_bias"}


class Any(Lookalike):
    """Refuses nothing, as local servers do."""

    def trouble(self, body):
        return None
