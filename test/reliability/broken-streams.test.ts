/** Streams that break, stall or misbehave in the middle: S08 to S11 and S14. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { ask, assertWhole } from '../faults/support.ts';
import { journey } from './journey.ts';
import {
  ALONE,
  type Answer,
  assertClearError,
  assertServed,
  deployment,
  inWorld,
  PLAIN,
  type Setup,
  SIXTY,
  type World,
} from './world.ts';

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

const WEATHER: JsonObject = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, note: { type: 'string' } },
      required: ['city', 'note'],
    },
  },
};

/** What the provider of the second part counted is booked as it is, and beside it what the first had written. */
async function assertBothBilled({ gateway, books }: World, answer: Answer): Promise<void> {
  const { models } = gateway.simulator.stats();
  const second = Object.entries(models).find(([model]) => model !== 'gpt-4o')?.[1];
  const line = await books(answer);
  assert.ok(second !== undefined);
  assert.ok(Number(line.output_tokens) >= second.completionTokens + 5, `${line.output_tokens}`);
  assert.ok(Number(line.output_tokens) <= second.completionTokens + 240, `${line.output_tokens}`);
}

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

  for (const [what, setup] of WAYS) {
    for (const [id, upstream, router] of [
      ['S08', 's08', {}],
      ['S08', 'fin-after-40-of-60', {}],
      ['S09', 's09', { stream_idle_timeout: 1 }],
      ['S10', 's10', {}],
      ['S14', 's08', {}],
    ] as const) {
      const refuses = id === 'S14' ? 'prefill-rejected+' : '';
      journey(
        id,
        `under ${upstream} a fallback of ${what} that starts over is joined, ${refuses || 'no prefill refused'}`,
        () =>
          inWorld({ ...setup, router, faults: { west: upstream, east: `${refuses}starts-over` } }, async (world) => {
            const answer = await world.ask({ stream: true });
            assertServed(answer);
            assert.equal(answer.models.length, 1, answer.models.join(', '));
            assert.ok(world.way().includes('east'));
            await assertBothBilled(world, answer);
          }),
      );

      journey(
        id,
        `under ${upstream} a fallback of ${what} that rewords is an error, ${refuses || 'no prefill refused'}`,
        () =>
          inWorld({ ...setup, router, faults: { west: upstream, east: `${refuses}rewords` } }, async (world) => {
            const answer = await world.ask({ stream: true });
            assertClearError(answer);
            assert.ok(SIXTY.startsWith(answer.text), answer.text);
            assert.doesNotMatch(answer.error?.message ?? '', /prefill|400/i);
            await assertBothBilled(world, answer);
          }),
      );
    }
  }

  journey(
    'S08',
    'a fallback that starts over has room for all of it, and the client gets no more than it asked for',
    () =>
      inWorld({ ...SAME_FORMAT, faults: { west: 's08', east: 'starts-over' } }, async ({ ask }) => {
        assertServed(await ask({ stream: true, more: { max_tokens: 60 } }));
      }),
  );

  journey('S08', 'the usage that the client sees is that of the answer it has', () =>
    inWorld({ ...SAME_FORMAT, faults: { west: 's08', east: 'starts-over' } }, async ({ ask }) => {
      const { usage } = await ask({ stream: true });
      assert.ok(
        usage !== undefined && usage.completion_tokens >= 50 && usage.completion_tokens <= 70,
        JSON.stringify(usage),
      );
    }),
  );

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

  for (const [what, prompt, more] of [
    [
      'inside a tool call',
      'Use the tool: what is the weather in Paris?',
      { tools: [WEATHER], tool_choice: 'required' },
    ],
    ['inside structured output', 'Give me a long list', { response_format: { type: 'json_object' } }],
  ] satisfies [string, string, JsonObject][]) {
    for (const east of ['starts-over', 'rewords']) {
      journey('S08', `${what} nothing can be joined: an error, over a fallback with ${east}`, () =>
        inWorld({ ...SAME_FORMAT, faults: { west: 'reset-after-3', east } }, async ({ ask, way }) => {
          assertClearError(await ask({ stream: true, prompt, more }));
          assert.deepEqual(way(), ['west']);
        }),
      );
    }
  }

  for (const [isOn, mode, expected] of [
    [false, undefined, ['west']],
    [true, undefined, ['west', 'east']],
    [false, 'continue', ['west', 'east']],
  ] as const) {
    const router = {
      enable_mid_stream_fallback_continuation: isOn,
      ...(mode !== undefined && { mid_stream: mode }),
    };
    journey('S08', `enable_mid_stream_fallback_continuation: ${isOn} beside mid_stream: ${mode ?? 'unset'}`, () =>
      inWorld(under({ ...PLAIN, router }, 's08'), async ({ ask, way }) => {
        const answer = await ask({ stream: true });
        if (expected.length === 1) assertClearError(answer);
        else assertServed(answer);
        assert.deepEqual(way(), expected);
      }),
    );
  }

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
