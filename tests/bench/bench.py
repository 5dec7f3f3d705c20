"""bench.py - the servers that are measured, and the table that their figures go into."""
import os
import statistics
import subprocess
import sys

import configs
import load
import processes


class Bench:
    """What every row needs. Servers start when the first row asks for them, and stop together."""

    def __init__(self, binary, quick, folder):
        self.binary, self.folder, self.quick = binary, folder, quick
        self.tools = os.path.join(os.path.dirname(binary) or "build/release", "tests/bench")
        self.pairs, self.seconds = (1, 1) if quick else (5, 3)
        self.rows, self.notes, self.missed, self.servers = [], [], 0, []
        self.is_noise = binary == "nginx"

    # ---- servers ----

    def keep(self, server):
        self.servers.append(server)
        return server

    def start(self):
        with open(os.path.join(self.folder, "events.sse"), "w", encoding="utf-8") as file:
            file.write(load.stream_reply())
        self.silent = load.SilentProvider()
        self.paced = self.keep(processes.paced(self.folder))
        self.provider = self.keep(processes.nginx("provider", processes.PROVIDER, self.folder,
                                                  reply=load.chat_reply(),
                                                  message=load.message_reply()))
        self.proxy = self.keep(self.start_proxy("proxy"))
        self.bourse = self.keep(self.start_measured())

    def start_proxy(self, name, provider=None):
        return processes.nginx(name, processes.PROXY, self.folder, paced=self.paced.port,
                               provider=(provider or self.provider).port)

    def start_measured(self, workers=1):
        if self.is_noise:
            return self.start_proxy("measured")
        return self.start_bourse(configs.mixed(workers=workers, provider=self.provider.port,
                                               paced=self.paced.port, silent=self.silent.port))

    def start_bourse(self, text):
        return processes.bourse(self.binary, self.folder, text)

    def start_stream_provider(self, period_ms, events):
        port = processes.free_port()
        return processes.Server("stream provider", [self.tool("stream_provider"), str(port),
                                                    str(period_ms), str(events)],
                                port, os.path.join(self.folder, "streams.log"))

    def stop(self):
        for server in reversed(self.servers):
            server.stop()

    # ---- the loads in C ----

    def tool(self, name):
        return os.path.join(self.tools, name)

    def begin_tool(self, name, server, *words):
        """Started, and past its own beginning."""
        tool = subprocess.Popen([self.tool(name), str(server.port), *map(str, words)],
                                stdout=subprocess.PIPE, text=True)
        if tool.stdout.readline() != "open\n":
            raise SystemExit(f"bench: {name} has failed at {server.name} ({server.log})")
        return tool

    @staticmethod
    def end_tool(tool):
        """Its figures by their names."""
        told = tool.stdout.read()
        if tool.wait() != 0:
            raise SystemExit("bench: a load has failed")
        return {name: float(value) for name, _, value in
                (word.partition("=") for word in told.split())}

    def body_file(self, name, body):
        path = os.path.join(self.folder, f"{name}.body")
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write(body)
        return path

    # ---- the table ----

    def row(self, what, nginx, bourse, result, bar, holds):
        verdict = "" if not bar else "kept" if holds else "**missed**"
        self.rows.append((what, nginx, bourse, result, bar, verdict))
        self.missed += bool(bar) and not holds
        print(f"  {what}: {result} {bar} {verdict}", file=sys.stderr)

    def note(self, title, lines):
        """A small table of its own, behind the large one."""
        self.notes.append((title, lines))

    def most(self, what, value, most, unit, nginx="", bourse=""):
        """A row whose bar is a number of its own."""
        self.row(what, nginx, bourse, f"{value:.4g} {unit}", f"≤ {most:g} {unit}", value <= most)

    # ---- CPU per request ----

    def chat(self, name, bytes_wanted, connections, route="auto"):
        return load.Load(self.folder, name, "/v1/chat/completions",
                         load.chat_body(route, bytes_wanted), connections)

    def cpu_ratio(self, what, nginx_load, bourse_load, bar, per=1, unit="µs"):
        """The median over pairs of CPU per request, the two sides in turns."""
        sides = (nginx_load, self.proxy), (bourse_load, self.bourse)
        first, second, ratio = self.cpu_pairs(sides, per)
        self.row(what, f"{first:.2f} {unit}", f"{second:.2f} {unit}", f"{ratio:.2f}",
                 f"≤ {bar}" if bar else "", not bar or ratio <= bar)

    def cpu_pairs(self, sides, per=1):
        """Of two loads and their servers: both costs in microseconds, and their ratio."""
        costs = []
        for side_load, server in sides:
            side_load.run(server, 1)
        for _ in range(self.pairs):
            costs.append([])
            for side_load, server in sides:
                ran = side_load.run(server, self.seconds)
                costs[-1].append(ran.cpu_seconds / ran.requests / per * 1e6)
        first, second = (statistics.median(side) for side in zip(*costs))
        return first, second, statistics.median(two / one for one, two in costs)
