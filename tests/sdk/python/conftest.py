"""conftest.py - bourse in front of the mock and of the fake provider, and the official client to it."""
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import openai
import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/scenario"))

from harness.daemon import BOURSE, Daemon  # noqa: E402

KEY = "bk-of-the-sdk-tests"
BODY_MAX = 2 << 20

# Asked of the upstream under their own names; the mock knows what they mean.
MODELS = ["plain", "mock-429", "mock-500", "mock-500-once", "mock-429-once", "mock-context", "mock-cut",
          "mock-slow-50", "mock-slow-first-5000", "vendor/nested"]


def configuration(upstream):
    lines = ["workers: 1", "limits: {request_body: 2MiB}", "auth: keys", "keys:",
             f"  sdk: {{hash: \"sha256:{hashlib.sha256(KEY.encode()).hexdigest()}\"}}",
             "providers:", "  up:", "    dialect: openai", f"    base_url: {upstream}",
             f"  narrow: {{base_url: '{upstream}', endpoints: [chat]}}", "models:",
             "  chat-only: {provider: narrow, upstream_model: plain, context_window: 1000000}"]
    for name in MODELS:
        lines += [f"  {name}:", "    provider: up", "    price: {input: 1, output: 2}",
                  "    context_window: 1000000", "    max_output_tokens: 100000",
                  "    capabilities: [tools, vision, json_schema, parallel_tools, logprobs]"]
    lines += ["routes:", "  auto: {candidates: [plain]}",
              "  once: {candidates: [mock-429-once], attempts: 1}", "default_provider: up"]
    return "\n".join(lines) + "\n"


def start_upstream(name):
    """The process and its URL, which it prints first."""
    commands = {"mock": [BOURSE, "mock", "--port", "0"],
                "fake": [sys.executable, str(ROOT / "tests/tools/fake_provider.py")]}
    child = subprocess.Popen(commands[name], stdout=subprocess.PIPE, text=True)
    said = child.stdout.readline().strip()
    return child, said if said.startswith("http") else f"http://127.0.0.1:{said}/v1"


def serve_in_front_of(name, folder):
    child, upstream = start_upstream(name)
    try:
        daemon = Daemon(str(folder), configuration(upstream))
        try:
            yield f"http://127.0.0.1:{daemon.port}/v1"
        finally:
            daemon.stop()
    finally:
        child.terminate()
        child.wait(10)
        child.stdout.close()


@pytest.fixture(scope="session", params=["mock", "fake"])
def url(request, tmp_path_factory):
    """bourse's, or that of SDK_BASE_URL, to try the tests on another server."""
    if os.environ.get("SDK_BASE_URL"):
        yield os.environ["SDK_BASE_URL"]
    else:
        yield from serve_in_front_of(request.param, tmp_path_factory.mktemp("bourse"))


@pytest.fixture(scope="session")
def mock_url(tmp_path_factory):
    """bourse in front of the mock alone: for faults that only the mock knows."""
    if os.environ.get("SDK_BASE_URL"):
        yield os.environ["SDK_BASE_URL"]
    else:
        yield from serve_in_front_of("mock", tmp_path_factory.mktemp("bourse"))


def client_of(url, **options):
    return openai.OpenAI(base_url=url, api_key=KEY, **{"max_retries": 0, "timeout": 20, **options})


@pytest.fixture
def client(url):
    with client_of(url) as client:
        yield client


@pytest.fixture
def connect(mock_url):
    """connect(options) -> a client of bourse in front of the mock."""
    clients = []

    def open_client(**options):
        clients.append(client_of(mock_url, **options))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()
