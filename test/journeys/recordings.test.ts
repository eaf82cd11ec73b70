/**
 * Every recorded answer of a provider, replayed through the whole gateway to an OpenAI client and an Anthropic client: whole,
 * streamed in pieces of odd sizes, and, where the format is the client's own, byte for byte.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Replay } from '../../simulator/contract.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { readMessage } from '../support/streamed-message.ts';
import { type Facts, factsOfStream, factsOfWhole, finishOf, type Language } from './recorded-facts.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/recordings');
/** Folders of recordings, whose language they are in, and a model of that provider. */
const SOURCES: readonly (readonly [folder: string, Language, model: string])[] = [
  ['alibaba', 'openai', 'dashscope/qwen3-max'],
  ['deepseek/chat', 'openai', 'deepseek/deepseek-reasoner'],
  ['groq', 'openai', 'groq/qwen3-32b'],
  ['mistral', 'openai', 'mistral/mistral-large-latest'],
  ['moonshotai', 'openai', 'moonshot/kimi-k2.5'],
  ['openai-compatible/chat', 'openai', 'openai_like/grok-3'],
  ['openai/chat', 'openai', 'openai/gpt-4o'],
  ['perplexity', 'openai', 'perplexity/sonar'],
  ['xai', 'openai', 'xai/grok-4'],
  ['anthropic', 'anthropic', 'anthropic/claude-sonnet-4-5'],
  ['google', 'gemini', 'gemini/gemini-3-pro-preview'],
];

/** Answers whose content is a list, which no client of the format reads, so that they are not relayed. */
const NOT_RELAYED = /^mistral\/mistral-reasoning/;
/** Anthropic's own package breaks off at a second `message_start`, with or without a gateway. */
const BREAKS_ANTHROPIC_CLIENT = 'anthropic/duplicate-message-start.chunks.txt';

interface Recording {
  readonly name: string;
  readonly model: string;
  readonly language: Language;
  readonly isStream: boolean;
  readonly replay: Replay;
  readonly facts: Facts;
  /** Arguments of calls come in pieces that the recorded facts do not put together. */
  readonly hasPieces: boolean;
}

function read(folder: string, file: string, language: Language, model: string): Recording[] {
  const content = readFileSync(join(FOLDER, folder, file), 'utf8');
  const name = `${folder}/${file}`;
  const group = NOT_RELAYED.test(name) ? 'magistral' : (model.split('/')[0] ?? '');
  const shared = { name, model: group, language, hasPieces: content.includes('"partialArgs"') };
  if (file.endsWith('.json')) {
    const json = JSON.parse(content) as JsonObject;
    if (json.choices === undefined && json.candidates === undefined && json.type !== 'message') return [];
    return [{ ...shared, isStream: false, replay: { format: language, json }, facts: factsOfWhole(language, json) }];
  }
  // Odd sizes that differ from file to file, yet not so small that a long stream takes for ever.
  const cutEvery = Math.ceil(content.length / 300) + (name.length % 13) + 2;
  return streamsIn(content).map((chunks, index) => ({
    ...shared,
    name: index === 0 ? name : `${name} (${index + 1})`,
    isStream: true,
    replay: { format: language, chunks, cutEvery },
    facts: factsOfStream(
      language,
      chunks.map((line) => JSON.parse(line) as JsonObject),
    ),
  }));
}

/** A file may hold several answers of one conversation, one after another. */
function streamsIn(content: string): string[][] {
  const streams: string[][] = [[]];
  for (const line of content.split('\n').filter((each) => each.trim() !== '')) {
    const isNext = streams.at(-1)?.at(-1)?.startsWith('{"type":"message_stop"') === true;
    if (isNext && line.startsWith('{"type":"message_start"')) streams.push([]);
    streams.at(-1)?.push(line);
  }
  return streams;
}

const recordings = SOURCES.flatMap(([folder, language, model]) =>
  existsSync(join(FOLDER, folder))
    ? readdirSync(join(FOLDER, folder))
        .filter((file) => /\.json$|\.chunks\.txt$/.test(file))
        .flatMap((file) => read(folder, file, language, model))
    : [],
);
const skip = recordings.length === 0 ? '../shared/recordings is absent' : false;

let gateway: TestGateway;
let openai: OpenAI;
let anthropic: Anthropic;
let newestCallId = '';
const noteCallId: typeof fetch = async (...request) => {
  const response = await fetch(...request);
  newestCallId = response.headers.get('x-litellm-call-id') ?? '';
  return response;
};
before(async () => {
  const models = Object.fromEntries(SOURCES.map(([, , model]) => [model.split('/')[0], model]));
  Object.assign(models, { magistral: 'mistral/magistral-medium-latest' });
  gateway = await startTestGateway({ models, dropParams: true });
  openai = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0, fetch: noteCallId });
  anthropic = new Anthropic({ apiKey: gateway.masterKey, baseURL: gateway.url, maxRetries: 0, fetch: noteCallId });
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

const messages = [{ role: 'user' as const, content: 'Hello' }];

/** What the openai package got. */
async function byOpenai(model: string, stream: boolean): Promise<Facts> {
  const body = { model, messages };
  let message: OpenAI.ChatCompletionMessage | undefined;
  let finish: string | undefined;
  let usage: OpenAI.CompletionUsage | undefined;
  if (stream) {
    const options = { stream: true as const, stream_options: { include_usage: true } };
    const read = await readMessage(await openai.chat.completions.create({ ...body, ...options }));
    ({ message, usage, finishReason: finish } = read);
  } else {
    const whole = await openai.chat.completions.create(body);
    message = whole.choices[0]?.message;
    finish = whole.choices[0]?.finish_reason;
    usage = whole.usage;
  }
  return {
    text: message?.content ?? '',
    calls: (message?.tool_calls ?? []).flatMap((call) =>
      call.type === 'function'
        ? [{ name: call.function.name, input: JSON.parse(call.function.arguments || '{}') }]
        : [],
    ),
    finish: finishOf(finish),
    input: usage?.prompt_tokens ?? 0,
    output: (usage?.total_tokens ?? 0) - (usage?.prompt_tokens ?? 0),
  };
}

/** What the anthropic package got. */
async function byAnthropic(model: string, stream: boolean): Promise<Facts> {
  const body = { model, messages, max_tokens: 4000 };
  const message = stream ? await anthropic.messages.stream(body).finalMessage() : await anthropic.messages.create(body);
  const { usage } = message;
  return {
    text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: message.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [],
    ),
    finish: finishOf(message.stop_reason),
    input: usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0),
    output: usage.output_tokens,
  };
}

function sayTheSame(got: Facts, recording: Recording): void {
  const { facts, hasPieces } = recording;
  if (!hasPieces) {
    assert.deepEqual(got, facts);
    return;
  }
  const withoutInput = (one: Facts) => ({ ...one, calls: one.calls.map(({ name }) => name) });
  assert.deepEqual(withoutInput(got), withoutInput(facts));
  for (const call of got.calls) assert.ok(Object.keys(call.input as object).length > 0);
}

/** In OpenAI's format an answer with calls ends with them, where Claude's may go on after calls that its own code made. */
function withOpenaiFinish(recording: Recording): Recording {
  const { facts } = recording;
  const finish = facts.finish === 'stop' && facts.calls.length > 0 ? 'tools' : facts.finish;
  return { ...recording, facts: { ...facts, finish } };
}

/** The line of the request that was just answered: its books close a moment later. */
async function newestRequestLine(): Promise<JsonObject> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const line = (await gateway.logLines()).find(
      (one) => one.includes('"msg":"request"') && one.includes(`"call_id":"${newestCallId}"`),
    );
    if (line !== undefined || Date.now() > deadline) return JSON.parse(line ?? '{}') as JsonObject;
  }
}

async function bookedAs(facts: Facts): Promise<void> {
  const line = await newestRequestLine();
  assert.equal(line.input_tokens, facts.input);
  assert.equal(line.output_tokens, facts.output);
  assert.equal(line.usage_estimated, undefined);
}

for (const recording of recordings) {
  const { name, model, replay, isStream, facts, language } = recording;
  describe(`the recorded answer ${name}`, { timeout: 30_000, skip }, () => {
    it('says the same to an openai client, and is booked for what it used', async () => {
      gateway.simulator.script({ replay });
      sayTheSame(await byOpenai(model, isStream), withOpenaiFinish(recording));
      await bookedAs(facts);
    });

    it('says the same to an anthropic client, and is booked for what it used', async () => {
      if (name === BREAKS_ANTHROPIC_CLIENT) return;
      gateway.simulator.script({ replay });
      sayTheSame(await byAnthropic(model, isStream), recording);
      await bookedAs(facts);
    });

    if (!isStream) {
      it('says the same as a stream, should the provider answer a wish for one in one piece', async () => {
        gateway.simulator.script({ replay });
        sayTheSame(await byOpenai(model, true), withOpenaiFinish(recording));
        sayTheSame(await byAnthropic(model, true), recording);
      });
    }

    if (language === 'gemini' || NOT_RELAYED.test(name)) return;
    it('reaches a client of its own format byte for byte, but for the name of the model and usage that was not asked for', async () => {
      gateway.simulator.script({ replay });
      const path = language === 'openai' ? '/v1/chat/completions' : '/v1/messages';
      const key = { authorization: 'Bearer any', 'x-api-key': 'any', 'anthropic-version': '2023-06-01' };
      for (const wantsUsage of language === 'openai' && isStream ? [true, false] : [true]) {
        const options =
          language === 'openai' && wantsUsage && isStream ? { stream_options: { include_usage: true } } : {};
        const body = { model, messages, max_tokens: 4000, ...(isStream && { stream: true }), ...options };
        const direct = await fetch(gateway.simulator.url + path, {
          method: 'POST',
          headers: { ...key, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        const sent = await direct.text();
        const relayed = await gateway.post(path, body);
        assert.equal(relayed.headers.get('x-litellm-call-id')?.length, 36);
        assert.equal(await relayed.text(), underName(language, model, wantsUsage ? sent : withoutUsage(sent)));
      }
    });
  });
}

/** An answer under another name for its model. */
function underName(language: Language, name: string, text: string): string {
  // Claude's streams name it once; what a content block or the usage says of other models stays.
  const places = new RegExp('(?<="model":\\s*)(?:"[^"]*"|null)', language === 'openai' ? 'g' : '');
  return text.replace(places, JSON.stringify(name));
}

/** The frames of a stream without one that holds usage and no choice, and without the null that stands for it in the others. */
function withoutUsage(text: string): string {
  return text
    .split(/(?<=\n\n)/)
    .filter((frame) => !/"choices":\s*\[\]/.test(frame) || !/"usage":\s*\{/.test(frame))
    .map((frame) => frame.replace(/,\s*"usage":\s*null(?=[,}])/, ''))
    .join('');
}

describe('recorded errors', { timeout: 20_000, skip }, () => {
  it('Gemini says how long to wait, and both clients learn it', async () => {
    const file = join(FOLDER, 'google/google-429-retry-info.json');
    if (!existsSync(file)) return;
    gateway.simulator.script({ reply: { status: 429, json: JSON.parse(readFileSync(file, 'utf8')) } });
    const asked = { model: 'gemini', messages };
    await assert.rejects(openai.chat.completions.create(asked), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.ok(Number(error.headers?.get('retry-after')) > 0);
      return true;
    });
    await assert.rejects(anthropic.messages.create({ ...asked, max_tokens: 5 }), Anthropic.RateLimitError);
  });
});

describe('recorded completions and embeddings', { timeout: 20_000, skip }, () => {
  const replayed = async (file: string, path: string, body: object): Promise<[got: string, recorded: string]> => {
    const content = readFileSync(join(FOLDER, file), 'utf8');
    const replay: Replay = file.endsWith('.json')
      ? { format: 'openai', json: JSON.parse(content) }
      : { format: 'openai', chunks: content.split('\n').filter((line) => line !== ''), cutEvery: 11 };
    const other = await startTestGateway();
    try {
      other.simulator.script({ replay });
      const got = await (await other.post(path, body)).text();
      return [got, content];
    } finally {
      await other.close();
    }
  };

  it('a completion, whole and streamed, is relayed', async () => {
    const ask = { model: 'instruct', prompt: 'Hello' };
    const [whole, recorded] = await replayed('openai/completion/openai-completion-text.json', '/v1/completions', ask);
    assert.deepEqual(JSON.parse(whole), JSON.parse(underName('openai', 'instruct', recorded)));
    const [stream, lines] = await replayed('openai/completion/openai-completion-text.chunks.txt', '/v1/completions', {
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    });
    const expected = underName('openai', 'instruct', lines)
      .split('\n')
      .filter((line) => line !== '');
    assert.equal(stream, [...expected, '[DONE]'].map((line) => `data: ${line}\n\n`).join(''));
  });

  it('an embedding is relayed', async () => {
    const ask = { model: 'text-embedding-3-small', input: 'Hello' };
    const [got, recorded] = await replayed('openai/embedding/openai-embedding.json', '/v1/embeddings', ask);
    assert.deepEqual(JSON.parse(got), JSON.parse(recorded));
  });
});
