/** Streams that are right but framed or cut unusually say the same to the client as they would in one piece. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, assertWhole, type ClientKind, eventsOf, onlyLine, type Seen, startFaultGateway } from './support.ts';

const FRAMINGS = [
  'split-1',
  'split-2',
  'split-7',
  'split-4096',
  'crlf',
  'cr',
  'bom',
  'comments',
  'multi-line',
  'no-trailing-newline',
  'no-space',
  'empty-events',
  'crlf+split-1',
  'cr+split-1',
  'bom+crlf+split-1',
  'f15',
];

const PAIRS: readonly (readonly [ClientKind, string])[] = [
  ['openai', 'oai/gpt-4o'],
  ['anthropic', 'ant/claude-sonnet-4-5'],
  ['openai', 'ant/claude-sonnet-4-5'],
  ['anthropic', 'oai/gpt-4o'],
  ['openai', 'gem/gemini-2.5-pro'],
  ['anthropic', 'gem/gemini-2.5-pro'],
];

const at = (value: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue | undefined => {
  let current: JsonValue | undefined = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as { [name: string]: JsonValue | undefined })[step];
  }
  return current;
};

const wordOf = (event: JsonObject): string =>
  [at(event, 'choices', 0, 'delta', 'content'), at(event, 'delta', 'text')]
    .filter((text) => typeof text === 'string')
    .join('');

function textOf(seen: Seen): string {
  return eventsOf(seen.text).map(wordOf).join('');
}

function wholeText(seen: Seen): string {
  const body = JSON.parse(seen.text) as JsonObject;
  if (seen.client === 'openai') return String(at(body, 'choices', 0, 'message', 'content'));
  const blocks = body.content;
  assert.ok(Array.isArray(blocks));
  return blocks.map((block) => at(block, 'text') ?? '').join('');
}

describe('framing', { concurrency: 4, timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startFaultGateway();
  });
  after(() => gateway.close());

  for (const framing of FRAMINGS) {
    for (const [client, group] of PAIRS) {
      test(`${framing}: ${client} client over ${group.split('/')[0]}`, async () => {
        // One name for both, as the simulator's words follow from it; the framing is laid down beside it.
        const name = `${group.split('/')[1]}+tokens-25+${framing.replaceAll('+', '-and-')}-${client}`;
        gateway.simulator.script({ match: { model: name, isStream: true }, fault: framing });
        const model = `${group.split('/')[0]}/${name}`;
        const more = { messages: [{ role: 'user', content: 'Schreib über Flüsse, 川 und 🌊.' }] };
        const [whole, streamed] = await Promise.all([
          ask(gateway, client, model, false, more),
          ask(gateway, client, model, true, more),
        ]);
        assertWhole(whole);
        assert.equal(streamed.status, 200, streamed.text);
        assert.equal(streamed.isBroken, false);
        assert.match(streamed.text, client === 'openai' ? /data: ?\[DONE\]/ : /"message_stop"/);
        assert.ok(!streamed.text.includes('\ufffd'), 'no character was cut');
        const text = textOf(streamed);
        assert.ok(text.length > 20);
        assert.equal(text, wholeText(whole));
        const line = await onlyLine(gateway, streamed.callId);
        const expected = await onlyLine(gateway, whole.callId);
        assert.equal(line.outcome, 'success');
        assert.equal(line.usage_estimated, undefined);
        assert.equal(line.output_tokens, expected.output_tokens);
      });
    }
  }
});
