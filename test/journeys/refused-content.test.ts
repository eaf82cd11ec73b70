/** What another provider cannot express is refused by name if the answer would otherwise be to another question. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const models = {
  gpt: 'openai/gpt-4o',
  claude: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-2.5-pro',
  // These cannot search.
  nano: 'openai/gpt-4.1-nano',
  older: 'gemini/gemini-1.5-pro',
  deepseek: 'deepseek/deepseek-chat',
};
let lenient: TestGateway;
let strict: TestGateway;
before(async () => {
  lenient = await startTestGateway({ models, dropParams: true });
  strict = await startTestGateway({ models });
});
after(async () => {
  await lenient.close();
  await strict.close();
});

const PDF = { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } };
const result = (content: JsonValue): JsonObject[] => [
  { role: 'user', content: 'x' },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content }] },
];
const says = (part: JsonObject): JsonObject[] => [{ role: 'user', content: [part, { type: 'text', text: 'What?' }] }];

/** A client's path, the group, messages, and the part that the error names. */
const PARTS: readonly (readonly [what: string, path: string, group: string, messages: JsonObject[], named: RegExp])[] =
  [
    ['a document by URL', '/v1/messages', 'gpt', says(PDF), /messages\[0\]\.content\[0\]/],
    [
      'a document by URL in a result',
      '/v1/messages',
      'gpt',
      result([PDF]),
      /messages\[2\]\.content\[0\]\.content\[0\]/,
    ],
    [
      'an image by file id',
      '/v1/messages',
      'gpt',
      says({ type: 'image', source: { type: 'file', file_id: 'file_1' } }),
      /content\[0\]/,
    ],
    [
      'a document by file id',
      '/v1/messages',
      'gpt',
      says({ type: 'document', source: { type: 'file', file_id: 'file_1' } }),
      /content\[0\]/,
    ],
    [
      'an uploaded container file',
      '/v1/messages',
      'gpt',
      says({ type: 'container_upload', file_id: 'file_1' }),
      /content\[0\]/,
    ],
    [
      'an uploaded container file',
      '/v1/messages',
      'gemini',
      says({ type: 'container_upload', file_id: 'file_1' }),
      /content\[0\]/,
    ],
    [
      'an image by file id',
      '/v1/messages',
      'gemini',
      says({ type: 'image', source: { type: 'file', file_id: 'file_1' } }),
      /content\[0\]/,
    ],
    [
      'audio',
      '/v1/chat/completions',
      'claude',
      says({ type: 'input_audio', input_audio: { data: 'UklGR', format: 'mp3' } }),
      /content\[0\]/,
    ],
    [
      'video',
      '/v1/chat/completions',
      'claude',
      says({ type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }),
      /content\[0\]/,
    ],
    [
      "a file of OpenAI's",
      '/v1/chat/completions',
      'claude',
      says({ type: 'file', file: { file_id: 'file-abc' } }),
      /content\[0\]/,
    ],
    [
      "a file of OpenAI's",
      '/v1/chat/completions',
      'gemini',
      says({ type: 'file', file: { file_id: 'file-abc' } }),
      /content\[0\]/,
    ],
    [
      'a part of an unknown kind',
      '/v1/chat/completions',
      'claude',
      says({ type: 'hologram', hologram: {} }),
      /content\[0\]/,
    ],
  ];

async function assertRefused(gateway: TestGateway, path: string, body: JsonObject, named: RegExp): Promise<JsonObject> {
  const calls = gateway.simulator.requests.length;
  const answer = await gateway.post(path, { max_tokens: 100, ...body });
  const { error } = (await answer.json()) as { error: JsonObject };
  assert.equal(answer.status, 400, JSON.stringify(error));
  assert.match(String(error.message), named);
  assert.equal(gateway.simulator.requests.length, calls, 'nothing was sent');
  return error;
}

describe('content that the format of the provider cannot express', { timeout: 60_000 }, () => {
  for (const [what, path, model, messages, named] of PARTS) {
    it(`${what} for ${model} is refused, whatever drop_params says`, async () => {
      for (const gateway of [lenient, strict]) await assertRefused(gateway, path, { model, messages }, named);
    });
  }

  it('what another model answered is left out of the history, and reported', async () => {
    const messages = [
      { role: 'user', content: 'x' },
      {
        role: 'assistant',
        content: [
          { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
          { type: 'text', text: 'Found.' },
        ],
      },
      { role: 'user', content: 'say: hello' },
    ];
    const answer = await strict.post('/v1/messages', { model: 'gpt', max_tokens: 100, messages });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('x-sluice-dropped') ?? '', /messages\[1\]\.content\[0\]/);
  });
});

const messages = [{ role: 'user', content: 'say: hello' }];

describe('members that change what messages mean', { timeout: 60_000 }, () => {
  for (const model of ['gpt', 'gemini']) {
    it(`a thread over ${model} is refused in the words from which Anthropic's SDK recovers`, async () => {
      for (const thread of [{ type: 'create' }, { type: 'continue', previous_message_id: 'msg_1' }]) {
        for (const stream of [false, true]) {
          const error = await assertRefused(lenient, '/v1/messages', { model, messages, thread, stream }, /thread/);
          assert.deepEqual(error.details, { error_code: 'thread_unsupported_request', unsupported: ['thread'] });
        }
      }
    });

    it(`mcp_servers and a container over ${model} are refused`, async () => {
      const mcp = { mcp_servers: [{ type: 'url', url: 'https://mcp.example.com', name: 'x' }] };
      await assertRefused(lenient, '/v1/messages', { model, messages, ...mcp }, /mcp_servers/);
      await assertRefused(lenient, '/v1/messages', { model, messages, container: 'container_1' }, /container/);
      const empty = await lenient.post('/v1/messages', {
        model,
        messages,
        max_tokens: 10,
        mcp_servers: [],
        thread: null,
      });
      assert.equal(empty.status, 200);
    });
  }

  for (const model of ['nano', 'older', 'deepseek']) {
    it(`a forced web search over ${model} is refused; one that is offered is a parameter`, async () => {
      const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 5 }];
      for (const choice of [{ type: 'tool', name: 'web_search' }, { type: 'any' }]) {
        await assertRefused(lenient, '/v1/messages', { model, messages, tools, tool_choice: choice }, /web_search/);
      }
      await assertRefused(
        strict,
        '/v1/messages',
        { model, messages, tools },
        /hosted tool 'web_search' is not supported/i,
      );
      const offered = await lenient.post('/v1/messages', { model, messages, tools, max_tokens: 10 });
      assert.equal(offered.status, 200);
      assert.match(offered.headers.get('x-sluice-dropped') ?? '', /tools\[0\]/);
    });
  }

  it("the tool loop of Anthropic's SDK, which begins a thread, works over every provider", async () => {
    for (const model of ['gpt', 'gemini']) {
      const client = new Anthropic({ apiKey: lenient.masterKey, baseURL: lenient.url, maxRetries: 0 });
      const runner = client.beta.messages.toolRunner({
        model,
        max_tokens: 100,
        messages: [{ role: 'user', content: 'say: hello' }],
        tools: [],
      });
      const message = await runner;
      assert.equal(message.content.find((block) => block.type === 'text')?.text, 'hello');
    }
  });
});

describe('a prompt whose beginning is stored at Google', { timeout: 20_000 }, () => {
  const contents = [{ role: 'user', parts: [{ text: 'And then?' }] }];
  for (const name of ['cachedContent', 'cached_content']) {
    for (const model of ['gpt', 'claude']) {
      it(`(${name}) is refused over ${model}, whatever drop_params says`, async () => {
        for (const gateway of [lenient, strict]) {
          const path = `/v1beta/models/${model}:generateContent`;
          const answer = await gateway.post(path, { contents, [name]: 'cachedContents/x' });
          const { error } = (await answer.json()) as { error: { message: string; status: string } };
          assert.deepEqual([answer.status, error.status], [400, 'INVALID_ARGUMENT']);
          assert.match(error.message, /'cachedContent'.*stored at Google/);
        }
      });
    }
  }

  it('goes to Gemini as it is', async () => {
    const path = '/v1beta/models/gemini:generateContent';
    await strict.post(path, { contents, cachedContent: 'cachedContents/x' });
    const sent = strict.simulator.requests.at(-1)?.body as JsonObject | undefined;
    assert.equal(sent?.cachedContent, 'cachedContents/x');
  });
});
