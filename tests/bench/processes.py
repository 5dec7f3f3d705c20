"""processes.py - starting what is measured, and reading from /proc what it used."""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import configs

HERE = os.path.dirname(os.path.abspath(__file__))

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, what, patience):
    for _ in range(20 * patience):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise SystemExit(f"bench: {what} does not listen on port {port}")


class Server:
    """A process and those it started; what they used is counted together."""

    def __init__(self, name, command, port, log, patience=10):
        self.name, self.port, self.log = name, port, log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output,
                                            stdin=subprocess.DEVNULL)
        try:
            wait_for(port, self.process, name, patience)
        except SystemExit:
            self.stop()
            with open(log, encoding="utf-8", errors="replace") as said:
                print(said.read()[-2000:])
            raise

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def pids(self):
        """Its own, and those of whom it started, and they."""
        found = [self.process.pid]
        for pid in found:
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                        found += map(int, children.read().split())
        return found

    def cpu_seconds(self):
        """User and system time: to the nanosecond where the kernel tells, else in ticks."""
        total = 0.0
        for pid in self.pids():
            threads = os.listdir(f"/proc/{pid}/task")
            try:
                for thread in threads:
                    with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as stat:
                        total += int(stat.read().split()[0]) / 1e9
            except OSError:
                with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                    fields = stat.read().rpartition(")")[2].split()
                total += (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
        return total

    def memory_mib(self, *kinds):
        """What /proc calls by these names, of all of them together."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                total += sum(int(line.split()[1]) for line in status
                             if line.split(":")[0] in kinds)
        return total / 1024

    def resident_mib(self):
        return self.memory_mib("VmRSS")

    def own_mib(self):
        """Without the pages of libraries, which all processes share."""
        return self.memory_mib("RssAnon", "RssShmem")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


COMMON = """
daemon off; worker_processes 1; pid {folder}/{name}.pid; {user}
error_log {folder}/{name}-error.log crit;
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/{name}-access.log;
    client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-f; uwsgi_temp_path {folder}/{name}-u;
    scgi_temp_path {folder}/{name}-s;
    keepalive_requests 100000000; client_max_body_size 0; client_body_buffer_size 2m;
    tcp_nodelay on;
"""

# A static file is not served to a POST, hence the detour over 405; SSI makes its length unknown,
# so that it comes in chunks as a provider's stream does.
PROVIDER = COMMON + """
    access_log off;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ default_type application/json; return 200 '{reply}'; }}
        location = /v1/messages {{ default_type application/json; return 200 '{message}'; }}
        location /stream/ {{ error_page 405 =200 /events.sse; return 405; }}
        location = /events.sse {{
            internal; root {folder}; types {{ }} default_type text/event-stream;
            ssi on; ssi_types text/event-stream;
        }}
    }}
}}
"""

PROXY = COMMON + """
    upstream provider {{ server 127.0.0.1:{provider}; keepalive 1024; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        proxy_http_version 1.1; proxy_set_header Connection "";
        location / {{ proxy_pass http://provider; }}
        location /stream/ {{ proxy_pass http://provider; proxy_buffering off; }}
        location /live/ {{ proxy_pass http://provider; proxy_buffering off; }}
        location /paced/ {{ proxy_pass http://127.0.0.1:{paced}/; proxy_buffering off; }}
    }}
}}
"""


def nginx(name, template, folder, **values):
    port = free_port()
    path = os.path.join(folder, f"{name}.conf")
    user = "user root;" if os.geteuid() == 0 else ""
    with open(path, "w", encoding="utf-8") as conf:
        conf.write(template.format(folder=folder, name=name, port=port, user=user, **values))
    return Server(name, ["nginx", "-p", folder, "-c", path], port,
                  os.path.join(folder, f"{name}.out"))


def paced(folder):
    port = free_port()
    return Server("paced", [sys.executable, os.path.join(HERE, "paced.py"), str(port)], port,
                  os.path.join(folder, "paced.log"))


def bourse(binary, folder, text):
    """A configuration of configs.py, at ports of its own."""
    port = free_port()
    path = configs.write(folder, f"bourse-{port}", text, port, free_port())
    return Server("bourse", [binary, "serve", "-c", path], port,
                  os.path.join(folder, f"bourse-{port}.log"))
