#!/usr/bin/env python3
# canary.py - reads one endless stream and notes its longest pause: `canary.py PORT SECONDS MODEL`.
"""Prints JSON. The stream is the provider's, event by event; the first second is not counted."""
import json
import socket
import sys
import time


def main():
    port, seconds, model = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    body = json.dumps({"model": model, "stream": True,
                       "messages": [{"role": "user", "content": "Sing."}]}).encode()
    gaps, last = [], None
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: canary\r\n"
                       b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                       + body)
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if not client.recv(65536):
                break
            now = time.monotonic()
            if last and now - began > 1:
                gaps.append(now - last)
            last = now
    gaps.sort()
    print(json.dumps({"events": len(gaps), "sang_s": round(time.monotonic() - began, 1),
                      "worst_ms": round(1000 * gaps[-1], 1) if gaps else -1,
                      "p99_ms": round(1000 * gaps[len(gaps) * 99 // 100], 1) if gaps else -1}))


main()
