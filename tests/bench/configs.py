"""configs.py - the configurations that are measured, without their ports."""
import os

# Three rules that are looked at and do not match, three candidates that are scored.
MIXED = """
workers: {workers}
providers:
  nginx: {{dialect: openai, base_url: "http://127.0.0.1:{provider}/v1", api_key: not-a-secret, max_inflight: 100000}}
  foreign: {{dialect: anthropic, base_url: "http://127.0.0.1:{provider}/v1", api_key: not-a-secret, max_inflight: 100000}}
  streamed: {{dialect: openai, base_url: "http://127.0.0.1:{provider}/stream/v1", api_key: not-a-secret, max_inflight: 100000}}
  paced: {{dialect: openai, base_url: "http://127.0.0.1:{paced}/v1", api_key: not-a-secret, max_inflight: 100000}}
  silent: {{dialect: openai, base_url: "http://127.0.0.1:{silent}/v1", api_key: not-a-secret, max_inflight: 100000}}
models:
  small: {{provider: nginx, price: {{input: 0.15, output: 0.60}}, context_window: 2000000, quality: {{default: 0.70, coding: 0.60}}}}
  medium: {{provider: nginx, price: {{input: 0.80, output: 4.00}}, context_window: 2000000, quality: {{default: 0.75, coding: 0.72}}}}
  large: {{provider: nginx, price: {{input: 2.50, output: 10.00}}, context_window: 2000000, quality: {{default: 0.80, coding: 0.85}}}}
  foreign-small: {{provider: foreign, price: {{input: 0.15, output: 0.60}}, context_window: 2000000, quality: {{default: 0.70, coding: 0.60}}}}
  foreign-medium: {{provider: foreign, price: {{input: 0.80, output: 4.00}}, context_window: 2000000, quality: {{default: 0.75, coding: 0.72}}}}
  foreign-large: {{provider: foreign, price: {{input: 2.50, output: 10.00}}, context_window: 2000000, quality: {{default: 0.80, coding: 0.85}}}}
  streamed-small: {{provider: streamed, price: {{input: 0.15, output: 0.60}}, context_window: 2000000, quality: {{default: 0.70}}}}
  streamed-medium: {{provider: streamed, price: {{input: 0.80, output: 4.00}}, context_window: 2000000, quality: {{default: 0.75}}}}
  streamed-large: {{provider: streamed, price: {{input: 2.50, output: 10.00}}, context_window: 2000000, quality: {{default: 0.80}}}}
  paced-small: {{provider: paced, price: {{input: 0.15, output: 0.60}}, context_window: 2000000, quality: {{default: 0.70}}}}
  paced-medium: {{provider: paced, price: {{input: 0.80, output: 4.00}}, context_window: 2000000, quality: {{default: 0.75}}}}
  paced-large: {{provider: paced, price: {{input: 2.50, output: 10.00}}, context_window: 2000000, quality: {{default: 0.80}}}}
  quiet: {{provider: silent, price: {{input: 1, output: 1}}, context_window: 2000000, quality: {{default: 0.5}}}}
routes:
  auto:
    candidates: [small, medium, large]
    objective: balanced
    rules: &rules
      - {{name: internal, when: {{metadata: {{classification: internal}}}}, exclude: [quiet]}}
      - {{name: hard code, when: {{task: [coding], tokens_in: ">= 2000"}}, stop: true}}
      - {{name: very long, when: {{tokens_in: "> 1500000"}}, stop: true}}
  foreign:
    candidates: [foreign-small, foreign-medium, foreign-large]
    objective: balanced
    rules: *rules
  streamed:
    candidates: [streamed-small, streamed-medium, streamed-large]
    objective: balanced
    rules: *rules
  paced:
    candidates: [paced-small, paced-medium, paced-large]
    objective: balanced
    rules: *rules
  quiet:
    candidates: [quiet]
auth: none
"""


def mixed(**values):
    """Providers that answer in different ways, three candidates for each."""
    return MIXED.format(**values)


STREAMS = """
workers: 1
limits: {{connections: 100000}}
providers:
  live: {{dialect: openai, base_url: "http://127.0.0.1:{provider}/v1", api_key: not-a-secret, max_inflight: 100000}}
models:
  live: {{provider: live, price: {{input: 1, output: 1}}, context_window: 2000000, quality: {{default: 0.5}}}}
routes:
  auto: {{candidates: [live]}}
auth: none
"""


def streams(**values):
    return STREAMS.format(**values)


# ---- 200 models and 50 routes ----

MODELS, ROUTES, PROVIDERS = 200, 50, 10

LARGE_ROUTE = """  route-{n}:
    candidates: [{candidates}]
    objective: balanced
    rules:
      - {{name: internal, when: {{metadata: {{classification: internal}}}}, exclude: [model-{n}]}}
      - {{name: hard code, when: {{task: [coding], tokens_in: ">= 2000"}}, prefer: {{model-{n}: 0.05}}}}
      - {{name: bills, when: {{text: "/invoice|receipt/i"}}, prefer: {{model-{n}: 0.1}}}}
      - {{name: very long, when: {{tokens_in: "> 1500000"}}, stop: true}}
"""


def large(provider, workers):
    lines = [f"workers: {workers}", "auth: none", "providers:"]
    for n in range(PROVIDERS):
        lines.append(f"  provider-{n}: {{dialect: openai, base_url: "
                     f"\"http://127.0.0.1:{provider}/v1\", api_key: not-a-secret, "
                     "max_inflight: 100000}")
    lines.append("models:")
    for n in range(MODELS):
        lines.append(f"  model-{n}: {{provider: provider-{n % PROVIDERS}, price: {{input: "
                     f"{0.1 + n / 50:.2f}, output: {0.4 + n / 10:.2f}}}, context_window: 200000, "
                     f"quality: {{default: {0.4 + n / 500:.3f}, coding: {0.3 + n / 400:.3f}}}}}")
    lines.append("routes:")
    return "\n".join(lines) + "\n" + "".join(
        LARGE_ROUTE.format(n=n, candidates=", ".join(f"model-{(n + 4 * i) % MODELS}"
                                                     for i in range(8))) for n in range(ROUTES))


def write(folder, name, text, port, admin=0):
    """Into a file, with these ports."""
    path = os.path.join(folder, f"{name}.yaml")
    with open(path, "w", encoding="utf-8") as conf:
        conf.write(f"listen: 127.0.0.1:{port}\n{text}")
        if admin:
            conf.write(f"admin: {{listen: \"127.0.0.1:{admin}\"}}\n")
    return path
