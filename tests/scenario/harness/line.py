"""line.py - a daemon and those who take its place, one after the other."""
import contextlib
import ctypes
import os
import re
import signal
import time

from harness.daemon import PATIENCE

SET_CHILD_SUBREAPER = 36  # <sys/prctl.h>


def adopt_successors():
    """Whoever starts in a daemon's place is a child of ours in the end."""
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Line:
    """A daemon and its successors: the oldest first."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.pids = [daemon.process.pid]

    @property
    def newest(self):
        return self.pids[-1]

    def upgrade(self):
        os.kill(self.newest, signal.SIGUSR2)
        self.pids.append(self.wait_for_successor())
        return self.newest

    def wait_for_successor(self, within=10.0):
        until = time.monotonic() + within * PATIENCE
        while time.monotonic() < until:
            found = re.findall(r"process (\d+) serves; this one", self.daemon.log())
            if len(found) == len(self.pids):
                return int(found[-1])
            time.sleep(0.005)
        raise AssertionError(self.daemon.log()[-2000:])

    def wait_for_end(self, pid, within=20.0):
        """Its exit code."""
        if pid == self.daemon.process.pid:
            return self.daemon.wait(within)
        until = time.monotonic() + within * PATIENCE
        while time.monotonic() < until:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                self.pids.remove(pid)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        raise AssertionError(f"{pid} does not end: {self.daemon.log()[-2000:]}")

    def stop(self):
        for pid in self.pids[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
                time.sleep(0.02)
                os.kill(pid, signal.SIGTERM)
        codes = [self.wait_for_end(pid) for pid in self.pids[1:]]
        assert set(codes) <= {0}, codes
