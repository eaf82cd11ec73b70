/** The format against Google's own SDK: what it sends is read, and what we write it understands. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { ApiError, FunctionCallingConfigMode, GoogleGenAI, Type } from '@google/genai';
import type { JsonObject } from '../../src/core/json.ts';
import type { AnswerFacts } from '../../src/formats/format.ts';
import { geminiGenerate } from '../../src/formats/gemini-generate/index.ts';
import type { ConversationResponse, StreamEvent } from '../../src/formats/neutral/conversation.ts';

const FACTS: AnswerFacts = { id: 'r', model: 'fast', createdSeconds: 1_700_000_000, streamUsage: true };

const RESPONSE: ConversationResponse = {
  id: 'msg_1',
  model: 'claude',
  choices: [
    {
      index: 0,
      parts: [
        { type: 'reasoning', text: 'Hm', signature: { origin: 'anthropic', value: 'c2ln/+=' } },
        { type: 'text', text: 'Hello' },
        { type: 'tool-call', id: 'call_1', name: 'get_weather', arguments: '{"city":"Rome"}' },
      ],
      finish: { reason: 'tool-calls' },
    },
  ],
  usage: { inputTokens: 3, outputTokens: 9, reasoningTokens: 2 },
};

const EVENTS: readonly StreamEvent[] = [
  { type: 'start', id: 'msg_1' },
  { type: 'text', choice: 0, text: 'Hel' },
  { type: 'text', choice: 0, text: 'lo' },
  { type: 'tool-call', choice: 0, call: 0, id: 'call_1', name: 'get_weather' },
  { type: 'tool-arguments', choice: 0, call: 0, text: '{"city":' },
  { type: 'tool-arguments', choice: 0, call: 0, text: '"Rome"}' },
  { type: 'finish', choice: 0, finish: { reason: 'tool-calls' } },
  { type: 'usage', usage: { inputTokens: 3, outputTokens: 9 } },
];

let received: JsonObject = {};
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  received = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
  const error = {
    status: 429,
    message: 'Slow down.',
    type: 'None',
    reason: 'rate_limited' as const,
    code: '429',
    param: null,
  };
  if (request.url?.includes('failing')) {
    response
      .writeHead(429, { 'content-type': 'application/json' })
      .end(JSON.stringify(geminiGenerate.writeError(error)));
  } else if (request.url?.includes('stream')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const writer = geminiGenerate.openStreamWriter(FACTS);
    for (const event of request.url.includes('broken') ? EVENTS.slice(0, 2) : EVENTS)
      response.write(writer.write(event));
    response.end(request.url.includes('broken') ? writer.fail(error) : writer.end());
  } else {
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(geminiGenerate.writeResponse(RESPONSE, FACTS)));
  }
});

let client: GoogleGenAI;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new GoogleGenAI({ apiKey: 'key', vertexai: false, httpOptions: { baseUrl: `http://127.0.0.1:${port}` } });
});
after(() => new Promise((resolve) => server.close(resolve)));

test('a request of the SDK is read', async () => {
  await client.models.generateContent({
    model: 'fast',
    contents: ['Weather in Rome?', { inlineData: { mimeType: 'image/png', data: 'iVBOR' } }],
    config: {
      systemInstruction: 'Be brief.',
      temperature: 0.5,
      maxOutputTokens: 50,
      stopSequences: ['END'],
      tools: [
        {
          functionDeclarations: [
            { name: 'get_weather', parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } } } },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
      thinkingConfig: { thinkingBudget: 100 },
      safetySettings: [],
    },
  });
  const { request, dropped } = geminiGenerate.readRequest(received);
  assert.deepEqual(dropped, []);
  assert.deepEqual(request.turns, [
    { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
    {
      role: 'user',
      parts: [
        { type: 'text', text: 'Weather in Rome?' },
        { type: 'image', source: { kind: 'data', data: 'iVBOR', mediaType: 'image/png' } },
      ],
    },
  ]);
  assert.deepEqual(request.tools, [
    { type: 'function', name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  ]);
  assert.deepEqual(request.toolChoice, { type: 'required' });
  assert.deepEqual(request.sampling, { temperature: 0.5, stop: ['END'] });
  assert.equal(request.maxOutputTokens, 50);
  assert.deepEqual(request.reasoning, { mode: 'enabled', budgetTokens: 100 });
});

test('an answer is understood, and its content sent back is read with the foreign signature whole', async () => {
  const answer = await client.models.generateContent({ model: 'fast', contents: 'Hi' });
  assert.equal(answer.text, 'Hello');
  assert.deepEqual(answer.functionCalls, [{ id: 'call_1', name: 'get_weather', args: { city: 'Rome' } }]);
  assert.equal(answer.usageMetadata?.totalTokenCount, 12);
  const content = answer.candidates?.[0]?.content;
  assert.ok(content);
  await client.models.generateContent({
    model: 'fast',
    contents: [{ role: 'user', parts: [{ text: 'Hi' }] }, content],
  });
  const { request } = geminiGenerate.readRequest(received);
  assert.deepEqual(request.turns[1], { role: 'assistant', parts: RESPONSE.choices[0]?.parts });
});

test('a stream is understood', async () => {
  let text = '';
  const calls: unknown[] = [];
  let tokens: number | undefined;
  for await (const chunk of await client.models.generateContentStream({ model: 'fast', contents: 'Hi' })) {
    for (const part of chunk.candidates?.[0]?.content?.parts ?? []) text += part.text ?? '';
    calls.push(...(chunk.functionCalls ?? []));
    tokens = chunk.usageMetadata?.totalTokenCount ?? tokens;
  }
  assert.equal(text, 'Hello');
  assert.deepEqual(calls, [{ id: 'call_1', name: 'get_weather', args: { city: 'Rome' } }]);
  assert.equal(tokens, 12);
});

test('an error is understood, alone and inside a stream', async () => {
  const isSlowDown = (error: unknown): boolean => error instanceof ApiError && error.message.includes('Slow down.');
  await assert.rejects(client.models.generateContent({ model: 'failing', contents: 'Hi' }), isSlowDown);
  const stream = await client.models.generateContentStream({ model: 'broken', contents: 'Hi' });
  await assert.rejects(async () => {
    for await (const _ of stream);
  }, isSlowDown);
});
