"""When descriptors run out: clients are told, the loop does not spin, and it recovers."""
import os
import resource
import time

from harness.daemon import PATIENCE, parse, read_all


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limit_descriptors(bourse, more):
    """To as many as are open now, and `more`."""
    pid = bourse.process.pid
    used = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd")) + 1
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(3, used + more), hard))


def lift_limit(bourse):
    _, hard = resource.prlimit(bourse.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(bourse.process.pid, resource.RLIMIT_NOFILE, (hard, hard))


def assert_idle(bourse):
    before = cpu_seconds(bourse.process.pid)
    time.sleep(0.5)
    assert cpu_seconds(bourse.process.pid) - before < 0.2 * PATIENCE


def test_clients_beyond_the_last_descriptor_are_told_to_come_back(bourse):
    assert bourse.chat().status == 200
    limit_descriptors(bourse, 4)
    clients = [bourse.connect() for _ in range(20)]
    told = []
    for client in clients:
        client.settimeout(0.3 * PATIENCE)
        try:
            told.append(parse(read_all(client, 0.3)))
        except TimeoutError:
            pass  # one of the few that were let in
    assert len(told) >= 10
    for reply in told:
        assert reply.status == 503 and reply.headers["retry-after"] == "1"
        assert reply.error()["code"] == "overloaded"
    assert_idle(bourse)
    for client in clients:
        client.close()
    lift_limit(bourse)
    assert bourse.chat().status == 200
    assert bourse.metric("bourse_connections_refused_total") == len(told)


def test_without_any_descriptor_clients_wait_until_there_are_some_again(bourse):
    assert bourse.chat().status == 200
    limit_descriptors(bourse, -10000)
    client = bourse.open_chat()
    bourse.wait_for_log("no descriptors left")
    assert_idle(bourse)
    lift_limit(bourse)
    client.settimeout(5 * PATIENCE)
    assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    client.close()
