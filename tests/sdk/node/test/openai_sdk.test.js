// openai_sdk.test.js - what users of OpenAI's package for Node do, done to bourse.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { BODY_MAX, KEY, serve } from '../servers.js';

const SUITE_MS = 240000;
const messages = [{ role: 'user', content: 'hello' }];
const model = 'plain';
const skip = process.env.SDK_BASE_URL ? 'a promise of bourse alone' : false;
const tools = [{
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}];
const PIXEL = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42m'
  + 'NkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

async function all(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

for (const upstream of ['mock', 'fake']) {
  describe(`in front of the ${upstream}`, { timeout: SUITE_MS }, () => {
    let server;
    let client;
    const open = (options) => new OpenAI({
      baseURL: server.url, apiKey: KEY, maxRetries: 0, timeout: 20000, ...options,
    });
    before(async () => {
      server = await serve(upstream);
      client = open();
    });
    after(() => server?.stop());

    test('a chat is answered with usage', async () => {
      const answer = await client.chat.completions.create({ model, messages });
      assert.ok(answer.choices[0].message.content);
      assert.equal(answer.usage.total_tokens,
        answer.usage.prompt_tokens + answer.usage.completion_tokens);
    });

    test('a streamed chat says the same as the whole one', async () => {
      const whole = await client.chat.completions.create({ model, messages });
      const chunks = await all(await client.chat.completions.create({ model, messages, stream: true }));
      const text = chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('');
      assert.equal(text, whole.choices[0].message.content);
      assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
    });

    test('usage is streamed where it was asked for', async () => {
      const chunks = await all(await client.chat.completions.create({
        model, messages, stream: true, stream_options: { include_usage: true },
      }));
      assert.deepEqual(chunks.at(-1).choices, []);
      assert.ok(chunks.at(-1).usage.total_tokens > 0);
    });

    test('a tool is called, whole and in fragments', async () => {
      const asked = { model, messages, tools, tool_choice: 'required' };
      const whole = await client.chat.completions.create(asked);
      const stream = client.chat.completions.stream(asked);
      const told = await stream.finalChatCompletion();
      for (const answer of [whole, told]) {
        const call = answer.choices[0].message.tool_calls[0];
        assert.equal(call.function.name, 'get_weather');
        assert.ok('city' in JSON.parse(call.function.arguments));
      }
    });

    test('an image may be part of a message', async () => {
      const content = [{ type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: PIXEL } }];
      const answer = await client.chat.completions.create({
        model, messages: [{ role: 'user', content }],
      });
      assert.ok(answer.choices[0].message.content);
    });

    test('a structured answer is parsed', async () => {
      const Weather = z.object({ city: z.string(), degrees: z.number().int() });
      const answer = await client.chat.completions.parse({
        model, messages, response_format: zodResponseFormat(Weather, 'weather'),
      });
      assert.equal(typeof answer.choices[0].message.parsed.city, 'string');
    });

    test('several choices and the chances of tokens are told', async () => {
      const answer = await client.chat.completions.create({ model, messages, n: 2, logprobs: true });
      assert.deepEqual(answer.choices.map((choice) => choice.index), [0, 1]);
      assert.ok(answer.choices[1].logprobs.content[0].logprob < 0);
    });

    test('legacy completions are answered and streamed', async () => {
      const whole = await client.completions.create({ model, prompt: 'hello' });
      const chunks = await all(await client.completions.create({ model, prompt: 'hello', stream: true }));
      assert.equal(chunks.map((chunk) => chunk.choices[0].text).join(''), whole.choices[0].text);
    });

    test('embeddings are unit vectors in either encoding', async () => {
      for (const options of [{}, { encoding_format: 'float' }]) {
        const answer = await client.embeddings.create({ model, input: ['a', 'b'], ...options });
        const square = answer.data[1].embedding.reduce((sum, x) => sum + x * x, 0);
        assert.ok(Math.abs(square - 1) < 1e-4);
      }
    });

    test('a response is answered whole and as numbered events', async () => {
      const whole = await client.responses.create({ model, input: 'hello' });
      const events = await all(await client.responses.create({ model, input: 'hello', stream: true }));
      assert.equal(whole.status, 'completed');
      assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
      assert.equal(events.at(-1).type, 'response.completed');
    });

    test('models are listed and retrieved by names with slashes too', { skip }, async () => {
      const names = (await all(client.models.list())).map((item) => item.id);
      for (const name of ['plain', 'auto', 'vendor/nested']) {
        assert.ok(names.includes(name));
        assert.equal((await client.models.retrieve(name)).id, name);
      }
    });

    test('what is wrong with a request has its class', { skip }, async () => {
      const create = (options, from = client) => from.chat.completions.create(
        { model, messages, ...options });
      await assert.rejects(create({ messages: [] }), OpenAI.BadRequestError);
      await assert.rejects(create({ model: 'no-such-model' }), OpenAI.NotFoundError);
      await assert.rejects(create({}, open({ apiKey: 'bk-wrong' })), OpenAI.AuthenticationError);
      const large = [{ role: 'user', content: 'x'.repeat(BODY_MAX + 1) }];
      await assert.rejects(create({ messages: large }), { status: 413 });
    });

    if (upstream !== 'mock') return;

    test('a providers failure has its class', async () => {
      const create = (name) => client.chat.completions.create({ model: name, messages });
      await assert.rejects(create('mock-429'), OpenAI.RateLimitError);
      await assert.rejects(create('mock-500'), OpenAI.InternalServerError);
      await assert.rejects(create('mock-context'), { status: 400, code: 'context_length_exceeded' });
    });

    test('the clients own retries lead to an answer', async () => {
      const answer = await open({ maxRetries: 2 }).chat.completions.create(
        { model: 'mock-500-once', messages });
      assert.ok(answer.choices[0].message.content);
    });

    test('a stream may be left in the middle', async () => {
      const stream = await client.chat.completions.create(
        { model: 'mock-slow-50', messages, stream: true });
      let seen = 0;
      for await (const _ of stream) if (++seen === 3) break;
      assert.ok(stream.controller.signal.aborted);
      assert.ok((await client.chat.completions.create({ model, messages })).id);
    });

    test('a client that waits no longer has a timeout', async () => {
      const asked = { model: 'mock-slow-first-5000', messages };
      const impatient = open({ timeout: 300 });
      for (const stream of [false, true]) {
        await assert.rejects(impatient.chat.completions.create({ ...asked, stream }),
          OpenAI.APIConnectionTimeoutError);
      }
    });

    test('a stream that is cut is not taken for complete', async () => {
      const stream = await client.chat.completions.create(
        { model: 'mock-cut', messages, stream: true });
      await assert.rejects(all(stream));
    });
  });
}
