"""mock.py - `bourse mock` as the provider: a process of its own, fast and faulty on demand."""
import signal
import subprocess

from harness.daemon import BOURSE, PATIENCE


class Mock:
    def __init__(self, before_start=None):
        self.process = subprocess.Popen([BOURSE, "mock", "--port", "0"], stdout=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True, preexec_fn=before_start)
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:"), self.url

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=10 * PATIENCE)
        self.process.stdout.close()
        assert code == 0
