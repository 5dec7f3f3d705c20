"""vertex.py - fakes of Google's cloud: the metadata server of one of its machines, which gives out
tokens that end, and Vertex, which knows them."""
import re
import time

from harness import gemini
from harness.provider import Provider

PROJECT = "/v1/projects/p-1/locations/europe-west4"
BASE = f"{PROJECT}/publishers/google"
TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"


class Metadata:
    """Gives a new token each time: `lives` seconds, or what `behaviour` answers instead."""

    def __init__(self):
        self.lives = 3600
        self.behaviour = None
        self.tokens = {}  # and when they end
        self.times = []
        self.server = Provider(self._answer)
        self.url = f"http://127.0.0.1:{self.server.port}{TOKEN_PATH}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()

    def _answer(self, reply):
        self.times.append(time.monotonic())
        if reply.seen.headers.get("metadata-flavor") != "Google":
            reply.whole("<html>missing header</html>", 403)
        elif reply.seen.path != TOKEN_PATH or reply.seen.method != "GET":
            reply.whole("not found", 404)
        elif self.behaviour:
            self.behaviour(reply)
        else:
            self.give(reply)

    def give(self, reply):
        token = f"ya29.canary-token-{len(self.tokens)}"
        self.tokens[token] = time.monotonic() + self.lives
        reply.whole({"access_token": token, "expires_in": self.lives, "token_type": "Bearer"},
                    headers={"Metadata-Flavor": "Google"})

    def knows(self, token):
        return self.tokens.get(token, 0) > time.monotonic()


class Vertex(gemini.Gemini):
    """Gemini at Vertex's addresses, for those whose token `knows` accepts."""
    path = re.compile(rf"^{re.escape(BASE)}/models/([^/:?]+):"
                      r"(generateContent|streamGenerateContent\?alt=sse|batchEmbedContents|predict)$")

    def __init__(self, knows, answer=None):
        super().__init__(answer)
        self.knows = knows
        self.used = []

    def check_embeddings(self, body, model):
        gemini.must(("gemini" in model) == ("requests" in body), "not a method of this model")
        if "requests" in body:
            for request in body["requests"]:
                gemini.members(request, "requests", {"content"}, {"embedContentConfig"})
                gemini.members(request["content"], "content", {"parts", "role"})
                gemini.members(request.get("embedContentConfig", {}), "", set(),
                               {"outputDimensionality", "taskType", "title"})
            return
        gemini.members(body, "", {"instances"}, {"parameters"})
        for instance in body["instances"]:
            gemini.members(instance, "instances", {"content"}, {"task_type", "title"})
            gemini.must(isinstance(instance["content"], str), "content")
        gemini.members(body.get("parameters", {}), "", set(), {"outputDimensionality"})

    def embeddings(self, body):
        if "requests" in body:
            return gemini.embeddings(body)
        return {"predictions": [{"embeddings": {
            "statistics": {"token_count": 3, "truncated": False},
            "values": [len(instance["content"]), -0.5]}} for instance in body["instances"]]}

    def check_credentials(self, seen):
        gemini.must("x-goog-api-key" not in seen.headers, "two kinds of credentials")
        kind, _, token = seen.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not self.knows(token):
            raise gemini.Unauthorized(f"Request had invalid authentication credentials: {token}")
        self.used.append(token)
