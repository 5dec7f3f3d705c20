"""rows_streams.py - streamed answers: CPU per event, the first event, and ten thousand at once."""
import os
import resource
import statistics
import time

import configs
import load

MANY = 10_000
FILES_OF_STREAM = 3  # its client's socket, its provider's, and an epoll
FILES_BESIDE = 300


def events(bench):
    """For nginx the path says which provider; for bourse the route does."""
    for what, name, prefix, bar in (
            ("CPU per event of a streamed answer of 200 events", "streamed", "/stream", 2),
            ("the same, each event sent by itself, 1 ms apart", "paced", "/paced", 2)):
        body = load.chat_body(name, 300, stream=True)
        nginx, bourse = (load.Load(bench.folder, f"{name}-{side}", f"{path}/v1/chat/completions",
                                   body, 16)
                         for side, path in (("nginx", prefix), ("bourse", "")))
        bench.cpu_ratio(what, nginx, nginx if bench.is_noise else bourse, bar, per=load.EVENTS)


def stream_body(bench):
    return bench.body_file("stream", load.chat_body("auto", 300, stream=True))


def start_for_streams(bench, provider):
    if bench.is_noise:
        return bench.start_proxy("measured-streams", provider)
    return bench.start_bourse(configs.streams(provider=provider.port))


def first(bench):
    """500 streams of ten events, each begun anew as soon as it has ended."""
    provider = bench.start_stream_provider(100, 10)
    sides = [bench.start_proxy("proxy-streams", provider), start_for_streams(bench, provider)]
    paths = ["/live/v1/chat/completions",
             "/live/v1/chat/completions" if bench.is_noise else "/v1/chat/completions"]
    seen = ([], [])
    for _ in range(bench.pairs):
        for side, path, figures in zip(sides, paths, seen):
            tool = bench.begin_tool("stream_client", side, path, stream_body(bench), 500,
                                    bench.seconds)
            figures.append(bench.end_tool(tool)["first_p99"])
    nginx, bourse = map(statistics.median, seen)
    for server in (*sides, provider):
        server.stop()
    bench.most("time to the first event at 500 streams, p99: added to nginx's", bourse - nginx, 200,
               "µs", f"{nginx:.0f} µs", f"{bourse:.0f} µs")


def streams_possible():
    """A process may have so many files open, whoever it is."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return min(MANY, (most - FILES_BESIDE) // FILES_OF_STREAM // 100 * 100)


def cpu_of(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0]) / 1e9


def many(bench):
    """One event a second of each; what client and provider need of the machine is told."""
    if bench.is_noise:
        return
    count, seconds = (1000, 4) if bench.quick else (streams_possible(), 20)
    provider = bench.start_stream_provider(1000, 1_000_000)
    server = start_for_streams(bench, provider)
    time.sleep(1)
    idle_mib = server.own_mib()
    tool = bench.begin_tool("stream_client", server, "/v1/chat/completions", stream_body(bench),
                            count, seconds)
    before = [server.cpu_seconds(), provider.cpu_seconds(), cpu_of(tool.pid)]
    begun = time.monotonic()
    time.sleep(seconds - 1)
    spent = [server.cpu_seconds(), provider.cpu_seconds(), cpu_of(tool.pid)]
    passed = time.monotonic() - begun
    held_kib = (server.own_mib() - idle_mib) * 1024 / count
    figures = bench.end_tool(tool)
    server.stop()
    provider.stop()
    cores, provider_cores, client_cores = ((two - one) / passed
                                           for one, two in zip(before, spent))
    name = f"{count:,} streams, an event a second of each"
    if count < MANY and not bench.quick:
        name += f" (more do not fit into {resource.getrlimit(resource.RLIMIT_NOFILE)[1]:,} files)"
    bench.most(f"{name}: memory of one", held_kib, 40, "KB")
    bench.most("the same: from the provider's send to the client's read, p99",
               figures["lag_p99"] / 1000, 10, "ms", "", f"p50 {figures['lag_p50'] / 1000:.2f} ms, "
               f"max {figures['lag_max'] / 1000:.1f} ms")
    bench.most("the same: CPU", cores, 1, "cores", "",
               f"provider {provider_cores:.2f}, client {client_cores:.2f}")


ROWS = [("events", events), ("first", first), ("many", many)]
