#!/usr/bin/env python3
# dribble.py - clients that read a byte a second each: `dribble.py PORT COUNT SECONDS MODEL…`.
import json
import socket
import sys
import time


def main():
    port, count, seconds, models = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
    clients = []
    for i in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        body = json.dumps({"model": models[i % len(models)], "stream": True,
                           "messages": [{"role": "user", "content": "Pour."}]}).encode()
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: slow\r\n"
                       b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                       + body)
        client.setblocking(False)
        clients.append(client)
    until, fed, ended = time.monotonic() + seconds, set(), 0
    while time.monotonic() < until:
        time.sleep(1)
        for client in clients:
            try:
                if not client.recv(1):
                    ended += 1
                fed.add(client)
            except BlockingIOError:
                pass
    print(json.dumps({"fed": len(fed), "ended": ended}))


main()
