"""rows_requests.py - requests and whole replies: CPU and latency, as ratios to nginx."""
import statistics

import load


def small(bench):
    body = bench.chat("small", 250, 32)
    bench.cpu_ratio("CPU per request, 250-byte chat body, 3 candidates, 3 rules", body, body, 2.6)


def medium(bench):
    for what, size in (("4 KB", 4_000), ("32 KB", 32_000)):
        body = bench.chat(what.replace(" ", ""), size, 32)
        bench.cpu_ratio(f"the same, {what} chat body", body, body, 2.2)


def large(bench):
    big = bench.chat("big", 1_000_000, 4)
    bench.cpu_ratio("CPU per request, 1 MB chat body", big, big, 2.5)
    huge = load.Load(bench.folder, "huge", "/v1/chat/completions",
                     load.file_body("auto", 10_000_000), 4)
    bench.cpu_ratio("CPU per request, 10 MB body with a file", huge, huge, 2.5)


def latency(bench):
    added(bench, "added latency at 1 connection, median", 1, "median_us", bench.pairs * (1 if bench.quick else 4))
    added(bench, "added latency at 64 connections, p99", 64, "p99_us", bench.pairs * (1 if bench.quick else 2))


def added(bench, what, connections, figure, rounds):
    """To what the provider alone needs; many short runs in turns."""
    body = bench.chat(f"at{connections}", 250, connections)
    seen = {bench.provider: [], bench.proxy: [], bench.bourse: []}
    for _ in range(rounds):
        for server, figures in seen.items():
            figures.append(getattr(body.run(server, 1), figure))
    alone, nginx, bourse = (statistics.median(figures) for figures in seen.values())
    least = 1 if connections == 1 else 100  # what is less is noise: all wait for each other there
    ratio = (bourse - alone) / max(nginx - alone, least)
    bench.row(what, f"{nginx - alone:.0f} µs", f"{bourse - alone:.0f} µs", f"{ratio:.2f}",
              "≤ 2.5", ratio <= 2.5)


def translated(bench):
    """A chat for a provider of another language, to the same chat for one of its own."""
    if bench.is_noise:
        return
    for what, size, connections in (("250 bytes", 250, 32), ("500 KB", 500_000, 4)):
        sides = [(bench.chat(f"{name}{size}", size, connections, name), bench.bourse)
                 for name in ("auto", "foreign")]
        relayed, over, ratio = bench.cpu_pairs(sides)
        bench.row(f"a chat of {what}, translated for Anthropic, to the same relayed", "",
                  f"{relayed:.0f} → {over:.0f} µs", f"{ratio:.2f}", "≤ 2", ratio <= 2)


def workers(bench):
    """Two loops beside each other must not cost more than one."""
    if bench.is_noise:
        return
    two = bench.start_measured(workers=2)
    body = bench.chat("workers", 250, 32)
    one_us, two_us, ratio = bench.cpu_pairs([(body, bench.bourse), (body, two)])
    two.stop()
    bench.row("CPU per request, one worker → two", "", f"{one_us:.1f} → {two_us:.1f} µs",
              f"{(ratio - 1) * 100:+.1f} %", "≤ 5 %", ratio <= 1.05)


ROWS = [("small", small), ("medium", medium), ("large", large), ("latency", latency),
        ("translated", translated), ("workers", workers)]
