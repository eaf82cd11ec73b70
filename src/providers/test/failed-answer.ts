/** What the tests of the providers share: failed answers as they come in, and tables of what they mean. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import { readError as readAnthropicError } from '../../formats/anthropic-messages/errors.ts';
import { readError as readGeminiError } from '../../formats/gemini-generate/errors.ts';
import { readError as readOpenAiError } from '../../formats/openai-chat/errors.ts';
import type { FailedAnswer, ParameterRules, Provider } from '../provider.ts';
import { UNSUPPORTED } from '../provider.ts';

const READERS: Readonly<Record<string, typeof readOpenAiError>> = {
  'anthropic-messages': readAnthropicError,
  'gemini-generate': readGeminiError,
};

/** A failed answer of a provider, its error read by the format the provider speaks. */
export function failedAnswer(
  provider: Provider,
  status: number,
  body?: JsonValue,
  headers: FailedAnswer['headers'] = {},
): FailedAnswer {
  const read = READERS[provider.operations.chat?.format ?? ''] ?? readOpenAiError;
  return { status, headers, body, error: body === undefined ? undefined : read(body) };
}

/** One line of a table: the status and body of an answer, and what it means. */
export type FailureCase = readonly [means: ErrorCode, status: number, body: JsonValue, why?: string];

/** Checks a table of failures, with the format's reading of the body and, as inside a broken stream, without it. */
export function testFailures(provider: Provider, cases: readonly FailureCase[]): void {
  for (const [means, status, body, why] of cases) {
    const said = why ?? JSON.stringify(body).slice(0, 110);
    test(`${provider.title}: ${status} ${said} means ${means}`, () => {
      const failure = provider.classify(failedAnswer(provider, status, body));
      assert.equal(failure.code, means);
      assert.match(failure.message, /^\w+: \w+Exception - ./);
      assert.equal(provider.classify({ status, headers: {}, body, error: undefined }).code, means);
    });
  }
}

/** What a provider does to one member: `sent` as it goes upstream, or the word `UNSUPPORTED`. */
export function memberAfter(rules: ParameterRules, name: string, value: JsonValue): JsonValue | undefined {
  if (rules.unsupported?.includes(name) === true) return 'UNSUPPORTED';
  const bytes = Buffer.from(JSON.stringify(value));
  const rule = rules.values?.[name];
  if (rule === undefined || rules.mayNeedRewrite?.[name]?.(bytes) === false) return value;
  const after = rule(value);
  return after === UNSUPPORTED ? 'UNSUPPORTED' : after;
}

/** The rules for a chat model of a provider. */
export function chatRules(provider: Provider, model: string): ParameterRules {
  const rules = provider.operations.chat?.rules(model);
  assert.ok(rules, `${provider.name} has no chat`);
  return rules;
}

/** An error body in OpenAI's envelope. */
export function openAiError(
  message: string,
  type: string | null = null,
  code: string | null = null,
  param: string | null = null,
): JsonValue {
  return { error: { message, type, param, code } };
}
