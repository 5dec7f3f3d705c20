// chat_only.test.js - OpenAI's package for Node asks for responses and legacy completions, and is
// answered by a server that has only chat completions.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { KEY, serve } from '../servers.js';

const model = 'chat-only';
const skip = process.env.SDK_BASE_URL ? 'a promise of bourse alone' : false;
const tools = [{
  type: 'function',
  name: 'get_weather',
  parameters: {
    type: 'object', properties: { city: { type: 'string' } }, required: ['city'],
    additionalProperties: false,
  },
  strict: true,
}];

async function all(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

for (const upstream of ['mock', 'fake']) {
  describe(`a ${upstream} that has only chat`, { timeout: 120000, skip }, () => {
    let server;
    let client;
    before(async () => {
      server = await serve(upstream);
      client = new OpenAI({ baseURL: server.url, apiKey: KEY, maxRetries: 0, timeout: 20000 });
    });
    after(() => server?.stop());

    test('a response is answered whole', async () => {
      const answer = await client.responses.create({ model, input: 'hello', instructions: 'brief' });
      assert.equal(answer.status, 'completed');
      assert.ok(answer.output_text);
      assert.equal(answer.instructions, 'brief');
      assert.equal(answer.usage.total_tokens,
        answer.usage.input_tokens + answer.usage.output_tokens);
    });

    test('a stream of events is numbered and ends once', async () => {
      const whole = await client.responses.create({ model, input: 'hello' });
      const events = await all(await client.responses.create({ model, input: 'hello', stream: true }));
      assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
      assert.equal(events.filter((event) => event.type === 'response.completed').length, 1);
      assert.equal(events.at(-1).type, 'response.completed');
      const text = events.filter((event) => event.type === 'response.output_text.delta')
        .map((event) => event.delta).join('');
      assert.equal(text, whole.output_text);
    });

    test('the streaming helper puts the events together', async () => {
      const whole = await client.responses.create({ model, input: 'hello' });
      const final = await client.responses.stream({ model, input: 'hello' }).finalResponse();
      assert.equal(final.output[0].content[0].text, whole.output_text);
      assert.equal(final.status, 'completed');
    });

    test('legacy completions are answered and streamed', async () => {
      const whole = await client.completions.create({ model, prompt: 'hello' });
      const chunks = await all(await client.completions.create({ model, prompt: 'hello', stream: true }));
      assert.equal(whole.object, 'text_completion');
      assert.equal(chunks.map((chunk) => chunk.choices[0].text).join(''), whole.choices[0].text);
    });

    test('what only the vendor can do has the class of a bad request', async () => {
      await assert.rejects(
        client.responses.create({ model, input: 'hello', previous_response_id: 'resp_1' }),
        OpenAI.BadRequestError);
    });

    if (upstream !== 'mock') return;

    test('a tool is called, and its result answered', async () => {
      const asked = [{ role: 'user', content: 'the weather in Bern' }];
      const called = await client.responses.create(
        { model, input: asked, tools, tool_choice: 'required' });
      const call = called.output.find((item) => item.type === 'function_call');
      assert.equal(call.name, 'get_weather');
      JSON.parse(call.arguments);
      const answer = await client.responses.create({
        model, tools, input: [...asked, ...called.output,
          { type: 'function_call_output', call_id: call.call_id, output: 'rain' }],
      });
      assert.equal(answer.status, 'completed');
    });

    test('the streaming helper puts calls together', async () => {
      const final = await client.responses.stream(
        { model, input: 'weather', tools, tool_choice: 'required' }).finalResponse();
      assert.equal(final.output[0].type, 'function_call');
      JSON.parse(final.output[0].arguments);
    });

    test('an answer of a form is parsed', async () => {
      const Answer = z.object({ city: z.string() });
      const answer = await client.responses.parse(
        { model, input: 'hello', text: { format: zodTextFormat(Answer, 'answer') } });
      assert.equal(typeof answer.output_parsed.city, 'string');
    });
  });
}
