/** Upstreams that say nothing or too late: S06 and S07. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { journey } from './journey.ts';
import { assertServed, inWorld, PAIR, PLAIN, type Setup } from './world.ts';

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
});
