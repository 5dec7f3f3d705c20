// servers.js - bourse in front of the mock or of the fake provider, for the length of a suite.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const BOURSE = process.env.BOURSE ?? join(ROOT, 'build/release/bourse');
const START_MS = 20000;

export const KEY = 'bk-of-the-sdk-tests';
export const BODY_MAX = 2 << 20;

// Asked of the upstream under their own names; the mock knows what they mean.
const MODELS = ['plain', 'mock-429', 'mock-500', 'mock-500-once', 'mock-context', 'mock-cut',
  'mock-slow-50', 'mock-slow-first-5000', 'vendor/nested'];

const UPSTREAMS = {
  mock: [BOURSE, ['mock', '--port', '0']],
  fake: ['python3', [join(ROOT, 'tests/tools/fake_provider.py')]],
};

function configuration(upstream, port, adminPort) {
  const hash = createHash('sha256').update(KEY).digest('hex');
  const models = MODELS.map((name) => `  ${name}:
    provider: up
    price: {input: 1, output: 2}
    context_window: 1000000
    max_output_tokens: 100000
    capabilities: [tools, vision, json_schema, parallel_tools, logprobs]`);
  return `listen: 127.0.0.1:${port}
admin: {listen: 127.0.0.1:${adminPort}}
workers: 1
limits: {request_body: 2MiB}
auth: keys
keys:
  sdk: {hash: "sha256:${hash}"}
providers:
  up:
    dialect: openai
    base_url: ${upstream}
  narrow:
    dialect: openai
    base_url: ${upstream}
    endpoints: [chat]
models:
${models.join('\n')}
  chat-only:
    provider: narrow
    upstream_model: plain
    context_window: 1000000
routes:
  auto: {candidates: [plain]}
`;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => probe.once('listening', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await gone;
}

async function startUpstream(name) {
  const [command, options] = UPSTREAMS[name];
  const child = spawn(command, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await new Promise((done, failed) => {
    createInterface(child.stdout).once('line', done);
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`${name} ended with ${code}`)));
  });
  return { child, url: said.startsWith('http') ? said : `http://127.0.0.1:${said}/v1` };
}

async function waitUntilReady(child, url) {
  const until = Date.now() + START_MS;
  while (Date.now() < until && child.exitCode === null) {
    const reply = await fetch(url).catch(() => null);
    if (reply?.ok) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('bourse was not ready in time');
}

/** { url, stop } of bourse in front of the named upstream; of SDK_BASE_URL where that is set. */
export async function serve(name) {
  if (process.env.SDK_BASE_URL) return { url: process.env.SDK_BASE_URL, stop: async () => {} };
  const upstream = await startUpstream(name);
  const [port, adminPort] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'bourse-sdk-'));
  const file = join(folder, 'bourse.yaml');
  writeFileSync(file, configuration(upstream.url, port, adminPort));
  const child = spawn(BOURSE, ['serve', '-c', file], { stdio: ['ignore', 'inherit', 'pipe'] });
  const said = [];
  createInterface(child.stderr).on('line', (line) => said.push(line));
  const stopAll = async () => {
    await stop(child);
    await stop(upstream.child);
    rmSync(folder, { recursive: true });
  };
  try {
    await waitUntilReady(child, `http://127.0.0.1:${adminPort}/readyz`);
  } catch (error) {
    await stopAll();
    throw new Error(`${error.message}:\n${said.join('\n')}`);
  }
  return { url: `http://127.0.0.1:${port}/v1`, stop: stopAll };
}
