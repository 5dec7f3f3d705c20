"""Where a client's request is read: a small room for most of them, and a move to a larger one."""
import json
import threading
import time

import pytest

from harness import anthropic
from harness.daemon import PATIENCE, head, read_until

CHAT = "/v1/chat/completions"


def chat(content="hi", **members):
    return json.dumps({"model": "auto", "messages": [{"role": "user", "content": content}],
                       **members}).encode()


def request(body, padding=0, lines=0):
    """With a head that is so much longer than it has to be."""
    fields = {"Content-Length": len(body)}
    if padding:
        fields["X-Padding"] = "p" * padding
    fields.update((f"X-{number}", "1") for number in range(lines))
    return head("POST", CHAT, fields) + body


def chunked(body):
    return (head("POST", CHAT, {"Transfer-Encoding": "chunked"}) +
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))


def answer_to(client, data):
    client.sendall(data)
    top = read_until(client, b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 200 "), top
    top, _, body = top.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in top.split(b"\r\n")
                  if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += client.recv(65536)
    return body


SMALL = request(chat())
LARGER = {
    "a head of nearly 8 KB": request(chat(), padding=7800),
    "a head of 80 lines": request(chat(), lines=80),
    "a body of 300 KB": request(chat("w" * 300_000)),
    "a body in chunks": chunked(chat("w" * 30_000)),
}


@pytest.mark.parametrize("larger", LARGER.values(), ids=LARGER.keys())
def test_a_connection_carries_small_and_large_requests_in_any_order(bourse, provider, larger):
    with bourse.connect() as client:
        for data in (SMALL, larger, SMALL, SMALL, larger, SMALL):
            assert json.loads(answer_to(client, data))["choices"]
    assert [len(seen.body) > 1000 for seen in provider.seen] == [len(data) > 9000 for data in (
        SMALL, larger, SMALL, SMALL, larger, SMALL)]


def wait_for_sockets(bourse, count):
    until = time.monotonic() + 3 * PATIENCE
    while bourse.sockets() != count and time.monotonic() < until:
        time.sleep(0.02)
    assert bourse.sockets() == count


def test_the_sockets_of_a_client_that_moved_are_closed_with_it(bourse):
    with bourse.connect() as client:
        answer_to(client, SMALL)
    wait_for_sockets(bourse, bourse.sockets())
    time.sleep(0.2)
    before = bourse.sockets()
    for _ in range(20):
        with bourse.connect() as client:
            answer_to(client, SMALL)
            answer_to(client, LARGER["a head of nearly 8 KB"])
            assert bourse.sockets() == before + 2
        wait_for_sockets(bourse, before)


def test_a_client_that_moved_and_leaves_in_the_middle_of_a_stream_is_noticed(bourse, provider):
    left = threading.Event()

    def begin(reply):
        reply.begin_stream()
        reply.say("on and on")
        reply.wait_until_left()
        left.set()

    with bourse.connect() as client:
        answer_to(client, SMALL)
        provider.behaviour = begin
        client.sendall(request(chat(stream=True), padding=7000))
        read_until(client, b"on and on")
    assert left.wait(3 * PATIENCE)
    assert "client_gone=true" in bourse.exchanges(2)[-1]


def test_a_moved_client_that_says_nonsense_is_refused_once(bourse):
    with bourse.connect() as client:
        answer_to(client, SMALL)
        answer_to(client, LARGER["a head of 80 lines"])
        client.sendall(b"nonsense\r\n\r\n")
        data = b""
        while piece := client.recv(65536):
            data += piece
    assert data.count(b"HTTP/1.1 ") == 1 and data.startswith(b"HTTP/1.1 4")


def test_long_headers_of_a_provider_leave_room_for_the_answer(bourse, provider):
    def verbose(reply):
        reply.whole({"choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}}]},
                    headers={"openai-remark": "o" * 20_000, "openai-processing-ms": "7",
                             **{f"x-ratelimit-{number}": "r" * 180 for number in range(20)},
                             "openai-version": "2020-10-01"})

    provider.behaviour = verbose
    for data in (SMALL, LARGER["a head of nearly 8 KB"]):
        with bourse.connect() as client:
            assert json.loads(answer_to(client, data))["choices"]
    reply = bourse.chat()
    assert reply.headers["openai-processing-ms"] == "7"
    assert reply.headers["openai-version"] == "2020-10-01"
    assert "openai-remark" not in reply.headers


NAMES = {f"{'n' * 90}{number}": 1 for number in range(12)}
RULES = ", ".join(f"{{name: {'r' * 90}{number}, when: {{tokens_in: '>= 0'}}}}" for number in range(6))


@pytest.mark.parametrize("lines", [0, 20, 80])
def test_the_longest_head_of_an_answer_has_room_beside_a_request_of_any_length(serve, provider, lines):
    """Lost members, rules and a provider's header lines all at once, in both sizes of seats."""
    def verbose(reply):
        reply.whole(anthropic.message(anthropic.text("hello")),
                    headers={f"x-ratelimit-{number}": "r" * 80 for number in range(40)})

    provider.behaviour = verbose
    bourse = serve("workers: 1\nproviders:\n"
                   f"  claude: {{dialect: anthropic, base_url: '{provider.url}', api_key: env:CANARY_KEY}}\n"
                   "models:\n  m: {provider: claude, price: {input: 3, output: 15}, context_window: 200000}\n"
                   f"routes:\n  auto: {{candidates: [m], rules: [{RULES}]}}\n")
    for padding in range(0, 7900 - 9 * lines, 128):
        with bourse.connect() as client:
            client.sendall(request(chat(**NAMES), padding, lines))
            top = read_until(client, b"\r\n\r\n")
            assert top.startswith(b"HTTP/1.1 200 ")
            assert len(top) > 3000 and b"x-bourse-lossy: nnn" in top and b"x-bourse-rule: rrr" in top
            assert b"x-ratelimit-0: rrr" in top
