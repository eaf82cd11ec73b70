/** A whole gateway asked as LiteLLM's own HTTP suites ask theirs, with helpers for what they do over and over. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';

export interface Answered {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers: Headers;
}

/** A running gateway, and ways to ask it. Without a key, the master key asks. */
export interface LiteLlmClient {
  readonly gateway: TestGateway;
  ask(method: string, path: string, body?: JsonValue, key?: string): Promise<Answered>;
  /** Asks, and holds that the answer is a 200. */
  ok(method: string, path: string, body?: JsonValue, key?: string): Promise<JsonObject>;
  /** A new key's text. */
  key(body?: JsonObject, by?: string): Promise<string>;
  chat(key: string, model?: string, further?: JsonObject): Promise<Answered>;
  close(): Promise<void>;
}

/** What is read as soon as it holds: rows and sums of the ledger are written a little after an answer. */
export async function until<Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (const endsAt = performance.now() + 10_000; ; await wait(50)) {
    const value = await read();
    if (holds(value)) return value;
    assert.ok(performance.now() < endsAt, `still ${JSON.stringify(value)} after ten seconds`);
  }
}

export async function startProxy(options?: TestGatewayOptions): Promise<LiteLlmClient> {
  const gateway = await startTestGateway(options);
  const ask: LiteLlmClient['ask'] = async (method, path, body, key = gateway.masterKey) => {
    const response = await fetch(gateway.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as JsonObject, headers: response.headers };
  };
  const ok: LiteLlmClient['ok'] = async (method, path, body, key) => {
    const { status, body: answered } = await ask(method, path, body, key);
    assert.equal(status, 200, `${method} ${path}: ${JSON.stringify(answered)}`);
    return answered;
  };
  return {
    gateway,
    ask,
    ok,
    key: async (body = {}, by) => String((await ok('POST', '/key/generate', body, by)).key),
    chat: (key, model = 'gpt-4o', further = {}) =>
      ask(
        'POST',
        '/v1/chat/completions',
        { model, messages: [{ role: 'user', content: 'say: hello' }], max_tokens: 50, ...further },
        key,
      ),
    close: async () => {
      await gateway.close();
    },
  };
}
