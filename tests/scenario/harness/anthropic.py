"""anthropic.py - a fake of Anthropic's Messages API: it refuses what the public reference does not
allow, and answers in the reference's words."""
import json
import re

COUNT = "/v1/messages/count_tokens"
ID = re.compile(r"^[a-zA-Z0-9_-]+$")
BODY = {"model", "max_tokens", "messages", "system", "tools", "tool_choice", "stop_sequences",
        "temperature", "top_p", "top_k", "thinking", "output_config", "metadata", "service_tier",
        "stream", "cache_control", "container", "inference_geo"}
BLOCKS = {  # type: (members that must be there, those that may)
    "text": ({"text"}, {"cache_control", "citations"}),
    "image": ({"source"}, {"cache_control"}),
    "document": ({"source"}, {"cache_control", "title", "context", "citations"}),
    "tool_use": ({"id", "name", "input"}, {"cache_control"}),
    "tool_result": ({"tool_use_id"}, {"content", "is_error", "cache_control"}),
    "thinking": ({"thinking", "signature"}, set()),
    "redacted_thinking": ({"data"}, set()),
    "server_tool_use": ({"id", "name", "input"}, {"cache_control"}),
    "web_search_tool_result": ({"tool_use_id", "content"}, {"cache_control"}),
}
BY_ROLE = {
    "user": {"text", "image", "document", "tool_result"},
    "assistant": {"text", "tool_use", "thinking", "redacted_thinking", "server_tool_use",
                  "web_search_tool_result"},
    "result": {"text", "image", "document"},
    "system": {"text"},
}
SOURCES = {"base64": {"media_type", "data"}, "url": {"url"}, "text": {"media_type", "data"}}
CHOICES = {"auto": set(), "any": set(), "none": set(), "tool": {"name"}}


class Refused(Exception):
    """The request breaks a rule of the reference."""


def must(truth, what):
    if not truth:
        raise Refused(what)


def members(value, where, needed, allowed=frozenset()):
    must(isinstance(value, dict), f"{where}: not an object")
    must(needed <= set(value), f"{where}: {sorted(needed - set(value))}: Field required")
    extra = set(value) - needed - allowed
    must(not extra, f"{where}: {sorted(extra)}: Extra inputs are not permitted")


def check_block(block, where, role):
    must(isinstance(block, dict) and block.get("type") in BY_ROLE[role],
         f"{where}: {block.get('type')} does not belong to {role}")
    needed, allowed = BLOCKS[block["type"]]
    members(block, where, needed | {"type"}, allowed)
    if block["type"] == "text":
        must(isinstance(block["text"], str) and block["text"],
             f"{where}: text content blocks must be non-empty")
    if "source" in block:
        kind = block["source"].get("type")
        must(kind in SOURCES, f"{where}.source: unknown type")
        members(block["source"], f"{where}.source", SOURCES[kind] | {"type"})
    if block["type"] == "tool_use":
        must(ID.match(block["id"]), f"{where}.id: should match the pattern")
        must(isinstance(block["input"], dict), f"{where}.input: should be an object")
    if block["type"] == "tool_result":
        must(ID.match(block["tool_use_id"]), f"{where}.tool_use_id: should match the pattern")
        check_content(block.get("content", ""), f"{where}.content", "result")
    if "cache_control" in block:
        must(block["cache_control"].get("type") == "ephemeral", f"{where}: cache_control")


def check_content(content, where, role):
    if isinstance(content, str):
        return
    must(isinstance(content, list), f"{where}: not a list")
    for i, block in enumerate(content):
        check_block(block, f"{where}.{i}", role)


def blocks_of(message, kind):
    content = message["content"]
    return [block for block in (content if isinstance(content, list) else [])
            if block["type"] == kind]


def check_results(messages):
    """Each call is answered in the turn that follows, and nothing else is."""
    before = []
    for i, message in enumerate(messages):
        answered = [block["tool_use_id"] for block in blocks_of(message, "tool_result")]
        must(sorted(answered) == sorted(before),
             f"messages.{i}: tool_result {answered} for tool_use {before}")
        before = [block["id"] for block in blocks_of(message, "tool_use")]
    must(not before or messages[-1]["role"] == "assistant", "tool_use without tool_result")


def check_messages(messages):
    must(isinstance(messages, list) and messages, "messages: at least one message is required")
    for i, message in enumerate(messages):
        members(message, f"messages.{i}", {"role", "content"})
        must(message["role"] in ("user", "assistant"), f"messages.{i}: Unexpected role")
        must(i == 0 or message["role"] != messages[i - 1]["role"], f"messages.{i}: the role again")
        check_content(message["content"], f"messages.{i}.content", message["role"])
    must(messages[0]["role"] == "user", "messages: first message must use the user role")
    check_results(messages)
    last = messages[-1]
    if last["role"] == "assistant":
        texts = blocks_of(last, "text")
        must(texts and not texts[-1]["text"][-1].isspace(),
             "final assistant content cannot end with trailing whitespace")


def check_tools(body):
    for i, tool in enumerate(body.get("tools", [])):
        if "input_schema" not in tool:
            must("type" in tool and "name" in tool, f"tools.{i}: Field required")
            continue
        members(tool, f"tools.{i}", {"name", "input_schema"},
                {"description", "cache_control", "type", "strict"})
        must(tool["input_schema"].get("type") == "object", f"tools.{i}: type should be object")
    choice = body.get("tool_choice")
    if choice:
        must("tools" in body, "tool_choice may only be specified while providing tools")
        must(choice["type"] in CHOICES, "tool_choice: unknown type")
        members(choice, "tool_choice", {"type"} | CHOICES[choice["type"]],
                {"disable_parallel_tool_use"})


def check_thinking(body):
    thinking = body.get("thinking", {"type": "disabled"})
    must(thinking["type"] in ("enabled", "adaptive", "disabled"), "thinking: unknown type")
    if thinking["type"] == "enabled":
        members(thinking, "thinking", {"type", "budget_tokens"}, {"display"})
        must(1024 <= thinking["budget_tokens"] < body["max_tokens"], "thinking.budget_tokens")
    if thinking["type"] != "disabled":
        must(body.get("temperature", 1) == 1, "temperature may only be set to 1 with thinking")
        must(body.get("tool_choice", {}).get("type") not in ("any", "tool"),
             "thinking may not be enabled when tool_choice forces tool use")
        must(body["messages"][-1]["role"] == "user", "thinking cannot be prefilled")


def check(body):
    members(body, "body", {"model", "max_tokens", "messages"}, BODY)
    must(isinstance(body["max_tokens"], int) and body["max_tokens"] >= 1, "max_tokens")
    check_messages(body["messages"])
    check_content(body.get("system", ""), "system", "system")
    check_tools(body)
    check_thinking(body)
    must(0 <= body.get("temperature", 1) <= 1, "temperature: range")
    must(all(stop.strip() for stop in body.get("stop_sequences", [])),
         "stop_sequences: each must contain non-whitespace")
    members(body.get("output_config", {}), "output_config", set(), {"effort", "format"})
    members(body.get("metadata", {}), "metadata", set(), {"user_id"})


# ---- what it answers ----

USAGE = {"input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 30,
         "output_tokens": 7}


def message(*blocks, stop_reason="end_turn", usage=None):
    return {"id": "msg_01", "type": "message", "role": "assistant", "model": "claude-up",
            "content": list(blocks), "stop_reason": stop_reason, "stop_sequence": None,
            "usage": usage or USAGE}


def text(words, *citations):
    return {"type": "text", "text": words, **({"citations": list(citations)} if citations else {})}


def thinking(words, signature="c2ln"):
    return {"type": "thinking", "thinking": words, "signature": signature}


def tool_use(name, value, call_id="toolu_01"):
    return {"type": "tool_use", "id": call_id, "name": name, "input": value}


def pieces(words, count=3):
    size = max(1, -(-len(words) // count))
    return [words[i:i + size] for i in range(0, len(words), size)]


def block_events(index, block):
    """What a block becomes in a stream: its beginning, its pieces, its end."""
    kind = block["type"]
    empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""},
             "tool_use": {"input": {}}, "server_tool_use": {"input": {}}}.get(kind, {})
    if "citations" in block:
        empty["citations"] = []
    yield "content_block_start", {"index": index, "content_block": {**block, **empty}}
    deltas = []
    if kind == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        deltas += [{"type": "citations_delta", "citation": citation}
                   for citation in block.get("citations", [])]
    elif kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece}
                  for piece in pieces(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    elif kind in ("tool_use", "server_tool_use"):
        deltas = [{"type": "input_json_delta", "partial_json": piece}
                  for piece in ["", *(pieces(json.dumps(block["input"])) if block["input"] else [])]]
    for delta in deltas:
        yield "content_block_delta", {"index": index, "delta": delta}
    yield "content_block_stop", {"index": index}


def events(answer):
    """A whole message as the events that tell it."""
    begun = {**answer, "content": [], "stop_reason": None,
             "usage": {**answer["usage"], "output_tokens": 1}}
    yield "message_start", {"message": begun}
    yield "ping", {}
    for index, block in enumerate(answer["content"]):
        yield from block_events(index, block)
    yield "message_delta", {"delta": {"stop_reason": answer["stop_reason"], "stop_sequence": None},
                            "usage": {"output_tokens": answer["usage"]["output_tokens"]}}
    yield "message_stop", {}


def put_event(reply, name, data):
    reply.piece(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n")


def error(reply, status, kind, words, headers=None):
    reply.whole({"type": "error", "error": {"type": kind, "message": words},
                 "request_id": "req_x"}, status, headers)


class Anthropic:
    """A provider's behaviour: gives `answer` to what the reference allows, else says why not."""

    def __init__(self, answer=None):
        self.answer = answer or message(text("hello there"))
        self.bodies = []

    def __call__(self, reply):
        seen = reply.seen
        try:
            path = seen.path.partition("?")[0]
            must(seen.method == "POST" and path in ("/v1/messages", COUNT), f"no such path {path}")
            must(seen.headers.get("x-api-key"), "x-api-key header is required")
            must("authorization" not in seen.headers, "two kinds of credentials")
            must(seen.headers.get("anthropic-version") == "2023-06-01", "anthropic-version")
            must(seen.headers.get("content-type") == "application/json", "content-type")
            body = seen.json()
            check({**body, "max_tokens": 1} if path == COUNT else body)
        except Refused as problem:
            error(reply, 400, "invalid_request_error", str(problem))
            return
        self.bodies.append(body)
        if path == COUNT:
            reply.whole({"input_tokens": 12})
            return
        if not body.get("stream"):
            reply.whole(self.answer)
            return
        reply.begin_stream()
        for name, data in events(self.answer):
            put_event(reply, name, data)
        reply.end_stream()
