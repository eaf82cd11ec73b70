/** What is booked when a provider's counts are missing or make no sense, and when its words break its own format. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, assertWhole, errorOf, eventsOf, metric, onlyLine, startFaultGateway } from './support.ts';

const TOOLS: JsonObject = {
  tools: [
    {
      type: 'function',
      function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
    },
  ],
};

describe('accounting', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startFaultGateway();
  });
  after(() => gateway.close());

  for (const fault of ['usage-missing', 'usage-negative', 'usage-huge']) {
    for (const group of ['oai/gpt-4o', 'ant/claude-sonnet-4-5', 'gem/gemini-2.5-pro']) {
      for (const stream of [false, true]) {
        test(`${fault} over ${group}, ${stream ? 'stream' : 'whole'}: booked within reason, and marked as ours`, async () => {
          const good = await onlyLine(gateway, (await ask(gateway, 'openai', `${group}+tokens-60`, stream)).callId);
          const seen = await ask(gateway, 'openai', `${group}+tokens-60+fault-${fault}`, stream);
          assertWhole(seen);
          const line = await onlyLine(gateway, seen.callId);
          assert.equal(line.outcome, 'success');
          assert.equal(line.usage_estimated, true, JSON.stringify(line));
          const [output, expected] = [Number(line.output_tokens), Number(good.output_tokens)];
          assert.ok(output > expected / 3 && output < expected * 3, `${output} booked, about ${expected} used`);
          assert.ok(Number(line.input_tokens) > 0 && Number(line.input_tokens) < 1_000);
        });
      }
    }
  }

  test('usage is counted once in the metrics, also where it is estimated', async () => {
    const lines = (await gateway.logLines()).map((line) => JSON.parse(line) as JsonObject);
    const requests = lines.filter(({ msg }) => msg === 'request');
    const sum = (name: string): number => requests.reduce((total, line) => total + Number(line[name] ?? 0), 0);
    assert.equal(await metric(gateway, 'litellm_input_tokens_metric_total'), sum('input_tokens'));
    assert.equal(await metric(gateway, 'litellm_output_tokens_metric_total'), sum('output_tokens'));
  });

  test('tool arguments that are no JSON reach the client as they are, and never end the process', async () => {
    for (const group of ['oai/gpt-4o', 'ant/claude-sonnet-4-5', 'gem/gemini-2.5-pro']) {
      for (const stream of [false, true]) {
        const seen = await ask(gateway, 'openai', `${group}+tool+fault-tool-arguments-broken`, stream, TOOLS);
        if (errorOf(seen) === undefined) assertWhole(seen);
        const line = await onlyLine(gateway, seen.callId);
        assert.notEqual(line.error, 'internal');
      }
    }
  });

  test('an unknown reason to finish is neither an error nor hidden', async () => {
    for (const group of ['oai/gpt-4o', 'ant/claude-sonnet-4-5', 'gem/gemini-2.5-pro']) {
      const whole = await ask(gateway, 'openai', `${group}+fault-finish-unknown`, false);
      assert.equal(whole.status, 200);
      assert.match(whole.text, /"finish_reason":\s*"\w+"/);
      const stream = await ask(gateway, 'openai', `${group}+fault-finish-unknown`, true);
      assert.match(stream.text, /data: \[DONE\]\s*$/);
      assert.ok(eventsOf(stream.text).length > 2);
    }
  });

  test('a kept connection that died between two requests costs at most a clear error, and the next one works', async () => {
    const first = await ask(gateway, 'openai', 'oai/gpt-4o+fault-stale-socket-once', false);
    assertWhole(first);
    const second = await ask(gateway, 'openai', 'oai/gpt-4o', false);
    if (second.status !== 200) assert.equal((await onlyLine(gateway, second.callId)).error, 'upstream_connection');
    for (let round = 0; round < 3; round += 1) assertWhole(await ask(gateway, 'openai', 'oai/gpt-4o', true));
  });
});
