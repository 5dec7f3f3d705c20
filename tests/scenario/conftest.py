"""conftest.py - what every story starts with: a daemon, and providers that are ours."""
import pytest

from harness.daemon import Daemon, configuration
from harness.line import Line, adopt_successors
from harness.provider import Provider


@pytest.fixture
def provider():
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def second():
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def serve(tmp_path):
    """serve(configuration) starts a daemon that ends with the test."""
    started = []

    def start(config, **options):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Daemon(str(folder), config, **options))
        return started[-1]

    yield start
    for daemon in started:
        daemon.stop()


@pytest.fixture
def bourse(serve, provider):
    """A daemon with one route `auto` and one provider."""
    return serve(configuration(provider.url))


@pytest.fixture
def line():
    """line(daemon): whoever starts in its place ends with the test."""
    adopt_successors()
    lines = []

    def start(daemon):
        lines.append(Line(daemon))
        return lines[-1]

    yield start
    for each in lines:
        each.stop()
