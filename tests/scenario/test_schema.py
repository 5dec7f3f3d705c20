"""The JSON Schema that editors go by says the same of a file's shape as `bourse check`."""
import glob
import json
import os
import re
import subprocess

import jsonschema
import pytest
import yaml

from harness.daemon import BOURSE

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
EXAMPLES = sorted([os.path.join(ROOT, "config/bourse.yaml"),
                   *glob.glob(os.path.join(ROOT, "config/examples/*.yaml"))])
GOOD = """
listen: 127.0.0.1:0
providers: {p: {dialect: openai, base_url: 'http://127.0.0.1:1/v1', idle_timeout: 30s}}
models: {a: {provider: p, price: {input: 1, output: 2}, quality: {default: 0.9, coding: 0.5}}}
routes:
  auto:
    candidates: [a]
    objective: {answer_value: 0.01}
    rules: [{name: code, when: {task: [coding], tokens_in: '> 10'}, prefer: {a: 0.1}}]
"""
# What is changed in the good file so that neither accepts it.
SPOILT = [
    ("idle_timeout", "idle_timeoutt"),
    ("dialect: openai", "dialect: opnai"),
    ("price: {input: 1,", "price: {input: cheap,"),
    ("candidates: [a]", "candidates: {a: 1}"),
    ("rules: [", "rule: ["),
    ("task: [coding]", "tusk: [coding]"),
    ("listen: 127.0.0.1:0", "listen: {port: 0}"),
]


@pytest.fixture(scope="module")
def schema():
    told = subprocess.run([BOURSE, "reference", "schema"], capture_output=True, text=True,
                          check=True)
    document = json.loads(told.stdout)
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def checked(tmp_path, text):
    path = tmp_path / "bourse.yaml"
    path.write_text(text)
    return subprocess.run([BOURSE, "check", "-c", str(path)], capture_output=True, text=True,
                          check=False).returncode


@pytest.mark.parametrize("path", EXAMPLES, ids=os.path.basename)
def test_every_example_that_ships_is_valid(schema, path):
    with open(path, encoding="utf-8") as file:
        assert not list(schema.iter_errors(yaml.safe_load(file)))


def test_the_configuration_in_the_readme_is_valid(schema):
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        blocks = re.findall(r"```yaml\n(.*?)```", file.read(), re.S)
    assert any("routes:" in block for block in blocks)
    for block in blocks:
        assert not list(schema.iter_errors(yaml.safe_load(block)))


def test_what_check_accepts_the_schema_accepts(schema, tmp_path):
    assert checked(tmp_path, GOOD) == 0
    assert not list(schema.iter_errors(yaml.safe_load(GOOD)))


@pytest.mark.parametrize("good, spoilt", SPOILT, ids=[spoilt for _, spoilt in SPOILT])
def test_what_the_schema_refuses_check_refuses(schema, tmp_path, good, spoilt):
    assert good in GOOD
    text = GOOD.replace(good, spoilt)
    assert list(schema.iter_errors(yaml.safe_load(text)))
    assert checked(tmp_path, text) != 0
