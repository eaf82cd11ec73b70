/** Clients of every format search the web over every provider that searches, in one call and streamed, and go on afterwards. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const models = {
  gpt: 'openai/gpt-4o',
  thinker: 'openai/gpt-5',
  claude: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-2.5-pro',
  glm: 'zai/glm-4.6',
  router: 'openrouter/anthropic/claude-sonnet-4.5',
  searcher: 'openai/gpt-4o-mini-search-preview',
};
const QUESTION = 'Search for the latest news on tides.';
const ALL = ['gpt', 'thinker', 'claude', 'gemini'] as const;

let gateway: TestGateway;
let openai: OpenAI;
let anthropic: Anthropic;
let google: GoogleGenAI;
before(async () => {
  gateway = await startTestGateway({ models });
  openai = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey: gateway.masterKey, baseURL: gateway.url, maxRetries: 0 });
  google = new GoogleGenAI({ apiKey: gateway.masterKey, httpOptions: { baseUrl: gateway.url } });
});
after(() => gateway.close());

const isStreamed = [false, true] as const;
const how = (streams: boolean): string => (streams ? 'streamed' : 'whole');

describe('a client of the Responses API', { timeout: 60_000 }, () => {
  type Response = OpenAI.Responses.Response;
  async function ask(body: OpenAI.Responses.ResponseCreateParamsNonStreaming, streams: boolean): Promise<Response> {
    if (!streams) return openai.responses.create(body);
    const kinds: string[] = [];
    const stream = openai.responses.stream({ ...body, stream: true });
    for await (const event of stream) kinds.push(event.type);
    const response = await stream.finalResponse();
    if (response.output.some(({ type }) => type === 'web_search_call')) {
      const from = kinds.indexOf('response.web_search_call.in_progress');
      assert.deepEqual(kinds.slice(from - 1, from + 4), [
        'response.output_item.added',
        'response.web_search_call.in_progress',
        'response.web_search_call.searching',
        'response.web_search_call.completed',
        'response.output_item.done',
      ]);
      assert.ok(kinds.includes('response.output_text.annotation.added'));
    }
    return response;
  }

  for (const model of ALL) {
    for (const streams of isStreamed) {
      it(`sees the search of ${model} and its sources, ${how(streams)}`, async () => {
        const response = await ask(
          {
            model,
            input: QUESTION,
            store: false,
            tools: [
              { type: 'web_search', search_context_size: 'low', user_location: { type: 'approximate', city: 'Bonn' } },
            ],
            include: ['web_search_call.action.sources'],
          },
          streams,
        );
        const [call] = response.output.filter((item) => item.type === 'web_search_call');
        assert.equal(call?.status, 'completed');
        assert.ok(call?.action.type === 'search');
        assert.equal(call.action.queries?.[0], QUESTION);
        assert.ok((call.action.sources?.length ?? 0) > 0);
        assert.ok(call.id.startsWith('ws_'), call.id);
        const parts = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
        assert.equal(parts.length, 1, 'one text, as OpenAI writes it');
        const [text] = parts;
        assert.ok(text?.type === 'output_text');
        const [first] = text.annotations;
        assert.ok(first?.type === 'url_citation');
        assert.match(first.url, /^https:\/\/example\.com\/page-1$/);
        const passage = text.text.slice(first.start_index, first.end_index);
        assert.ok(passage !== '' && passage !== text.text && text.text.endsWith(passage), passage);
        assert.equal(response.tool_usage?.web_search.num_requests, 1);
      });
    }

    it(`goes on with ${model} after a search that any model made`, async () => {
      for (const before of ALL) {
        const tools: OpenAI.Responses.Tool[] = [{ type: 'web_search' }];
        const first = await openai.responses.create({ model: before, input: QUESTION, store: false, tools });
        assert.ok(first.output.some(({ type }) => type === 'web_search_call'));
        const input = [
          { role: 'user', content: QUESTION },
          ...first.output,
          { role: 'user', content: 'say: thank you' },
        ] as OpenAI.Responses.ResponseInput;
        const second = await openai.responses.create({ model, input, store: false, tools });
        assert.match(second.output_text, /thank you/);
      }
    });
  }
});

describe('a client of the Messages API', { timeout: 60_000 }, () => {
  const TOOL: Anthropic.WebSearchTool20250305 = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 };

  for (const model of ALL) {
    for (const streams of isStreamed) {
      it(`sees the search of ${model} and its sources, ${how(streams)}`, async () => {
        const body = {
          model,
          max_tokens: 500,
          messages: [{ role: 'user' as const, content: QUESTION }],
          tools: [TOOL],
        };
        const message = streams
          ? await anthropic.messages.stream(body).finalMessage()
          : await anthropic.messages.create(body);
        const [use] = message.content.filter((block) => block.type === 'server_tool_use');
        const [result] = message.content.filter((block) => block.type === 'web_search_tool_result');
        assert.deepEqual(use?.input, { query: QUESTION });
        assert.equal(result?.tool_use_id, use?.id);
        assert.ok(Array.isArray(result?.content) && result.content[0]?.url === 'https://example.com/page-1');
        const cited = message.content.flatMap((block) => (block.type === 'text' ? (block.citations ?? []) : []));
        assert.ok(cited[0]?.type === 'web_search_result_location' && cited[0].url === 'https://example.com/page-1');
        assert.equal(message.usage.server_tool_use?.web_search_requests, 1);
      });
    }

    it(`goes on with ${model} after a search that any model made`, async () => {
      for (const before of ALL) {
        const messages: Anthropic.MessageParam[] = [{ role: 'user', content: QUESTION }];
        const first = await anthropic.messages.create({ model: before, max_tokens: 500, messages, tools: [TOOL] });
        messages.push({ role: 'assistant', content: first.content as Anthropic.ContentBlockParam[] });
        messages.push({ role: 'user', content: 'say: thank you' });
        const second = await anthropic.messages.create({ model, max_tokens: 500, messages, tools: [TOOL] });
        const text = second.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
        assert.match(text, /thank you/);
      }
    });
  }
});

describe('a client of the Gemini API', { timeout: 60_000 }, () => {
  for (const model of ALL) {
    for (const streams of isStreamed) {
      it(`sees the search of ${model} and its sources, ${how(streams)}`, async () => {
        const body = { model, contents: QUESTION, config: { tools: [{ googleSearch: {} }] } };
        let text = '';
        let last = streams ? undefined : await google.models.generateContent(body);
        if (streams) {
          for await (const part of await google.models.generateContentStream(body)) {
            text += part.text ?? '';
            last = part;
          }
        } else text = last?.text ?? '';
        const grounding = last?.candidates?.[0]?.groundingMetadata;
        assert.deepEqual(grounding?.webSearchQueries, [QUESTION]);
        assert.equal(grounding?.groundingChunks?.[0]?.web?.uri, 'https://example.com/page-1');
        const segment = grounding?.groundingSupports?.[0]?.segment;
        assert.ok(segment?.text !== undefined && segment.text !== '' && text.endsWith(segment.text), segment?.text);
      });
    }
  }
});

describe('a client of chat completions', { timeout: 60_000 }, () => {
  for (const model of [...ALL, 'glm', 'router', 'searcher']) {
    for (const streams of isStreamed) {
      it(`gets the sources of ${model}, ${how(streams)}`, async () => {
        const relayed = model === 'glm' || model === 'router';
        const asked = relayed
          ? {
              tools: [
                model === 'glm' ? GLM : { type: 'openrouter:web_search' },
              ] as unknown as OpenAI.ChatCompletionTool[],
            }
          : { web_search_options: {} };
        const body = { model, messages: [{ role: 'user' as const, content: QUESTION }], ...asked };
        const annotations: OpenAI.ChatCompletionMessage.Annotation[] = [];
        let found: unknown;
        let text = '';
        if (streams) {
          for await (const chunk of await openai.chat.completions.create({ ...body, stream: true })) {
            const delta = chunk.choices[0]?.delta as Partial<OpenAI.ChatCompletionMessage> | undefined;
            text += delta?.content ?? '';
            annotations.push(...(delta?.annotations ?? []));
            found ??= (chunk as { web_search?: unknown }).web_search;
          }
        } else {
          const answer = await openai.chat.completions.create(body);
          text = answer.choices[0]?.message.content ?? '';
          annotations.push(...(answer.choices[0]?.message.annotations ?? []));
          found = (answer as { web_search?: unknown }).web_search;
        }
        if (model === 'glm') {
          assert.ok(Array.isArray(found) && found.length === 2, 'what only Z.AI tells is relayed');
          return;
        }
        const [first] = annotations;
        assert.equal(first?.url_citation.url, 'https://example.com/page-1');
        const passage = text.slice(first?.url_citation.start_index, first?.url_citation.end_index);
        assert.ok(passage !== '' && passage !== text && text.endsWith(passage), passage);
      });
    }
  }

  const GLM = {
    type: 'web_search',
    web_search: { enable: 'True', search_engine: 'search-prime', search_result: 'True' },
  };
});

describe('chat completions that search in their own words', { timeout: 60_000 }, () => {
  for (const model of ['glm', 'router']) {
    for (const streams of isStreamed) {
      it(`${model} searches for a client of the Responses API and of the Messages API, ${how(streams)}`, async () => {
        const body = { model, input: QUESTION, store: false, tools: [{ type: 'web_search' as const }] };
        const response = streams
          ? await openai.responses.stream({ ...body, stream: true }).finalResponse()
          : await openai.responses.create(body);
        const parts = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
        const [annotation] = parts.flatMap((part) => (part.type === 'output_text' ? part.annotations : []));
        assert.ok(annotation?.type === 'url_citation' && annotation.url === 'https://example.com/page-1');
        const asked = {
          model,
          max_tokens: 500,
          messages: [{ role: 'user' as const, content: QUESTION }],
          tools: [{ type: 'web_search_20250305' as const, name: 'web_search' as const }],
        };
        const message = streams
          ? await anthropic.messages.stream(asked).finalMessage()
          : await anthropic.messages.create(asked);
        const [cited] = message.content.flatMap((block) => (block.type === 'text' ? (block.citations ?? []) : []));
        assert.ok(cited?.type === 'web_search_result_location' && cited.url === 'https://example.com/page-1');
      });
    }
  }
});
