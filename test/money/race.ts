/** Thousands of requests at once against a budget for some of them, and the result. */
import { Agent, request } from 'node:http';
import type { JsonObject } from '../../src/core/json.ts';

/** How a race went, as its clients saw it. */
export interface RaceResult {
  readonly served: number;
  readonly refused: number;
  /** Answers of any other kind: there should be none. */
  readonly odd: readonly string[];
}

export interface RaceOptions {
  /** Addresses to send to in turn. */
  readonly urls: readonly string[];
  readonly key: string;
  readonly requests: number;
  /** Every second request is a stream. */
  readonly body: JsonObject;
  readonly connections?: number;
}

/** Sends all requests at once and waits for every answer. */
export async function race({ urls, key, requests, body, connections = 2_000 }: RaceOptions): Promise<RaceResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  try {
    const answers = await Promise.all(
      Array.from({ length: requests }, (_, number) =>
        post(agent, urls[number % urls.length] ?? '', key, { ...body, ...(number % 2 === 1 && { stream: true }) }),
      ),
    );
    const refused = answers.filter(({ status }) => status === 422 || status === 429).length;
    const isServed = (answer: Answer): boolean =>
      answer.status === 200 && (answer.text.includes('[DONE]') || answer.text.startsWith('{'));
    const odd = answers.filter((answer) => !isServed(answer) && answer.status !== 422 && answer.status !== 429);
    return {
      served: answers.filter(isServed).length,
      refused,
      odd: odd.map(({ status, text }) => `${status} ${text.slice(0, 200)}`),
    };
  } finally {
    agent.destroy();
  }
}

/** An answer, whole; status 0 where it was broken off or never came. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks for a chat completion. Never rejects. */
export function post(
  agent: Agent,
  url: string,
  key: string,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
  path = '/v1/chat/completions',
): Promise<Answer> {
  return new Promise((resolve) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const call = request(url + path, {
      method: 'POST',
      agent,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': bytes.length,
        ...headers,
      },
    });
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      response.on('error', (error) => resolve({ status: 0, text: error.message }));
    });
    call.on('error', (error) => resolve({ status: 0, text: error.message }));
    call.end(bytes);
  });
}

/** What the simulator billed for a race, in USD at 3 and 15 USD per million tokens. */
export function billedUsd(stats: {
  readonly models: Readonly<Record<string, { promptTokens: number; completionTokens: number }>>;
}): number {
  let usd = 0;
  for (const { promptTokens, completionTokens } of Object.values(stats.models)) {
    usd += promptTokens * 3e-6 + completionTokens * 15e-6;
  }
  return usd;
}
