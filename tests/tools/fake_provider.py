#!/usr/bin/env python3
# fake_provider.py - a second provider, independent of the mock: remembers every byte it was sent, misbehaves on request.
"""HTTP/1.1 by hand on asyncio, so that it can do what no HTTP library would.

    GET  /_seen    what was received: method, path, headers, body, arrived, closed (seconds)
    POST /_forget  forgets it
    POST /_script  {"model": {"status": 200, "headers": {...}, "body": "...", "events": ["...", ...],
                    "wait_first": 0.1, "wait_each": 0.1, "cut_after": N, "stall_after": N,
                    "raw": "...", "reset": true}}: how requests for that model are answered

Without a script a model is answered in the shape that its endpoint promises.
"""
import argparse
import asyncio
import base64
import json
import socket
import struct
import time

HEAD_MAX = 64 * 1024
BODY_MAX = 128 * 1024 * 1024
TEXT = "Hello from the fake provider, grüß dich."
USAGE = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}


class Provider:
    def __init__(self):
        self.seen = []
        self.scripts = {}

    async def serve(self, reader, writer):
        early = b""  # what came before its turn
        try:
            while (early := await self.exchange(reader, writer, early)) is not None:
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()

    async def exchange(self, reader, writer, early):
        """One request and its answer; None when the connection is over."""
        head = (early + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = [line.split(": ", 1) for line in head[1:] if ": " in line]
        body = await read_body(reader, {name.lower(): value for name, value in headers})
        if path.startswith("/_"):
            return await self.control(writer, path, body)
        record = {"method": method, "path": path, "headers": headers, "arrived": time.time(),
                  "body": base64.b64encode(body).decode(), "closed": None}
        self.seen.append(record)
        answer = asyncio.ensure_future(self.answer(writer, path, body))
        more = asyncio.ensure_future(reader.read(1))
        await asyncio.wait({answer, more}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done() and not more.exception() and more.result():
            await asyncio.wait({answer})  # the next request is waiting already
        if not answer.done():
            record["closed"] = time.time()
            answer.cancel()
            return None
        more.cancel()
        await asyncio.wait({more})
        early = b"" if more.cancelled() or more.exception() else more.result()
        return early if answer.result() else None

    async def control(self, writer, path, body):
        if path == "/_script":
            self.scripts.update(json.loads(body))
        elif path == "/_forget":
            self.seen.clear()
        await send(writer, 200, json.dumps(self.seen if path == "/_seen" else {}).encode())
        return b""

    async def answer(self, writer, path, body):
        try:
            asked = json.loads(body) if body else {}
        except ValueError:
            asked = {}
        script = dict(self.scripts.get(asked.get("model"), {}))
        await asyncio.sleep(script.get("wait_first", 0))
        if script.get("reset"):
            reset(writer)
            return False
        if "raw" in script:
            writer.write(script["raw"].encode("latin-1"))
            await writer.drain()
            return False
        endpoint = path.split("?")[0].removeprefix("/v1")
        if "events" in script or (asked.get("stream") and "body" not in script):
            events = script.get("events") or STREAMS[endpoint](asked)
            return await stream(writer, events, script)
        status, document = WHOLE.get(endpoint, not_found)(asked)
        text = script.get("body", json.dumps(document))
        await send(writer, script.get("status", status), text.encode(), script.get("headers", {}))
        return True


async def read_body(reader, headers):
    if headers.get("transfer-encoding", "").lower() != "chunked":
        length = int(headers.get("content-length", 0))
        if length > BODY_MAX:
            raise ConnectionError
        return await reader.readexactly(length)
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


async def send(writer, status, body, headers=()):
    lines = [f"HTTP/1.1 {status} Status", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in dict(headers).items()]
    if "content-type" not in {name.lower() for name in dict(headers)}:
        lines.append("content-type: application/json")
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    await writer.drain()


async def stream(writer, events, script):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                 b"transfer-encoding: chunked\r\n\r\n")
    for index, event in enumerate(events):
        if index == script.get("stall_after"):
            await asyncio.Future()
        if index == script.get("cut_after"):
            return False
        await asyncio.sleep(script.get("wait_each", 0))
        data = event.encode()
        writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


def reset(writer):
    peer = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def envelope(asked, kind):
    return {"id": "fake-1", "object": kind, "created": 1, "model": asked.get("model")}


def wanted_tool(asked):
    """The first tool, where one is required or named."""
    tools = asked.get("tools")
    return tools[0] if tools and asked.get("tool_choice", "auto") not in ("auto", "none") else None


def chat_message(asked):
    if wanted_tool(asked):
        function = {"name": wanted_tool(asked)["function"]["name"], "arguments": '{"city":"Köln"}'}
        return {"role": "assistant", "content": None,
                "tool_calls": [{"id": "call_fake", "type": "function", "function": function}]}
    structured = asked.get("response_format", {}).get("type") == "json_schema"
    return {"role": "assistant", "content": '{"city":"demo","degrees":1}' if structured else TEXT}


def chat(asked):
    if not asked.get("messages"):
        return refused("messages")
    message = chat_message(asked)
    finish = "tool_calls" if "tool_calls" in message else "stop"
    logprobs = {"content": [{"token": "Hello", "logprob": -1, "bytes": None, "top_logprobs": []}],
                "refusal": None} if asked.get("logprobs") else None
    choices = [{"index": index, "message": message, "finish_reason": finish, "logprobs": logprobs}
               for index in range(asked.get("n") or 1)]
    return 200, {**envelope(asked, "chat.completion"), "choices": choices, "usage": USAGE}


def chat_deltas(asked):
    message = chat_message(asked)
    yield {"role": "assistant", "content": "" if message["content"] else None}
    for call in message.get("tool_calls", []):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        yield {"tool_calls": [{"index": 0, "id": call["id"], "type": "function",
                               "function": {"name": name, "arguments": ""}}]}
        for at in range(0, len(arguments), 4):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": arguments[at:at + 4]}}]}
    content = message["content"] or ""
    for at in range(0, len(content), 4):
        yield {"content": content[at:at + 4]}


def sse(document, name=None):
    return (f"event: {name}\n" if name else "") + f"data: {json.dumps(document)}\n\n"


def with_usage(asked, chunks, kind):
    """Events of the chunks, with usage where it was asked for."""
    usage = (asked.get("stream_options") or {}).get("include_usage")
    for chunk in chunks:
        yield sse({**envelope(asked, kind), **chunk, **({"usage": None} if usage else {})})
    if usage:
        yield sse({**envelope(asked, kind), "choices": [], "usage": USAGE})
    yield "data: [DONE]\n\n"


def chat_stream(asked):
    finish = "tool_calls" if wanted_tool(asked) else "stop"
    chunks = []
    for index in range(asked.get("n") or 1):
        choices = [(delta, None) for delta in chat_deltas(asked)] + [({}, finish)]
        chunks += [{"choices": [{"index": index, "delta": delta, "finish_reason": reason}]}
                   for delta, reason in choices]
    return with_usage(asked, chunks, "chat.completion.chunk")


def legacy(asked):
    choice = {"index": 0, "text": TEXT, "finish_reason": "stop", "logprobs": None}
    return 200, {**envelope(asked, "text_completion"), "choices": [choice], "usage": USAGE}


def legacy_stream(asked):
    chunks = [{"choices": [{"index": 0, "text": word, "finish_reason": None}]}
              for word in TEXT.partition(" ")]
    chunks.append({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]})
    return with_usage(asked, chunks, "text_completion")


def embeddings(asked):
    inputs = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    packed = base64.b64encode(struct.pack("<2f", 0.6, 0.8)).decode()
    vector = packed if asked.get("encoding_format") == "base64" else [0.6, 0.8]
    data = [{"object": "embedding", "index": i, "embedding": vector} for i in range(len(inputs))]
    return 200, {"object": "list", "data": data, "model": asked["model"],
                 "usage": {"prompt_tokens": 2, "total_tokens": 2}}


def response(asked, status="completed"):
    part = {"type": "output_text", "text": TEXT, "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": [part]}
    usage = {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 7,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 16}
    done = status == "completed"
    return 200, {"id": "resp_1", "object": "response", "created_at": 1, "status": status,
                 "model": asked["model"], "output": [item] if done else [], "tools": [],
                 "tool_choice": "auto", "parallel_tool_calls": True, "error": None,
                 "incomplete_details": None, "usage": usage if done else None}


def response_stream(asked):
    about = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    story = [("response.created", {"response": response(asked, "in_progress")[1]}),
             ("response.output_item.added", {"output_index": 0, "item": item}),
             ("response.content_part.added", {**about, "part": part})]
    story += [("response.output_text.delta", {**about, "delta": TEXT[at:at + 5], "logprobs": []})
              for at in range(0, len(TEXT), 5)]
    story += [("response.output_text.done", {**about, "text": TEXT, "logprobs": []}),
              ("response.completed", {"response": response(asked)[1]})]
    for number, (name, event) in enumerate(story):
        yield sse({"type": name, "sequence_number": number, **event}, name)


def models(_asked):
    return 200, {"object": "list", "data": [
        {"id": "fake", "object": "model", "created": 1, "owned_by": "fake"}]}


def error(status, kind, param, code, message):
    return status, {"error": {"message": message, "type": kind, "param": param, "code": code}}


def refused(param):
    return error(400, "invalid_request_error", param, None, f"{param} is missing.")


def not_found(_asked):
    return error(404, "not_found_error", None, None, "Unknown path.")


WHOLE = {"/chat/completions": chat, "/completions": legacy, "/embeddings": embeddings,
         "/responses": response, "/models": models}
STREAMS = {"/chat/completions": chat_stream, "/completions": legacy_stream,
           "/responses": response_stream}


async def main():
    options = argparse.ArgumentParser(description="a provider that remembers and misbehaves")
    options.add_argument("--port", type=int, default=0)
    provider = Provider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", options.parse_args().port,
                                        limit=HEAD_MAX)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
