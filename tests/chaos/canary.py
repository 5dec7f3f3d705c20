#!/usr/bin/env python3
# canary.py - reads an endless stream, and beside it a control: `canary.py SECONDS PACE_MS PORT MODEL PORT MODEL`.
"""The second stream comes from the same provider, without a daemon between. Both are read by one
process, so whatever holds up the provider, this reader or the whole machine holds up both of them:
by how much the control came late at the same time is not the daemon's doing.

Prints JSON: of both streams how many events came, the longest pause and the 99th percentile; and
`worst_own_ms`, the longest pause of the first one without what the control was late by meanwhile.
The first second is not counted."""
import json
import selectors
import socket
import sys
import time


class Stream:
    def __init__(self, port, model):
        self.arrivals, self.events, self.ended = [], 0, False
        body = json.dumps({"model": model, "stream": True,
                           "messages": [{"role": "user", "content": "Sing."}]}).encode()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: canary\r\n"
                            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                            % len(body) + body)

    def take(self, counts):
        piece = self.socket.recv(65536)
        self.ended = not piece
        if counts and piece:
            self.arrivals.append(time.monotonic())
            self.events += piece.count(b"data: ")

    def pauses(self):
        """(from, to) in the order in which they were."""
        return list(zip(self.arrivals, self.arrivals[1:]))

    def told(self):
        lengths = sorted(to - since for since, to in self.pauses())
        return {"events": self.events,
                "worst_ms": round(1000 * lengths[-1], 1) if lengths else -1,
                "p99_ms": round(1000 * lengths[len(lengths) * 99 // 100], 1) if lengths else -1}


def listen(streams, seconds):
    """Until one of them ends, or the time is over."""
    began = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.socket, selectors.EVENT_READ, stream)
        while time.monotonic() < began + seconds and not any(stream.ended for stream in streams):
            for key, _ in selector.select(1):
                key.data.take(time.monotonic() > began + 1)


def worst_own_ms(canary, control, pace):
    """Both lists are in order, so that one walk along them finds who overlaps whom."""
    worst, at, meanwhile = -1.0, 0, control.pauses()
    for since, to in canary.pauses():
        while at < len(meanwhile) and meanwhile[at][1] < since:
            at += 1
        late, other = 0.0, at
        while other < len(meanwhile) and meanwhile[other][0] <= to:
            late = max(late, meanwhile[other][1] - meanwhile[other][0] - pace)
            other += 1
        worst = max(worst, to - since - late)
    return round(1000 * worst, 1)


def main():
    seconds, pace = float(sys.argv[1]), float(sys.argv[2]) / 1000
    canary, control = [Stream(int(port), model)
                       for port, model in zip(sys.argv[3::2], sys.argv[4::2])]
    listen([canary, control], seconds)
    print(json.dumps({"canary": canary.told(), "control": control.told(),
                      "worst_own_ms": worst_own_ms(canary, control, pace)}))


main()
