/** Valid bodies and streams of each format, from the golden cases. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/core/json.ts';
import { itemsOf, objectOf } from '../../../src/core/json.ts';
import { RESPONSES } from './responses-inputs.ts';

/** Formats with a conversation. */
export const CONVERSATIONS = [
  'openai-chat',
  'openai-completions',
  'openai-responses',
  'anthropic-messages',
  'gemini-generate',
] as const;
/** A format with a conversation. */
export type ConversationId = (typeof CONVERSATIONS)[number];
/** Every wire format. */
export const ALL_FORMATS = [...CONVERSATIONS, 'openai-embeddings'] as const;

/** What a format's golden cases hold. */
interface GoldenInputs {
  readonly requests: readonly string[];
  readonly answers: readonly string[];
  readonly streams: readonly string[];
}

const FOLDER = join(import.meta.dirname, '../../golden');

const COMPLETIONS: GoldenInputs = {
  requests: [
    '{"model":"m","prompt":"Say hello","max_tokens":5,"n":2,"best_of":3,"logprobs":2,"echo":true,"stop":["\\n"],"suffix":"!"}',
    '{"model":"m","prompt":["a","b"],"stream":true,"stream_options":{"include_usage":true},"user":"u"}',
    '{"model":"m","prompt":[1,2,3],"temperature":0}',
  ],
  answers: [
    '{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":"hi","index":0,"logprobs":{"tokens":["hi"],"token_logprobs":[-0.5],"top_logprobs":[{"hi":-0.5}],"text_offset":[0]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}',
  ],
  streams: [
    'data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":"hi","index":0,"logprobs":null,"finish_reason":null}]}\n\ndata: {"id":"cmpl-1","choices":[{"text":"","index":0,"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}\n\ndata: [DONE]\n\n',
  ],
};

/** The golden inputs of a format. */
export function goldenInputs(format: ConversationId): GoldenInputs {
  if (format === 'openai-completions') return COMPLETIONS;
  if (format === 'openai-responses') return RESPONSES;
  const requests: string[] = [];
  const answers: string[] = [];
  const streams: string[] = [];
  for (const path of globSync(`${FOLDER}/${format}/*.json`).sort()) {
    const golden = JSON.parse(readFileSync(path, 'utf8')) as JsonObject;
    const body = objectOf(golden.body);
    if (golden.kind !== undefined && body !== undefined) {
      const isAnswer = ['choices', 'candidates', 'stop_reason', 'promptFeedback'].some((name) => name in body);
      (isAnswer ? answers : requests).push(JSON.stringify(body));
    }
    const events = itemsOf(golden.events).map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
    if (events.length > 0) streams.push(`${events.map((event) => framed(event)).join('')}`);
  }
  return { requests, answers, streams };
}

function framed(data: string): string {
  const type = /^\{"type":"([a-z_]+)"/.exec(data)?.[1];
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${data}\n\n`;
}
