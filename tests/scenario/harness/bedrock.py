"""bedrock.py - a fake of Amazon Bedrock's Converse: it reckons the signature itself, refuses what the
public reference does not allow, and streams in Amazon's binary messages."""
import base64
import hashlib
import hmac
import json
import re
import struct
import time
import urllib.parse
import zlib

PATH = re.compile(r"^/model/([^/?]+)/(converse|converse-stream)$")
ID = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
DOCUMENT_NAME = re.compile(r"^[a-zA-Z0-9\-()\[\]]+( [a-zA-Z0-9\-()\[\]]+)*$")
BODY = {"messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "outputConfig",
        "additionalModelRequestFields", "promptVariables", "requestMetadata", "performanceConfig",
        "serviceTier"}
INFERENCE = {"maxTokens", "temperature", "topP", "stopSequences"}
BY_ROLE = {
    "user": {"text", "image", "document", "toolResult", "cachePoint"},
    "assistant": {"text", "toolUse", "reasoningContent", "cachePoint"},
    "result": {"text", "json", "image", "document"},
    "system": {"text", "cachePoint"},
}
FORMATS = {"image": {"png", "jpeg", "gif", "webp"},
           "document": {"pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"}}
MEDIA = {"image": ({"format", "source"}, set()),
         "document": ({"format", "source", "name"}, {"context", "citations"})}
CHOICES = {"auto": set(), "any": set(), "tool": {"name"}}


class Refused(Exception):
    """The request breaks a rule of the reference."""


def must(truth, what):
    if not truth:
        raise Refused(what)


def members(value, where, needed, allowed=frozenset()):
    must(isinstance(value, dict), f"{where}: not an object")
    must(set(needed) <= set(value), f"{where}: {sorted(set(needed) - set(value))} is missing")
    extra = set(value) - set(needed) - set(allowed)
    must(not extra, f"{where}: extraneous key {sorted(extra)} is not permitted")


# ---- the signature ----

def signature_of(seen, secret, date, region, names):
    """By the manual, from what was received."""
    path, _, query = seen.path.partition("?")
    canonical = "\n".join([
        seen.method, urllib.parse.quote(path, safe="/-._~"), query,
        *[f"{name}:{seen.headers[name]}" for name in names], "", ";".join(names),
        hashlib.sha256(seen.body).hexdigest()])
    scope = f"{date[:8]}/{region}/bedrock/aws4_request"
    words = "\n".join(["AWS4-HMAC-SHA256", date, scope,
                       hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in (date[:8], region, "bedrock", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, words.encode(), hashlib.sha256).hexdigest()


def check_signature(seen, key_id, secret, region):
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/bedrock/aws4_request, "
                         r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
                         seen.headers.get("authorization", ""))
    must(found, "Missing Authentication Token")
    date = seen.headers.get("x-amz-date", "")
    sent = time.mktime(time.strptime(date, "%Y%m%dT%H%M%SZ")) - time.timezone
    names = found[4].split(";")
    must(abs(time.time() - sent) < 300, "Signature expired")
    must(found[1] == key_id and found[2] == date[:8] and found[3] == region, "Credential")
    must(names == sorted(names) and {"host", "x-amz-date"} <= set(names), "SignedHeaders")
    must({name for name in seen.headers if name.startswith("x-amz-")} <= set(names),
         "a header that is not signed")
    must(found[5] == signature_of(seen, secret, date, region, names),
         "The request signature we calculated does not match the signature you provided.")


# ---- the body ----

def check_data(kind, value, where):
    needed, allowed = MEDIA[kind]
    members(value, where, needed, allowed)
    must(value["format"] in FORMATS[kind], f"{where}: format {value['format']}")
    must(len(value["source"]) == 1, f"{where}.source: one member of a union")
    if "text" in value["source"]:
        must(kind == "document" and value["source"]["text"], f"{where}.source.text")
    else:
        base64.b64decode(value["source"]["bytes"], validate=True)
    must(kind == "image" or DOCUMENT_NAME.match(value["name"]), f"{where}: name")
    members(value.get("citations", {"enabled": False}), f"{where}.citations", {"enabled"})


def check_value(kind, value, where):
    if kind == "text":
        must(isinstance(value, str) and value.strip(), f"{where}: The text field is blank")
    elif kind in FORMATS:
        check_data(kind, value, where)
    elif kind == "toolUse":
        members(value, where, {"toolUseId", "name", "input"})
        must(ID.match(value["toolUseId"]) and isinstance(value["input"], dict), where)
    elif kind == "toolResult":
        members(value, where, {"toolUseId", "content"}, {"status"})
        must(ID.match(value["toolUseId"]), where)
        check_blocks(value["content"], where, "result")
    elif kind == "reasoningContent":
        must(len(value) == 1, where)
        members(value.get("reasoningText", {"text": ""}), where, {"text"}, {"signature"})
    elif kind == "cachePoint":
        must(value == {"type": "default"}, where)


def check_blocks(blocks, where, role):
    must(isinstance(blocks, list), f"{where}: not a list")
    for i, block in enumerate(blocks):
        must(len(block) == 1, f"{where}.{i}: one member of a union")
        kind, value = next(iter(block.items()))
        must(kind in BY_ROLE[role], f"{where}.{i}: {kind} does not belong to {role}")
        check_value(kind, value, f"{where}.{i}")


def blocks_of(message, kind):
    return [block[kind] for block in message["content"] if kind in block]


def check_messages(messages):
    must(isinstance(messages, list) and messages, "messages: empty")
    before = []
    for i, message in enumerate(messages):
        members(message, f"messages.{i}", {"role", "content"})
        must(message["role"] in ("user", "assistant"), f"messages.{i}: role")
        must(message["role"] == ("user", "assistant")[i % 2], "roles must alternate")
        must(message["content"], f"messages.{i}: The content field is empty")
        check_blocks(message["content"], f"messages.{i}.content", message["role"])
        answered = sorted(result["toolUseId"] for result in blocks_of(message, "toolResult"))
        must(answered == before, f"messages.{i}: toolResult {answered} for toolUse {before}")
        before = sorted(use["toolUseId"] for use in blocks_of(message, "toolUse"))


def check_tools(body):
    uses = any(blocks_of(message, kind) for message in body["messages"]
               for kind in ("toolUse", "toolResult"))
    must("toolConfig" in body or not uses, "The toolConfig field must be defined when using "
                                           "toolUse and toolResult content blocks.")
    config = body.get("toolConfig", {"tools": [{"cachePoint": {}}]})
    members(config, "toolConfig", {"tools"}, {"toolChoice"})
    must(config["tools"], "toolConfig.tools: empty")
    for tool in config["tools"]:
        if "toolSpec" in tool:
            members(tool["toolSpec"], "toolSpec", {"name", "inputSchema"},
                    {"description", "strict"})
            members(tool["toolSpec"]["inputSchema"], "inputSchema", {"json"})
            must(tool["toolSpec"]["inputSchema"]["json"].get("type") == "object", "inputSchema")
            must(tool["toolSpec"].get("description", "x"), "description: min length 1")
    for kind, value in config.get("toolChoice", {}).items():
        must(kind in CHOICES, "toolChoice")
        members(value, "toolChoice", CHOICES[kind])


def check_additional(body):
    """What Anthropic's models take beside what Converse has words for."""
    fields, inference = body.get("additionalModelRequestFields", {}), body.get("inferenceConfig", {})
    members(fields, "additionalModelRequestFields", set(), {"thinking", "top_k", "output_config"})
    members(fields.get("output_config", {}), "output_config", set(), {"effort"})
    thinking = fields.get("thinking", {"type": "disabled"})
    must(thinking["type"] in ("enabled", "adaptive", "disabled"), "thinking: unknown type")
    if thinking["type"] == "enabled":
        must(1024 <= thinking["budget_tokens"] < inference.get("maxTokens", 64000),
             "thinking.budget_tokens")
    if thinking["type"] != "disabled":
        must(not {"temperature", "topP"} & set(inference) and "top_k" not in fields,
             "thinking is not compatible with temperature, top_p, or top_k")
        must(not {"any", "tool"} & set(body.get("toolConfig", {}).get("toolChoice", {})),
             "thinking may not be enabled when tool_choice forces tool use")


def check(body):
    members(body, "body", {"messages"}, BODY)
    check_messages(body["messages"])
    check_blocks(body.get("system", []), "system", "system")
    check_tools(body)
    inference = body.get("inferenceConfig", {})
    members(inference, "inferenceConfig", set(), INFERENCE)
    must(0 <= inference.get("temperature", 0) <= 1, "temperature must be at most 1")
    check_additional(body)
    output = body.get("outputConfig")
    if output:
        members(output["textFormat"], "textFormat", {"type", "structure"})
        schema = output["textFormat"]["structure"]["jsonSchema"]
        members(schema, "jsonSchema", {"schema"}, {"name", "description"})
        json.loads(schema["schema"])


# ---- answers ----

USAGE = {"inputTokens": 30, "outputTokens": 7, "totalTokens": 67, "cacheReadInputTokens": 30,
         "cacheWriteInputTokens": 0}


def reply_of(*content, stop_reason="end_turn", usage=None):
    return {"output": {"message": {"role": "assistant", "content": list(content)}},
            "stopReason": stop_reason, "usage": usage or USAGE, "metrics": {"latencyMs": 7}}


def text(words):
    return {"text": words}


def cited(words, *citations):
    return {"citationsContent": {"content": [{"text": words}], "citations": list(citations)}}


def thinking(words, signature="c2ln"):
    return {"reasoningContent": {"reasoningText": {"text": words, "signature": signature}}}


def tool_use(name, value, call_id="tooluse_1"):
    return {"toolUse": {"toolUseId": call_id, "name": name, "input": value}}


def pieces(words, count=3):
    size = max(1, -(-len(words) // count))
    return [words[i:i + size] for i in range(0, len(words), size)]


def deltas_of(block):
    if "text" in block:
        return [{"text": piece} for piece in pieces(block["text"])]
    if "toolUse" in block:
        return [{"toolUse": {"input": piece}}
                for piece in pieces(json.dumps(block["toolUse"]["input"]))]
    if "citationsContent" in block:
        said = block["citationsContent"]
        return [{"text": piece} for piece in pieces(said["content"][0]["text"])] + \
            [{"citation": citation} for citation in said["citations"]]
    said = block["reasoningContent"]["reasoningText"]
    return [{"reasoningContent": {"text": piece}} for piece in pieces(said["text"])] + \
        [{"reasoningContent": {"signature": said["signature"]}}]


def events(answer):
    yield "messageStart", {"role": "assistant"}
    for i, block in enumerate(answer["output"]["message"]["content"]):
        if "toolUse" in block:
            begun = {key: block["toolUse"][key] for key in ("toolUseId", "name")}
            yield "contentBlockStart", {"contentBlockIndex": i, "start": {"toolUse": begun}}
        for delta in deltas_of(block):
            yield "contentBlockDelta", {"contentBlockIndex": i, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": i}
    yield "messageStop", {"stopReason": answer["stopReason"]}
    yield "metadata", {"usage": answer["usage"], "metrics": answer["metrics"]}


def header(name, value):
    return bytes([len(name)]) + name.encode() + b"\7" + struct.pack(">H", len(value)) \
        + value.encode()


def framed(name, payload):
    kind = "exception" if name.endswith("Exception") else "event"
    headers = header(f":{kind}-type", name) + header(":content-type", "application/json") \
        + header(":message-type", kind)
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


def begin_stream(reply):
    reply.raw("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n"
              "Transfer-Encoding: chunked\r\n\r\n")


def error(reply, status, kind, words):
    reply.whole({"message": words}, status, {"x-amzn-ErrorType": kind})


class Bedrock:
    """A provider's behaviour: gives `answer` to what the reference allows, else says why not."""

    def __init__(self, answer=None, credentials=lambda seen: None):
        self.answer = answer or reply_of(text("hello there"))
        self.credentials = credentials
        self.bodies = []
        self.models = []

    def __call__(self, reply):
        seen = reply.seen
        try:
            self.credentials(seen)
        except Refused as problem:
            error(reply, 403, "AccessDeniedException", str(problem))
            return
        try:
            found = PATH.match(seen.path)
            must(seen.method == "POST" and found, f"no such path {seen.path}")
            must(seen.headers.get("content-type") == "application/json", "content-type")
            body = seen.json()
            check(body)
        except Refused as problem:
            error(reply, 400, "ValidationException", str(problem))
            return
        self.bodies.append(body)
        self.models.append(urllib.parse.unquote(found[1]))
        if found[2] == "converse":
            reply.whole(self.answer)
            return
        begin_stream(reply)
        for name, payload in events(self.answer):
            reply.piece(framed(name, payload))
        reply.end_stream()
