"""rows_process.py - the process itself: memory, idle, start, reload, uploads, system calls."""
import os
import re
import signal
import socket
import statistics
import subprocess
import time

import configs
import load
import processes

MIB_TO_MB = 1.048576


def memory(bench):
    """Of a fresh process: idle; under load, and under as much again; when it is quiet again."""
    requests, quiet_seconds = (20_000, 3) if bench.quick else (200_000, 10)
    server = bench.start_measured()
    many = bench.chat("many", 250, 64)
    time.sleep(1)
    sizes, own = [server.resident_mib()], [server.own_mib()]
    for _ in range(2):
        done = 0
        while done < requests:
            done += many.run(server, 2).requests
        sizes.append(server.resident_mib())
        own.append(server.own_mib())
    time.sleep(quiet_seconds)
    sizes.append(server.resident_mib())
    own.append(server.own_mib())
    server.stop()
    mb = [size * MIB_TO_MB for size in sizes]
    bench.most("memory, idle", mb[0], 8, "MB", "", f"its own {own[0] * MIB_TO_MB:.1f} MB")
    bench.most("memory under 64 connections", max(mb[1:3]), 24, "MB", "",
               f"its own {max(own[1:3]) * MIB_TO_MB:.1f} MB")
    flat = sizes[2] <= sizes[1] * 1.02 + 0.1
    bench.row(f"memory after {requests:,} requests and after as many again", "",
              f"{mb[1]:.1f}; {mb[2]:.1f} MB", "flat" if flat else "growing", "flat", flat)
    bench.most(f"memory {quiet_seconds} s after the load, to idle", mb[3] / mb[0], 1.1, "times", "",
               f"{mb[3]:.1f} MB, its own {own[3] * MIB_TO_MB:.1f}")


def share_of_cpu(server, seconds):
    before = server.cpu_seconds()
    time.sleep(seconds)
    return (server.cpu_seconds() - before) / seconds * 100


def idle(bench):
    seconds = 3 if bench.quick else 10
    server = bench.start_measured()
    time.sleep(1)
    shares = [share_of_cpu(server, seconds)]
    if not bench.is_noise:
        streams = load.open_streams(server, 100, load.chat_body("quiet", 250, stream=True))
        time.sleep(1)
        shares.append(share_of_cpu(server, seconds))
        for client in streams:
            client.close()
    server.stop()
    bench.row("CPU when idle; with 100 idle streams", "",
              "; ".join(f"{share:.2f} %" for share in shares), f"{max(shares):.2f} %", "< 0.5 %",
              max(shares) < 0.5)


# ---- a large configuration ----

def large_config(bench, workers=1):
    return configs.large(provider=bench.provider.port, workers=workers)


def ready_ms(bench, text):
    """From the start of the program to its first answer."""
    port = processes.free_port()
    path = configs.write(bench.folder, "start", text, port)
    begun = time.monotonic()
    with subprocess.Popen([bench.binary, "serve", "-c", path], stderr=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL) as process:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.sendall(b"GET /v1/models HTTP/1.1\r\nHost: bench\r\n\r\n")
                    client.recv(1)
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"bench: {path} is not accepted") from None
        took = (time.monotonic() - begun) * 1000
        process.send_signal(signal.SIGTERM)
    return took


def start(bench):
    if bench.is_noise:
        return
    text = large_config(bench)
    times = [ready_ms(bench, text) for _ in range(5 if bench.quick else 15)]
    bench.most("from start to the first answer, 200 models and 50 routes", statistics.median(times),
               50, "ms", "", f"{min(times):.0f} to {max(times):.0f} ms")


def longest_answer_ms(bench, server, reloads):
    """Both loops are asked every half a millisecond, while the configuration is read anew."""
    seconds = 2 if bench.quick else 4
    tool = bench.begin_tool("pulse", server, "/v1/chat/completions",
                            bench.body_file("pulse", load.chat_body("route-1", 250)), 8, seconds,
                            500)
    for _ in range(reloads):
        server.process.send_signal(signal.SIGHUP)
        time.sleep(seconds / reloads * 0.9)
    return bench.end_tool(tool)["pulse_max"] / 1000


def reload(bench):
    if bench.is_noise:
        return
    server = bench.start_bourse(large_config(bench, workers=2))
    seen = [(longest_answer_ms(bench, server, 0), longest_answer_ms(bench, server, 10))
            for _ in range(bench.pairs)]
    server.stop()
    without, during = (statistics.median(side) for side in zip(*seen))
    bench.most("reload of 200 models and 50 routes: the longest answer of any loop", during, 5, "ms",
               "", f"without a reload {without:.2f} ms")


# ---- one large upload beside small requests ----

UPLOAD_MB_PER_SECOND = 125  # a line of a gigabit


def small_p99_us(bench, server, beside):
    upload = bench.begin_tool("upload", server, "/v1/chat/completions",
                              bench.body_file("upload", load.file_body("auto", (64 << 20) - 1024)),
                              UPLOAD_MB_PER_SECOND, bench.seconds + 1) if beside else None
    tool = bench.begin_tool("pulse", server, "/v1/chat/completions",
                            bench.body_file("small", load.chat_body("auto", 250)), 4, bench.seconds,
                            1000)
    p99 = bench.end_tool(tool)["pulse_p99"]
    if upload:
        bench.end_tool(upload)
    return p99


def upload_pairs(bench, server):
    seen = [(small_p99_us(bench, server, False), small_p99_us(bench, server, True))
            for _ in range(bench.pairs)]
    alone, beside = (statistics.median(side) for side in zip(*seen))
    return alone, beside, statistics.median(two / one for one, two in seen)


def upload(bench):
    alone, beside, ratio = upload_pairs(bench, bench.bourse)
    nginx_alone, nginx_beside, nginx_ratio = upload_pairs(bench, bench.proxy)
    bench.row(f"small requests beside uploads of 64 MiB at {UPLOAD_MB_PER_SECOND} MB/s, p99",
              f"{nginx_alone:.0f} → {nginx_beside:.0f} µs ({nginx_ratio:.2f})",
              f"{alone:.0f} → {beside:.0f} µs", f"{ratio:.2f} times", "≤ 2 times", ratio <= 2)


# ---- the decision, by itself ----

def decision(bench):
    program = bench.tool("decision")
    if bench.is_noise or not os.path.exists(program):
        return
    told = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    bench.note("the decision itself", ["```", *told.strip().split("\n"), "```"])
    part = told[told.index("32 candidates"):]
    for prompt, bar in (("4 KB", 15), ("100 KB", 100)):
        median, p99 = re.search(rf"prompt of {prompt}, both +(\S+) +(\S+)", part).groups()
        bench.most(f"a decision: 32 candidates, 20 rules, a prompt of {prompt}", float(median), bar,
                   "µs", "", f"p99 {p99} µs")


# ---- system calls ----

WHY = {
    "recvfrom": "a look at the head, the client's request, the provider's reply",
    "recvmsg": "the provider's reply",
    "read": "the wake-up of a loop",
    "sendto": "the request to the provider",
    "sendmsg": "the answer to the client",
    "writev": "head and body together",
    "poll": "libcurl: is the idle connection alive, can the socket be written to",
    "epoll_wait": "the loop's own, and libmicrohttpd's three: to read, to write, to see that it has",
    "fcntl": "a new connection is told not to block",
    "pread64": "which pages of files nobody has written to, when a crowd has left",
    "epoll_ctl": "a socket is watched for something else than before",
    "write": "a line of the log, which another thread writes",
    "futex": "the thread of the log is woken",
    "getsockopt": "is the connection established; whose socket is it",
    "clock_gettime": "a clock that the kernel does not share with programs",
    "accept4": "clients that come",
    "setsockopt": "a new connection is set up",
    "close": "a connection ends",
    "socket": "a new connection to the provider",
    "connect": "a new connection to the provider",
    "madvise": "memory goes back",
    "clock_nanosleep": "the thread of the log lets lines come together",
    "mmap": "memory for large bodies",
    "munmap": "memory goes back",
    "brk": "memory",
    "shutdown": "a client is gone",
}


def calls_per_request(bench, connections):
    if bench.is_noise:
        return None
    server = bench.start_measured()
    body = bench.chat("calls", 250, connections)
    body.run(server, 1)
    out = os.path.join(bench.folder, "strace")
    tracer = subprocess.Popen(["strace", "-f", "-c", "-o", out, "-p", str(server.pids()[0])],
                              stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    requests = body.run(server, 2).requests
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    server.stop()
    with open(out, encoding="utf-8") as told:
        rows = [line.split() for line in told if re.match(r" *[\d.]+ +[\d.]+ +\d+ +\d+", line)]
    return {row[-1]: int(row[3]) / requests for row in rows if row[-1] != "total"}


def syscalls(bench):
    """Counted, not timed: strace slows everything down, so the loop has more to do in each turn."""
    counted = [calls_per_request(bench, connections) for connections in (1, 32)]
    if not all(counted):
        return
    one, many = counted
    names = sorted((name for name in one.keys() | many.keys()
                    if max(one.get(name, 0), many.get(name, 0)) >= 0.01),
                   key=lambda name: -one.get(name, 0))
    bench.note("system calls of a request, at 1 connection and at 32",
               ["| | 1 | 32 | what for |", "|---|---|---|---|",
                *(f"| {name} | {one.get(name, 0):.2f} | {many.get(name, 0):.2f} | "
                  f"{WHY.get(name, '?')} |" for name in names)])
    unknown = [name for name in names if name not in WHY]
    bench.row("system calls per request at 1 connection; at 32", "",
              f"{sum(one.values()):.1f}; {sum(many.values()):.1f}",
              "each explained" if not unknown else "unexplained: " + " ".join(unknown),
              "each explained", not unknown)


ROWS = [("memory", memory), ("idle", idle), ("start", start), ("reload", reload),
        ("upload", upload), ("decision", decision), ("syscalls", syscalls)]
