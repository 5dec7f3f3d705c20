"""test_anthropic_models.py - the list of models as Anthropic's official SDK reads it."""
import datetime

import anthropic
import pytest


KEYS = "auth: keys\nkeys:\n  me: {hash: \"sha256:" \
       "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"}\n"
NAMES = ["auto", "a/0", "a/1", "a/2", "a/3"]


def configuration(url, keys=""):
    lines = [keys + "workers: 1", "providers:",
             f"  p: {{base_url: '{url}', api_key: env:CANARY_KEY}}", "models:"]
    lines += [f"  {name}: {{provider: p, upstream_model: up, context_window: 1000}}"
              for name in NAMES[1:]]
    return "\n".join([*lines, "routes:", "  auto: {candidates: [a/0]}"]) + "\n"


@pytest.fixture
def daemon(serve, provider):
    return serve(configuration(provider.url))


def client(daemon, key="x"):
    return anthropic.Anthropic(base_url=f"http://127.0.0.1:{daemon.port}", api_key=key,
                               max_retries=0)


def ids(page):
    return [model.id for model in page.data]


def test_the_sdk_lists_all_models_page_by_page(daemon):
    assert [model.id for model in client(daemon).models.list()] == NAMES
    assert [model.id for model in client(daemon).models.list(limit=2)] == NAMES


def test_a_page_says_where_it_stands(daemon):
    models = client(daemon).models
    first = models.list(limit=2)
    assert ids(first) == NAMES[:2] and first.has_more
    assert (first.first_id, first.last_id) == ("auto", "a/0")
    last = models.list(limit=3, after_id="a/0")
    assert ids(last) == NAMES[2:] and not last.has_more
    before = models.list(limit=2, before_id="a/2")
    assert ids(before) == ["a/0", "a/1"] and before.has_more
    assert ids(models.list(limit=9, before_id="a/0")) == ["auto"]
    nowhere = models.list(after_id="no-such")
    assert ids(nowhere) == [] and not nowhere.has_more and nowhere.last_id is None


def test_a_model_is_retrieved_by_its_name(daemon):
    model = client(daemon).models.retrieve("a/1")
    assert (model.type, model.id, model.display_name) == ("model", "a/1", "a/1")
    assert model.created_at.tzinfo == datetime.timezone.utc and model.max_input_tokens == 1000


def test_failures_have_anthropics_shape(serve, provider, daemon):
    with pytest.raises(anthropic.NotFoundError) as raised:
        client(daemon).models.retrieve("no-such")
    assert raised.value.body["error"]["type"] == "not_found_error"
    for limit in ("0", "1001", "-1", "many"):
        refused = daemon.ask("GET", f"/v1/models?limit={limit}",
                             headers={"anthropic-version": "2023-06-01"})
        assert refused.status == 400 and refused.json()["type"] == "error"
        assert refused.json()["error"]["type"] == "invalid_request_error"
    with pytest.raises(anthropic.AuthenticationError) as raised:
        client(serve(configuration(provider.url, KEYS)), "wrong").models.list()
    assert raised.value.body["error"]["type"] == "authentication_error"


def test_who_does_not_name_anthropics_version_reads_openais_list(daemon):
    listed = daemon.ask("GET", "/v1/models?limit=1").json()
    assert listed["object"] == "list" and [model["id"] for model in listed["data"]] == NAMES
    assert daemon.ask("GET", "/v1/models/a/1").json()["object"] == "model"
    assert daemon.ask("GET", "/v1/models/x").json()["error"]["code"] == "model_not_found"
