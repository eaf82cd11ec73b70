/** Upstreams that say nothing or too late: S06 and S07. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { journey } from './journey.ts';
import { assertClearError, assertServed, deployment, inWorld, PAIR, PLAIN, type Setup } from './world.ts';

const under = (setup: Setup, fault: string, router: Setup['router']): Setup => ({
  ...setup,
  faults: { west: fault },
  ...(router !== undefined && { router }),
});

/** The limits of a test stand for those of a user: 2 s for 60, 1 s for 15. */
const LIMITS = { timeout: 2, ttft_timeout: 1 };

describe('silent', { concurrency: 4 }, () => {
  for (const stream of [false, true]) {
    const kind = stream ? 'streamed' : 'whole';
    for (const [what, setup] of [
      ['the fallback answers', PLAIN],
      ['the other deployment of the group answers', PAIR],
    ] as const) {
      journey('S06', `one attempt, then ${what}, ${kind}`, () =>
        inWorld(under(setup, 's06', LIMITS), async ({ ask, way, attempts }) => {
          const answer = await ask({ stream });
          assertServed(answer);
          assert.deepEqual(way(), ['west', 'east']);
          const limitMs = stream ? 1_000 : 2_000;
          assert.ok(answer.tookMs > limitMs - 100 && answer.tookMs < limitMs + 2_000, `${answer.tookMs} ms`);
          // The provider does not go on working for a client that left.
          assert.equal(attempts()[0]?.request.outcome, 'aborted-by-client');
        }),
      );
    }
  }

  journey('S07', 'the limit for the first token moves on', () =>
    inWorld(under(PLAIN, 's07', { ttft_timeout: 1 }), async ({ ask, way }) => {
      const answer = await ask({ stream: true });
      assertServed(answer);
      assert.deepEqual(way(), ['west', 'east']);
      assert.ok(answer.tookMs > 900 && answer.tookMs < 4_000, `${answer.tookMs} ms`);
    }),
  );

  journey('S07', 'a limit of the deployment’s own does the same', () => {
    const deployments = PLAIN.deployments.map((entry, index) =>
      index === 0 ? { ...entry, litellm_params: { ...Object(entry.litellm_params), stream_timeout: 1 } } : entry,
    );
    return inWorld(under({ ...PLAIN, deployments }, 's07', undefined), async ({ ask, way }) => {
      assertServed(await ask({ stream: true }));
      assert.deepEqual(way(), ['west', 'east']);
    });
  });

  for (const [what, setup] of [
    ['the fallback', PLAIN],
    ['another deployment of the group', PAIR],
  ] as const) {
    journey('S07', `${what} is asked as well when the first token is late, and the slower of both is let go`, () =>
      inWorld(under(setup, 's07', { late_first_token: 1 }), async ({ ask, way, books, attempts }) => {
        const answer = await ask({ stream: true });
        assertServed(answer);
        assert.deepEqual(way(), ['west', 'east']);
        assert.ok(answer.tookMs > 900 && answer.tookMs < 6_000, `${answer.tookMs} ms`);
        assert.equal(answer.headers.get('x-litellm-model-id'), 'east');
        assert.equal(answer.headers.get('x-litellm-model-group'), setup === PLAIN ? 'backup' : 'chat');
        assert.equal(answer.headers.get('x-litellm-attempted-fallbacks'), setup === PLAIN ? '1' : '0');
        assert.deepEqual(answer.models, [setup === PLAIN ? 'backup' : 'chat']);
        assert.equal((await books(answer)).deployment, 'east');
        assert.equal(attempts()[0]?.request.outcome, 'aborted-by-client');
      }),
    );
  }

  journey('S07', 'a late first token that comes before the second answer serves, and its group is named', () =>
    inWorld(
      {
        ...PLAIN,
        router: { late_first_token: 1 },
        faults: { west: 'first-token-after-2', east: 'first-token-after-20' },
      },
      async ({ ask, way, books }) => {
        const answer = await ask({ stream: true });
        assertServed(answer);
        assert.deepEqual(way(), ['west', 'east']);
        assert.equal(answer.headers.get('x-litellm-model-group'), 'chat');
        assert.deepEqual(answer.models, ['chat']);
        assert.equal((await books(answer)).deployment, 'west');
      },
    ),
  );

  for (const [what, model, more] of [
    ['a model that reasons', 'openai/gpt-5', {}],
    ['a request that asks for reasoning', 'openai/gpt-oss-120b', { reasoning_effort: 'high' }],
  ] as const) {
    journey('S07', `${what} is left to think`, () =>
      inWorld(
        {
          ...PLAIN,
          deployments: [deployment('chat', 'west', model), ...PLAIN.deployments.slice(1)],
          router: { late_first_token: 1 },
          faults: { west: 'first-token-after-3' },
        },
        async ({ ask, way }) => {
          assertServed(await ask({ stream: true, more }));
          assert.deepEqual(way(), ['west']);
        },
      ),
    );
  }

  journey('S07', 'with late_first_token: 0 no second answer is asked for', () =>
    inWorld(
      { ...PLAIN, router: { late_first_token: 0 }, faults: { west: 'first-token-after-2' } },
      async ({ ask, way }) => {
        assertServed(await ask({ stream: true }));
        assert.deepEqual(way(), ['west']);
      },
    ),
  );

  journey('S06', 'the limit for the headers of a stream moves on', () =>
    inWorld(under(PLAIN, 's06', { response_headers_timeout: 1 }), async ({ ask, way }) => {
      const answer = await ask({ stream: true });
      assertServed(answer);
      assert.deepEqual(way(), ['west', 'east']);
      assert.ok(answer.tookMs > 900 && answer.tookMs < 6_000, `${answer.tookMs} ms`);
    }),
  );

  journey(
    'S06',
    'the limit for the headers does not hold for the last deployment that is left, nor after the headers',
    () =>
      inWorld(
        {
          ...PLAIN,
          router: { response_headers_timeout: 1, late_first_token: 0 },
          faults: { west: 'first-token-after-2', east: 'hang-2-once' },
        },
        async ({ ask, way }) => {
          assertServed(await ask({ stream: true }));
          assert.deepEqual(way(), ['west']);
        },
      ),
  );

  for (const [where, setup, more] of [
    ['of the router', { router: { stream_timeout: 1 } }, {}],
    ['of the request', {}, { stream_timeout: 1 }],
  ] as const) {
    journey('S09', `stream_timeout ${where} bounds a silence in the middle`, () =>
      inWorld({ ...under(PLAIN, 's09', undefined), ...setup }, async ({ ask, way }) => {
        const answer = await ask({ stream: true, more });
        assertServed(answer);
        assert.deepEqual(way(), ['west', 'east']);
        assert.ok(answer.tookMs < 8_000, `${answer.tookMs} ms`);
      }),
    );
  }

  journey('S09', 'total_timeout ends a stream that keeps coming, and no other deployment is asked', () =>
    inWorld(under(PLAIN, 's09', undefined), async ({ ask, way, openai, gateway }) => {
      const answer = await ask({ stream: true, more: { total_timeout: 2 } });
      assertClearError(answer);
      assert.ok(answer.tookMs > 1_500 && answer.tookMs < 8_000, `${answer.tookMs} ms`);
      assert.deepEqual(way(), ['west']);
      assert.ok(!JSON.stringify(gateway.simulator.requests[0]?.body).includes('total_timeout'));
      const header = openai.chat.completions.create(
        { model: 'chat', messages: [{ role: 'user', content: 'Say: x' }] },
        { headers: { 'x-litellm-total-timeout': 'soon' } },
      );
      await assert.rejects(header, /x-litellm-total-timeout/);
    }),
  );
});
