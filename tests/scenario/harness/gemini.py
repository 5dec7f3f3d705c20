"""gemini.py - a fake of Google's generateContent: it refuses what the public reference does not
allow, and answers in the reference's words."""
import base64
import binascii
import json
import re

from harness import genai

PATH = re.compile(r"^/v1beta/models/([^/:?]+):(generateContent|streamGenerateContent\?alt=sse|"
                  r"batchEmbedContents)$")
NAME = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$")

BODY = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig",
        "safetySettings", "cachedContent", "serviceTier"}
CONFIG = {"stopSequences": list, "responseMimeType": str, "responseSchema": dict,
          "responseJsonSchema": dict, "candidateCount": int, "maxOutputTokens": int,
          "temperature": (int, float), "topP": (int, float), "topK": int, "seed": int,
          "presencePenalty": (int, float), "frequencyPenalty": (int, float),
          "responseLogprobs": bool, "logprobs": int, "thinkingConfig": dict,
          "responseModalities": list, "speechConfig": dict, "mediaResolution": str}
DATA = ("text", "inlineData", "functionCall", "functionResponse", "fileData")
ROLES = {"user": {"text", "inlineData", "fileData", "functionResponse"},
         "model": {"text", "inlineData", "functionCall"}}
MODES = {"AUTO", "ANY", "NONE", "VALIDATED"}
VECTORS = {"batchEmbedContents", "predict"}
NO_PROOF = "skip_thought_signature_validator"


class Refused(Exception):
    """The request breaks a rule of the reference."""


class Unauthorized(Refused):
    """Nobody that is known asks."""


def must(truth, what):
    if not truth:
        raise Refused(what)


def members(value, where, needed, allowed=frozenset()):
    must(isinstance(value, dict), f"Invalid value at '{where}'")
    for name in set(value) - set(needed) - set(allowed):
        raise Refused(f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}'")
    must(set(needed) <= set(value), f"{where}: {sorted(set(needed) - set(value))} must be set")


def check_bytes(value, where):
    try:
        base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, AttributeError):
        raise Refused(f"Invalid value at '{where}' (TYPE_BYTES), Base64 decoding failed") from None


def check_part(part, where, role):
    kinds = [name for name in DATA if name in part]
    must(len(kinds) == 1, f"{where}: one data of a part, not {kinds}")
    kind = kinds[0]
    must(kind in ROLES[role], f"{where}: {kind} does not belong to {role}")
    members(part, where, {kind}, {"thought", "thoughtSignature"})
    if "thoughtSignature" in part:
        check_bytes(part["thoughtSignature"], where)
    if kind == "text":
        must(isinstance(part["text"], str), where)
        must(part["text"] or "thoughtSignature" in part, f"{where}: empty text")
    elif kind == "inlineData":
        members(part[kind], where, {"mimeType", "data"})
        check_bytes(part[kind]["data"], where)
    elif kind == "fileData":
        members(part[kind], where, {"fileUri"}, {"mimeType"})
    elif kind == "functionCall":
        members(part[kind], where, {"name"}, {"id", "args"})
        must(isinstance(part[kind].get("args", {}), dict), f"{where}: args is a Struct")
    else:
        members(part[kind], where, {"name", "response"}, {"id"})
        must(isinstance(part[kind]["response"], dict), f"{where}: response is a Struct")


def parts_of(content, kind):
    return [part[kind] for part in content["parts"] if kind in part]


def check_results(contents):
    """Each turn of calls is followed by one with as many results, of the same names."""
    before = []
    for i, content in enumerate(contents):
        names = sorted(result["name"] for result in parts_of(content, "functionResponse"))
        must(names == before, f"contents[{i}]: the number of function response parts is not equal "
                              f"to the number of function call parts: {names}, {before}")
        must(not names or "text" not in [key for part in content["parts"] for key in part],
             f"contents[{i}]: words among results")
        before = sorted(call["name"] for call in parts_of(content, "functionCall"))
    must(not before, "calls without results")


def check_proofs(contents):
    """As models since Gemini 3 have it: the first call of each step has its signature."""
    for i, content in enumerate(contents):
        calls = [part for part in content["parts"] if "functionCall" in part]
        must(not calls or "thoughtSignature" in calls[0],
             f"Function call is missing a thought_signature in contents[{i}]")


def check_contents(body, wants_proof):
    contents = body.get("contents")
    must(contents, "contents is not specified")
    for i, content in enumerate(contents):
        where = f"contents[{i}]"
        members(content, where, {"role", "parts"})
        must(content["role"] in ROLES, f"{where}: Please use a valid role: user, model.")
        must(content["parts"], f"{where}.parts must not be empty")
        for part in content["parts"]:
            check_part(part, where, content["role"])
    must(contents[0]["role"] == "user", "a function call turn comes after a user turn")
    check_results(contents)
    if wants_proof:
        check_proofs(contents)


def check_system(body):
    system = body.get("systemInstruction", {"parts": [{"text": "x"}]})
    members(system, "systemInstruction", {"parts"}, {"role"})
    for part in system["parts"]:
        members(part, "systemInstruction.parts", {"text"})


def check_tools(body):
    names = []
    for tool in body.get("tools", []):
        members(tool, "tools", set(), {"functionDeclarations", "googleSearch", "codeExecution"})
        for function in tool.get("functionDeclarations", []):
            members(function, "function_declarations", {"name"},
                    {"description", "parameters", "parametersJsonSchema", "response", "behavior"})
            must(NAME.match(function["name"]), "Invalid function name")
            must("properties" not in function.get("parametersJsonSchema", {})
                 or function["parametersJsonSchema"]["properties"], "properties: non-empty")
            names.append(function["name"])
    must(len(names) == len(set(names)), "Duplicate function declaration found")
    config = body.get("toolConfig", {"functionCallingConfig": {}})
    members(config, "tool_config", {"functionCallingConfig"})
    calling = config["functionCallingConfig"]
    members(calling, "function_calling_config", set(), {"mode", "allowedFunctionNames"})
    must(calling.get("mode", "AUTO") in MODES, "mode")
    allowed = calling.get("allowedFunctionNames", [])
    must(not allowed or calling["mode"] in ("ANY", "VALIDATED"), "allowed_function_names: mode")
    must(set(allowed) <= set(names), "allowed_function_names: not declared")


def check_thinking(config):
    thinking = config.get("thinkingConfig", {})
    members(thinking, "thinking_config", set(),
            {"includeThoughts", "thinkingBudget", "thinkingLevel"})
    must(not {"thinkingBudget", "thinkingLevel"} <= set(thinking), "budget and level")
    must(thinking.get("thinkingLevel", "LOW") in ("MINIMAL", "LOW", "MEDIUM", "HIGH"), "level")


def check_config(body):
    config = body.get("generationConfig", {})
    members(config, "generation_config", set(), set(CONFIG))
    for name, value in config.items():
        must(isinstance(value, CONFIG[name]), f"Invalid value at 'generation_config.{name}'")
    must(0 <= config.get("temperature", 1) <= 2, "temperature must be in the range [0.0, 2.0]")
    must(1 <= config.get("candidateCount", 1) <= 8, "candidateCount")
    must(abs(config.get("seed", 0)) < 2**31, "Invalid value at 'generation_config.seed' (INT32)")
    must(len(config.get("stopSequences", [])) <= 5, "stopSequences")
    must("responseJsonSchema" not in config
         or config.get("responseMimeType") == "application/json", "responseMimeType")
    must("logprobs" not in config or config.get("responseLogprobs"), "logprobs")
    check_thinking(config)


def check(body, wants_proof=False):
    must(not genai.complain(body), genai.complain(body))
    members(body, "", {"contents"}, BODY)
    check_system(body)
    check_contents(body, wants_proof)
    check_tools(body)
    check_config(body)


def check_embeddings(body, model):
    members(body, "", {"requests"})
    must(1 <= len(body["requests"]) <= 100, "at most 100 requests can be in one batch")
    for request in body["requests"]:
        members(request, "requests", {"model", "content"}, {"outputDimensionality", "taskType"})
        must(request["model"] == f"models/{model}", "the model of the batch and its requests")
        members(request["content"], "content", {"parts"}, {"role"})
        for part in request["content"]["parts"]:
            members(part, "parts", {"text"})
            must(isinstance(part["text"], str), "text")


# ---- answers ----

USAGE = {"promptTokenCount": 60, "cachedContentTokenCount": 30, "candidatesTokenCount": 7,
         "thoughtsTokenCount": 5, "totalTokenCount": 72}


def text(words):
    return {"text": words}


def thought(words):
    return {"text": words, "thought": True}


def call(name, args, signature=None):
    part = {"functionCall": {"name": name, "args": args}}
    return {**part, "thoughtSignature": signature} if signature else part


def response(*parts, finish="STOP", usage=USAGE):
    return {"candidates": [{"content": {"parts": list(parts), "role": "model"},
                            "finishReason": finish, "index": 0}],
            "usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "rSp1"}


def pieces(part):
    """A part as the parts of several events."""
    words = part.get("text", "")
    size = max(1, -(-len(words) // 3))
    if not words:
        return [part]
    return [{**part, "text": words[i:i + size]} for i in range(0, len(words), size)]


def events(answer):
    """A whole response as those that tell it bit by bit."""
    candidate = answer["candidates"][0]
    told = [piece for part in candidate["content"]["parts"] for piece in pieces(part)]
    for piece in told[:-1]:
        yield {**answer, "usageMetadata": {"promptTokenCount": 60, "totalTokenCount": 60},
               "candidates": [{"content": {"parts": [piece], "role": "model"}, "index": 0}]}
    yield {**answer, "candidates": [{**candidate, "content": {"parts": told[-1:],
                                                              "role": "model"}}]}


def error(reply, code, status, words, details=None):
    reply.whole({"error": {"code": code, "message": words, "status": status,
                           **({"details": details} if details else {})}}, code)


def embeddings(body):
    """Vectors that tell the texts apart, printed as Google does."""
    told = [{"values": [len(request["content"]["parts"][0]["text"]), -0.5, 1e-05, 3]}
            for request in body["requests"]]
    return json.dumps({"embeddings": told, "usageMetadata": {"promptTokenCount": 9}}, indent=2)


class Gemini:
    """A provider's behaviour: gives `answer` to what the reference allows, else says why not."""
    path = PATH

    def __init__(self, answer=None, wants_proof=False):
        self.answer = answer or response(text("hello there"))
        self.wants_proof = wants_proof
        self.bodies = []

    def check_embeddings(self, body, model):
        check_embeddings(body, model)

    def embeddings(self, body):
        return embeddings(body)

    def check_credentials(self, seen):
        must(seen.headers.get("x-goog-api-key"), "API key not valid")
        must("authorization" not in seen.headers, "two kinds of credentials")

    def __call__(self, reply):
        seen = reply.seen
        try:
            found = self.path.match(seen.path)
            must(seen.method == "POST" and found, f"no such path {seen.path}")
            self.check_credentials(seen)
            must(seen.headers.get("content-type") == "application/json", "content-type")
            body = seen.json()
            if found[2] in VECTORS:
                self.check_embeddings(body, found[1])
            else:
                check(body, self.wants_proof)
        except Unauthorized as problem:
            error(reply, 401, "UNAUTHENTICATED", str(problem))
            return
        except Refused as problem:
            error(reply, 400, "INVALID_ARGUMENT", str(problem))
            return
        self.bodies.append(body)
        genai.answer(self.answer)
        if found[2] in VECTORS:
            reply.whole(self.embeddings(body))
            return
        if "alt=sse" not in seen.path:
            reply.whole(json.dumps(self.answer, indent=2, ensure_ascii=False))
            return
        reply.begin_stream()
        for event in events(self.answer):
            reply.event(event)
        reply.end_stream()
