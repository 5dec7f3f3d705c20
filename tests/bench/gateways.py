"""gateways.py - other gateways: how each is started, and what must be asked of it.

A row is what has to be known of one: its name, the command (which must be on the PATH, or be named
by the variable), its configuration, and the headers and the model of a request. In them stand
{port}, {provider} (the port of the provider), {folder} and {conf} (the file of the configuration).
"""
import os
import secrets
import shutil
import typing


class Gateway(typing.NamedTuple):
    name: str
    variable: str  # of the environment: the program, where it is not on the PATH
    program: str
    options: list
    conf: str = ""
    conf_name: str = "conf"
    headers: dict = {}
    model: str = "small"


# LiteLLM does not start without one that is hard to guess.
MASTER_KEY = "sk-" + secrets.token_hex(32)

LITELLM = """
model_list:
  - model_name: small
    litellm_params:
      model: openai/small
      api_base: http://127.0.0.1:{provider}/v1
      api_key: not-a-secret
litellm_settings: {{telemetry: false}}
general_settings: {{master_key: MASTER_KEY}}
""".replace("MASTER_KEY", MASTER_KEY)

BIFROST = """
{{"providers": {{"openai": {{
    "keys": [{{"name": "bench", "value": "not-a-secret", "models": ["*"], "weight": 1}}],
    "network_config": {{"base_url": "http://127.0.0.1:{provider}"}}}}}}}}
"""

GATEWAYS = [
    Gateway("LiteLLM", "LITELLM",
            "litellm", ["--host", "127.0.0.1", "--port", "{port}", "--num_workers", "1",
                        "--config", "{conf}"],
            LITELLM, "litellm.yaml", {"Authorization": f"Bearer {MASTER_KEY}"}),
    Gateway("Portkey", "PORTKEY",
            "npx --no-install @portkey-ai/gateway", ["--port={port}", "--headless"],
            headers={"x-portkey-provider": "openai", "Authorization": "Bearer not-a-secret",
                     "x-portkey-custom-host": "http://127.0.0.1:{provider}/v1"}),
    Gateway("Bifrost", "BIFROST",
            "bifrost-http", ["-host", "127.0.0.1", "-port", "{port}", "-app-dir", "{folder}"],
            BIFROST, "config.json", model="openai/small"),
]


def command_of(gateway):
    """None where it is not on this machine."""
    program = os.environ.get(gateway.variable, gateway.program).split()
    return [*program, *gateway.options] if shutil.which(program[0]) else None
