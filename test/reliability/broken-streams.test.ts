/** Streams that break, stall or misbehave in the middle: S08 to S11 and S14. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { ask, assertWhole } from '../faults/support.ts';
import { journey } from './journey.ts';
import { ALONE, assertClearError, assertServed, deployment, inWorld, PLAIN, type Setup, SIXTY } from './world.ts';

const under = (setup: Setup, fault: string): Setup => ({ ...setup, faults: { west: fault } });

/** The fallback at another provider of the same format. */
const SAME_FORMAT: Setup = {
  ...PLAIN,
  deployments: [deployment('chat', 'west'), deployment('backup', 'east', 'openai/gpt-4.1')],
};

const WAYS: readonly (readonly [string, Setup])[] = [
  ['another format', PLAIN],
  ['the same format', SAME_FORMAT],
];

describe('broken in the middle', { concurrency: 4 }, () => {
  for (const [what, setup] of WAYS) {
    journey('S08', `the fallback, of ${what}, goes on`, () =>
      inWorld(under(setup, 's08'), async ({ ask, way, books }) => {
        const answer = await ask({ stream: true });
        assertServed(answer);
        assert.deepEqual(way(), ['west', 'east']);
        const line = await books(answer);
        assert.equal(line.outcome, 'success');
        assert.ok(Number(line.output_tokens) >= 60, 'both parts are booked');
      }),
    );

    journey('S09', `the fallback, of ${what}, goes on after the idle limit, and the gateway is well`, () =>
      inWorld(under({ ...setup, router: { stream_idle_timeout: 1 } }, 's09'), async ({ ask, way, gateway }) => {
        const answer = await ask({ stream: true });
        assertServed(answer);
        assert.deepEqual(way(), ['west', 'east']);
        assert.ok(answer.tookMs > 900 && answer.tookMs < 6_000, `${answer.tookMs} ms`);
        gateway.simulator.reset();
        assertServed(await ask({ stream: true }));
      }),
    );

    journey('S14', `the prefill’s 400 never reaches the client, fallback of ${what}`, () =>
      inWorld({ ...setup, faults: { west: 's08', east: 'prefill-rejected' } }, async ({ ask, way }) => {
        const answer = await ask({ stream: true });
        if (answer.error === undefined) assertServed(answer);
        else assertClearError(answer);
        assert.doesNotMatch(answer.error?.message ?? '', /prefill|400/i);
        assert.ok(way().includes('east'), 'the fallback was tried');
      }),
    );
  }

  journey('S08', 'a whole answer that is cut is asked for again', () =>
    inWorld(under(PLAIN, 's08'), async ({ ask, way }) => {
      assertServed(await ask());
      assert.equal(way().at(-1), 'east');
    }),
  );

  journey('S08', 'without a fallback the client gets an error event', () =>
    inWorld(under({ ...ALONE, router: { num_retries: 0 } }, 's08'), async ({ ask, books }) => {
      const answer = await ask({ stream: true });
      assertClearError(answer);
      assert.ok(SIXTY.startsWith(answer.text.trimEnd()) && answer.text.length > 40, answer.text);
      const line = await books(answer);
      assert.equal(line.outcome, 'failure');
      assert.equal(line.usage_estimated, true);
    }),
  );

  journey('S08', 'with mid_stream: error the client gets an error event, and no other deployment is called', () =>
    inWorld(under({ ...PLAIN, router: { mid_stream: 'error' } }, 's08'), async ({ ask, way }) => {
      assertClearError(await ask({ stream: true }));
      assert.deepEqual(way(), ['west']);
    }),
  );

  journey('S09', 'without a fallback the client gets an error event', () =>
    inWorld(
      under({ ...ALONE, router: { num_retries: 0, stream_idle_timeout: 1 } }, 's09'),
      async ({ ask, gateway }) => {
        const answer = await ask({ stream: true });
        assertClearError(answer);
        assert.ok(answer.tookMs < 6_000, `${answer.tookMs} ms`);
        gateway.simulator.reset();
        assertServed(await ask({ stream: true }));
      },
    ),
  );

  for (const [what, setup] of [...WAYS, ['none', ALONE] as const]) {
    journey('S10', `survived or told, fallback of ${what}`, () =>
      inWorld(under(setup, 's10'), async ({ ask }) => {
        const answer = await ask({ stream: true });
        if (setup === ALONE) assertClearError(answer);
        else assertServed(answer);
      }),
    );
  }

  for (const [what, setup] of [
    ['without a fallback', ALONE],
    ['with one', PLAIN],
  ] as const) {
    journey('S11', `the answer is ended under the default limits, ${what}`, () =>
      inWorld(under(setup, 's11'), async ({ ask, way, books }) => {
        const answer = await ask({ stream: true });
        assertServed(answer);
        assert.ok(answer.tookMs < 8_000, `${answer.tookMs} ms`);
        assert.deepEqual(way(), ['west']);
        const line = await books(answer);
        assert.equal(line.output_tokens, answer.usage?.completion_tokens);
        assert.equal(line.usage_estimated, undefined);
      }),
    );
  }

  journey('S11', 'the answer is ended for a client of another format', () =>
    inWorld(under(ALONE, 's11'), async ({ gateway }) => {
      const since = performance.now();
      const seen = await ask(gateway, 'anthropic', 'chat', true);
      assertWhole(seen);
      assert.match(seen.text, /"output_tokens":[1-9]/);
      assert.ok(performance.now() - since < 8_000);
    }),
  );
});
