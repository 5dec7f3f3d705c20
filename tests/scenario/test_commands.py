"""What is said on the command line, and the exit code that a script goes by."""
import hashlib
import json
import re
import subprocess

import pytest

from harness.daemon import BOURSE, configuration

GOOD = """
providers: {p: {dialect: openai, base_url: 'http://127.0.0.1:1/v1'}}
models:
  a: {provider: p, price: {input: 1, output: 1}, quality: {default: 0.9}}
  b: {provider: p, price: {input: 2, output: 2}, quality: {default: 0.5}}
routes:
  auto:
    candidates: [a, b]
    rules: [{name: stay home, when: {metadata: {secret: "yes"}}, deny: not outside}]
"""
HI = "messages: [{role: user, content: hi}]"
TESTS = f"""
tests:
  - {{name: the good one, request: {{model: auto, {HI}}}, expect: {{model: a, not: [b]}}}}
  - {{name: no secrets, request: {{model: auto, metadata: {{secret: "yes"}}, {HI}}}, expect: {{denied: really}}}}
"""
# What is changed in the good file, and what `check` says of it then.
WARNINGS = [
    (("price: {input: 2, output: 2}, ", ""), "models.b: has no price"),
    (("candidates: [a, b]", "candidates: [a]"), "routes.auto: the route has one candidate"),
    (("rules: [", "rules: [{name: end, stop: true}, "), 'rule "stay home" can never match'),
]
FAILING = [("model: a,", "model: b,", "expected b, but a answers"),
           ("not: [b]", "not: [a]", "a must not answer"),
           ('secret: "yes"', 'secret: "no"', "not denied")]


def run(*arguments, text=""):
    return subprocess.run([BOURSE, *arguments], input=text, capture_output=True, text=True,
                          check=False)


@pytest.fixture
def check(tmp_path):
    """check(text) has `bourse check` read it."""
    def of(text, *arguments):
        path = tmp_path / "bourse.yaml"
        path.write_text(text)
        return run("check", "-c", str(path), *arguments)
    return of


def test_a_good_file_passes_with_its_tests(check):
    done = check(GOOD + TESTS)
    assert done.returncode == 0, done.stdout
    assert "2 tests passed, 0 warnings" in done.stdout


@pytest.mark.parametrize("change, said", WARNINGS, ids=[row[1] for row in WARNINGS])
def test_what_is_hardly_meant_is_a_warning_and_no_error(check, change, said):
    done = check(GOOD.replace(*change))
    assert done.returncode == 0
    assert re.search(rf"bourse.yaml:\d+:\d+: warning: .*{re.escape(said)}", done.stdout), done.stdout


@pytest.mark.parametrize("old, new, said", FAILING, ids=[row[2] for row in FAILING])
def test_a_test_of_the_file_that_fails_is_an_error_with_its_place(check, old, new, said):
    done = check(GOOD + TESTS.replace(old, new))
    assert done.returncode == 78
    assert re.search(rf"bourse.yaml:\d+:\d+: tests\[\d\]: .*fails: .*{re.escape(said)}", done.stdout)


def test_everything_wrong_is_told_at_once_as_text_and_as_json(check):
    text = GOOD.replace("provider: p, price: {input: 1", "provider: q, price: {imput: 1") + "rotues: 1\n"
    told = check(text).stdout
    listed = json.loads(check(text, "--json").stdout)
    errors = [problem for problem in listed if problem["kind"] == "error"]
    assert len(errors) == 3
    for problem in listed:
        place = f"{problem['file']}:{problem['line']}:{problem['column']}: "
        assert place in told and problem["what"] in told
    assert 'did you mean "input"' in told and 'did you mean "routes"' in told


def test_a_file_that_is_not_there_has_errors(tmp_path):
    done = run("check", "-c", str(tmp_path / "nothing.yaml"))
    assert done.returncode == 78 and "nothing.yaml" in done.stdout


@pytest.mark.parametrize("arguments, text, code", [
    (["explain", "-c", "FILE"], "{\"model\": \"auto\", \"messages\": []}", 0),
    (["explain", "-c", "FILE", "--route", "b"], "{\"messages\": []}", 0),
    (["explain", "-c", "FILE"], "{\"model\": \"nobody\", \"messages\": []}", 1),
    (["explain", "-c", "FILE"], "no JSON", 1),
    (["explain", "-c", "FILE", "/no/such/file"], "", 66),
    (["explain", "-c", "/no/such/file"], "{}", 78),
    (["explain", "--nonsense"], "", 64),
    (["check", "--nonsense"], "", 64),
    (["check", "FILE"], "", 64),
    (["serve", "FILE"], "", 64),
    (["reference", "nonsense"], "", 64),
    (["keys"], "", 64),
    (["keys", "new", "no good name"], "", 64),
    (["nonsense"], "", 64),
    ([], "", 64),
])
def test_an_exit_code_says_how_it_went(tmp_path, arguments, text, code):
    path = tmp_path / "bourse.yaml"
    path.write_text(GOOD)
    done = run(*[str(path) if word == "FILE" else word for word in arguments], text=text)
    assert done.returncode == code, done.stderr
    assert done.stdout if code == 0 else done.stderr


@pytest.mark.parametrize("command", ["serve", "check", "explain", "mock", "reference", "keys"])
def test_every_command_has_help_and_a_version(command):
    helped, version = run(command, "--help"), run(command, "--version")
    assert helped.returncode == 0 and f"usage: bourse {command}" in helped.stdout
    assert version.returncode == 0 and "libmicrohttpd" in version.stdout


def test_a_new_key_is_let_in_by_the_line_that_comes_with_it(serve, provider):
    done = run("keys", "new", "team")
    key = done.stdout.split("\n")[0]
    assert re.fullmatch(r"bk-[A-Za-z0-9_-]{43}", key)
    assert hashlib.sha256(key.encode()).hexdigest() in done.stdout
    bourse = serve(configuration(provider.url, extra=done.stdout[done.stdout.index("keys:"):]))
    assert bourse.chat(headers={"Authorization": f"Bearer {key}"}).status == 200
    assert bourse.chat(headers={"Authorization": f"Bearer {key}x"}).status == 401
