"""daemon.py - starts `bourse serve` as its users do, and speaks to it over real sockets."""
import contextlib
import fcntl
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
BOURSE = os.environ.get("BOURSE", os.path.join(ROOT, "build/release/bourse"))
SANITIZED = any(name in BOURSE for name in ("asan", "tsan"))
PATIENCE = 4.0 if SANITIZED else 1.0  # bounds of time are multiplied by this

CANARY_KEY = "sk-canary-5f1c77d0a9e2"


BLOCK = 1000  # ports


def own_ports():
    """Below the ports that the kernel gives to clients, from a block that this process has locked:
    suites that run at the same time do not take each other's."""
    for first in range(10000, 30000, BLOCK):
        lock = open(os.path.join(tempfile.gettempdir(), f"bourse-test-ports-{first}"), "w",
                    encoding="ascii")
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for i in itertools.count():
                yield first + i % BLOCK
        lock.close()
    raise AssertionError("there is no free block of ports")


PORTS = own_ports()


def free_port():
    """One that nobody listens on; not the same again before all others."""
    for port in itertools.islice(PORTS, BLOCK):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is no free port")


def configuration(*providers, routes="", extra="", provider_extra=""):
    """A model `m0`, `m1`, … for each URL, and one route `auto` that asks them in this order."""
    lines = ["workers: 1"] + ([extra.strip("\n")] if extra else []) + ["providers:"]
    for i, url in enumerate(providers):
        lines += [f"  p{i}:", "    dialect: openai", f"    base_url: {url}",
                  "    api_key: env:CANARY_KEY"]
        lines += [f"    {line.strip()}" for line in provider_extra.splitlines() if line.strip()]
    lines += ["models:"]
    for i in range(len(providers)):
        lines += [f"  m{i}:", f"    provider: p{i}", f"    upstream_model: up-{i}",
                  "    price: {input: 1, output: 2}", "    context_window: 100000000",
                  f"    quality: {{default: {0.9 - i / 10:.1f}}}"]
    names = ", ".join(f"m{i}" for i in range(len(providers)))
    lines += ["routes:", f"  auto: {{candidates: [{names}], objective: best}}", routes]
    return "\n".join(lines) + "\n"


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def error(self):
        """The error object, after checking the promise that all four keys are there."""
        error = self.json()["error"]
        assert {"message", "type", "param", "code"} <= set(error), error
        assert self.headers.get("content-type", "").startswith("application/json")
        return error


class Daemon:
    def __init__(self, folder, config, arguments=(), environment=None, wait=True,
                 before_start=None, program=BOURSE):
        self.port, self.admin_port = free_port(), free_port()
        self.config_path = os.path.join(folder, "bourse.yaml")
        self.log_path = os.path.join(folder, "log")
        self.environment = {**os.environ, "CANARY_KEY": CANARY_KEY, **(environment or {})}
        self.write(config)
        self.log_file = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [program, "serve", "-c", self.config_path, *arguments], env=self.environment,
            stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=self.log_file, cwd=folder,
            preexec_fn=before_start)
        if wait:
            self.wait_until_ready()

    def write(self, config):
        """The configuration file: where to listen, unless it says so itself, and then `config`."""
        where = "" if "listen:" in config else (f"listen: 127.0.0.1:{self.port}\n"
                                                f"admin: {{listen: 127.0.0.1:{self.admin_port}}}\n")
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(where + config)

    def wait_until_ready(self):
        until = time.monotonic() + 10 * PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            for port in (self.port, self.admin_port):
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                except OSError:
                    break
            else:
                return
            time.sleep(0.01)
        raise AssertionError(f"bourse does not listen: {self.log()}")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for_log(self, what, within=3.0):
        """The log, once it says so: its lines are written by a thread of their own."""
        until = time.monotonic() + within * PATIENCE
        while what not in self.log() and time.monotonic() < until:
            time.sleep(0.01)
        assert what in self.log()
        return self.log()

    def exchanges(self, count=1, within=3.0):
        """The log lines of exchanges, once there are so many."""
        until = time.monotonic() + within * PATIENCE
        while True:
            lines = [line for line in self.log().splitlines() if "event=exchange" in line]
            if len(lines) >= count or time.monotonic() > until:
                return lines
            time.sleep(0.01)

    def connect(self, admin=False, timeout=10.0):
        port = self.admin_port if admin else self.port
        return socket.create_connection(("127.0.0.1", port), timeout=timeout)

    def ask(self, method, path, body=None, headers=None, admin=False, timeout=10.0):
        port = self.admin_port if admin else self.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout * PATIENCE)
        headers = dict(headers or {})
        if body is not None:
            if not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return Response(reply.status, {name.lower(): value for name, value in
                                           reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def chat(self, content="hi", headers=None, path="/v1/chat/completions", **members):
        body = {"model": "auto", "messages": [{"role": "user", "content": content}], **members}
        return self.ask("POST", path, body, headers)

    def open_chat(self, path="/v1/chat/completions", **members):
        """Sends a chat and leaves the reading to the caller."""
        body = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "hi"}],
                           **members}).encode()
        connection = self.connect()
        connection.sendall(head("POST", path, {"Content-Length": len(body)}) + body)
        return connection

    def page(self, path, **options):
        return self.ask("GET", path, admin=True, **options)

    def metric(self, name):
        """The sum over all labels."""
        total = 0.0
        for line in self.page("/metrics").body.decode().splitlines():
            if line.startswith((name + " ", name + "{")):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def resident_mib(self, kind="VmRSS"):
        """All of it, or with RssAnon what is its own and no page of a library."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(kind)) / 1024

    def threads(self):
        """The ids of its threads, in the order in which they were started."""
        return sorted(map(int, os.listdir(f"/proc/{self.process.pid}/task")))

    def sockets(self):
        """How many it has open."""
        folder, count = f"/proc/{self.process.pid}/fd", 0
        for number in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(f"{folder}/{number}").startswith("socket:")
        return count

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, within=10.0):
        return self.process.wait(timeout=within * PATIENCE)

    def stop(self):
        """Ends it in order; one that does not end is a failure of its own."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            time.sleep(0.02)
            self.signal(signal.SIGTERM)  # the second one ends the draining
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.log_file.close()


def activated(listener, path, environment=None, log=None):
    """bourse as systemd starts it for a socket: as descriptor 3."""
    parent = ("import os, sys\n"
              "os.dup2(int(sys.argv[1]), 3)\n"
              "os.set_inheritable(3, True)\n"
              "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
              "if 'WATCHDOG_USEC' in os.environ: os.environ['WATCHDOG_PID'] = str(os.getpid())\n"
              "os.execv(sys.argv[2], sys.argv[2:])\n")
    return subprocess.Popen(
        [sys.executable, "-c", parent, str(listener.fileno()), BOURSE, "serve", "-c", str(path)],
        pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL,
        env={**os.environ, "CANARY_KEY": CANARY_KEY, **(environment or {})}, stderr=log or subprocess.DEVNULL)


def head(method, path, headers=None):
    """The bytes of a request's head."""
    lines = {"Host": "bourse.test", "Content-Type": "application/json", **(headers or {})}
    fields = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{fields}\r\n".encode()


def read_all(connection, timeout=5.0):
    """All bytes until the other side closes."""
    connection.settimeout(timeout * PATIENCE)
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def read_until(connection, what, timeout=5.0):
    """All bytes up to and with `what`."""
    connection.settimeout(timeout * PATIENCE)
    data = b""
    while what not in data:
        piece = connection.recv(65536)
        assert piece, f"closed before {what!r}: {data!r}"
        data += piece
    return data


def parse(raw):
    """A reply as it stood on the wire, of a connection that was closed after it."""
    top, _, body = raw.partition(b"\r\n\r\n")
    lines = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip()
               for name, _, value in (line.partition(":") for line in lines[1:])}
    return Response(int(lines[0].split(" ")[1]), headers, body)
