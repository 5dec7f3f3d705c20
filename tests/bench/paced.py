#!/usr/bin/env python3
# paced.py - a provider that sends each event of a stream by itself, as models do: `paced.py PORT`.
import asyncio
import sys

import load

PAUSE_SECONDS = 0.001
HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n")
CHUNKS = [f"{len(event) + 2:x}\r\n{event}\n\n\r\n".encode()
          for event in load.stream_reply().split("\n\n") if event]


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
            await reader.readexactly(int(length))
            writer.write(HEAD)
            for chunk in CHUNKS:
                writer.write(chunk)
                await asyncio.sleep(PAUSE_SECONDS)
            writer.write(b"0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=256)
    await server.serve_forever()


asyncio.run(main())
