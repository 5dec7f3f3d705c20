#!/usr/bin/env python3
# paced.py - asks at an even rate and judges every reply: `paced.py PORT RATE SECONDS MODEL`.
"""Prints JSON: how many were whole, how many a clear error, and what was neither. Half are streams.
"""
import asyncio
import collections
import json
import sys
import time

PATIENCE = 60


def request(model, stream):
    body = json.dumps({"model": model, "stream": stream,
                       "messages": [{"role": "user", "content": "How are you?"}]}).encode()
    return (b"POST /v1/chat/completions HTTP/1.1\r\nHost: chaos\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body


def unchunked(body):
    """The bytes of a chunked body; None when its last chunk is missing."""
    whole = b""
    while True:
        size, _, rest = body.partition(b"\r\n")
        if not size:
            return None
        length = int(size, 16)
        if length == 0:
            return whole
        whole, body = whole + rest[:length], rest[length + 2:]


def judge_stream(body):
    """whole, error, or what is wrong with it."""
    events = unchunked(body)
    if events is None:
        return "the stream has no end"
    data = [line[6:] for line in events.split(b"\n") if line.startswith(b"data: ")]
    if data and data[-1] == b"[DONE]":
        finished = any(json.loads(event)["choices"][:1] and
                       json.loads(event)["choices"][0]["finish_reason"] for event in data[:-1])
        return "whole" if finished else "a stream says [DONE] without a finish"
    return "error" if data and "error" in json.loads(data[-1]) else "a stream ends without a word"


def judge(reply, stream):
    head, _, body = reply.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 "):
        return f"no reply: {reply[:60]!r}"
    status, fields = int(head.split()[1]), head.lower()
    if status == 200 and stream:
        return judge_stream(body)
    if b"content-length: %d" % len(body) not in fields:
        return f"{status} with a body of another length"
    if status == 200:
        return "whole" if json.loads(body)["choices"][0]["finish_reason"] else "no finish"
    error = json.loads(body)["error"]
    return "error" if {"message", "type", "param", "code"} <= set(error) else f"{status}: {error}"


async def ask(port, model, stream, seen, slowest):
    began = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request(model, stream))
            reply = await asyncio.wait_for(reader.read(-1), PATIENCE)
        finally:
            writer.close()
        verdict = judge(reply, stream)
    except (OSError, ValueError, KeyError, TimeoutError, asyncio.TimeoutError) as problem:
        verdict = repr(problem)
    seen[verdict] += 1
    slowest[0] = max(slowest[0], time.monotonic() - began)


async def main():
    port, rate, seconds, model = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    seen, slowest, tasks = collections.Counter(), [0.0], set()
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        task = asyncio.create_task(ask(port, model, number % 2 == 0, seen, slowest))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    print(json.dumps({"seen": seen, "slowest_s": slowest[0]}))


asyncio.run(main())
