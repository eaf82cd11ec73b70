/** Upstreams that refuse or break before a word: S01 to S05, S12, S13, S16. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { journey } from './journey.ts';
import { ALONE, assertClearError, assertServed, deployment, inWorld, PAIR, PLAIN, type Setup } from './world.ts';

const under = (setup: Setup, fault: string): Setup => ({ ...setup, faults: { west: fault } });

describe('refused before a word', { concurrency: 4 }, () => {
  for (const stream of [false, true]) {
    const kind = stream ? 'streamed' : 'whole';

    journey('S01', `a retry waits as long as the provider says, ${kind}`, () =>
      inWorld(under(ALONE, 's01'), async ({ ask, attempts, way }) => {
        assertServed(await ask({ stream }));
        assert.deepEqual(way(), ['west', 'west']);
        const [, second] = attempts();
        assert.ok(second !== undefined && second.atMs >= 1_800 && second.atMs < 5_000, `${second?.atMs} ms`);
      }),
    );

    journey('S01', `the same provider is waited for before the fallback, ${kind}`, () =>
      inWorld(under(PLAIN, 's01'), async ({ ask, attempts, way }) => {
        assertServed(await ask({ stream }));
        assert.deepEqual(way(), ['west', 'west']);
        const [, second] = attempts();
        assert.ok(second !== undefined && second.atMs >= 1_800, `${second?.atMs} ms`);
      }),
    );

    journey('S01', `another deployment of the group that is free answers at once, ${kind}`, () =>
      inWorld(under({ ...PAIR, fallbacks: [] }, 's01'), async ({ ask, way }) => {
        const answer = await ask({ stream });
        assertServed(answer);
        assert.ok(answer.tookMs < 1_800, `${answer.tookMs} ms`);
        assert.deepEqual(way(), ['west', 'east']);
      }),
    );

    for (const [what, fault, router] of [
      ['a wait that is too long', '429-retry-after-6-once', {}],
      ['any wait, with retry_after_wait_max: 0', 's01', { retry_after_wait_max: 0 }],
    ] as const) {
      journey('S01', `the fallback answers at once in place of ${what}, ${kind}`, () =>
        inWorld({ ...under(PLAIN, fault), router }, async ({ ask, way }) => {
          const answer = await ask({ stream });
          assertServed(answer);
          assert.ok(answer.tookMs < 1_800, `${answer.tookMs} ms`);
          assert.deepEqual(way(), ['west', 'east']);
        }),
      );
    }

    journey('S04', `a 503 that names a long wait goes to the fallback at once, ${kind}`, () =>
      inWorld(under(PLAIN, '503-retry-after-6'), async ({ ask, way }) => {
        assertServed(await ask({ stream }));
        assert.deepEqual(way(), ['west', 'east']);
      }),
    );

    journey('S02', `few attempts and a clear error, ${kind}`, () =>
      inWorld(under(ALONE, 's02'), async ({ ask, attempts }) => {
        const answer = await ask({ stream });
        assertClearError(answer);
        assert.equal(answer.status, 429);
        assert.ok(attempts().filter(({ atMs }) => atMs <= 3_000).length <= 4);
        assert.ok(attempts().length <= 6);
        assert.ok(attempts().length >= 2, 'it was retried');
      }),
    );

    journey('S02', `the fallback answers, ${kind}`, () =>
      inWorld(under(PLAIN, 's02'), async ({ ask, attempts }) => {
        assertServed(await ask({ stream }));
        assert.ok(attempts().length <= 4);
      }),
    );

    journey('S03', `the same provider is asked again, ${kind}`, () =>
      inWorld(under(PLAIN, 's03'), async ({ ask, way }) => {
        assertServed(await ask({ stream }));
        assert.deepEqual(way(), ['west', 'west']);
      }),
    );

    for (const [id, fault] of [
      ['S04', 's04'],
      ['S05', 's05'],
    ] as const) {
      journey(id, `the fallback answers, ${kind}`, () =>
        inWorld(under(PLAIN, fault), async ({ ask, way }) => {
          assertServed(await ask({ stream }));
          assert.deepEqual(way(), ['west', 'west', 'west', 'east']);
        }),
      );

      journey(id, `the other deployment of the group answers at once, ${kind}`, () =>
        inWorld(under(PAIR, fault), async ({ ask, way }) => {
          const answer = await ask({ stream });
          assertServed(answer);
          assert.deepEqual(way(), ['west', 'east']);
          assert.ok(answer.tookMs < 1_000, `${answer.tookMs} ms`);
        }),
      );
    }

    journey('S12', `no retry at the same model, ${kind}`, () =>
      inWorld(under(PLAIN, 's12'), async ({ ask, way }) => {
        const answer = await ask({ stream });
        const isServedByAnother = answer.error === undefined;
        if (isServedByAnother) assertServed(answer);
        else {
          assertClearError(answer);
          assert.equal(answer.status, 400);
          assert.match(answer.error?.message ?? '', /context/i);
        }
        assert.deepEqual(
          way().filter((name) => name === 'west'),
          ['west'],
        );
      }),
    );

    journey('S12', `without a larger model the 400 reaches the client, ${kind}`, () =>
      inWorld(under(ALONE, 's12'), async ({ ask, way }) => {
        const answer = await ask({ stream });
        assertClearError(answer);
        assert.equal(answer.status, 400);
        assert.equal((answer.error as { code?: unknown } | undefined)?.code, 'context_length_exceeded');
        assert.deepEqual(way(), ['west']);
      }),
    );

    journey('S12', `the larger model takes it, ${kind}`, () => {
      const deployments = [...PLAIN.deployments, deployment('large', 'north', 'openai/gpt-4.1')];
      const litellm = { context_window_fallbacks: [{ chat: ['large'] }] };
      return inWorld(under({ ...PLAIN, deployments, litellm }, 's12'), async ({ ask, way }) => {
        const answer = await ask({ stream });
        assertServed(answer);
        assert.equal(answer.model, 'large', 'the name of the group that answered');
        assert.deepEqual(way(), ['west', 'north']);
      });
    });

    journey('S13', `the refusal reaches the client as it is, ${kind}`, () =>
      inWorld(under(PLAIN, 's13'), async ({ ask, way }) => {
        const answer = await ask({ stream });
        assert.equal(answer.error, undefined);
        assert.equal(answer.finish, 'content_filter');
        assert.deepEqual(way(), ['west']);
      }),
    );

    journey('S13', `a refusal in words reaches the client as it is, ${kind}`, () =>
      inWorld(under(PLAIN, 'refuse'), async ({ ask, way }) => {
        const answer = await ask({ stream });
        assert.equal(answer.error, undefined);
        assert.match(answer.text, /can't help with that/);
        assert.deepEqual(way(), ['west']);
      }),
    );

    journey('S13', `a prompt that is refused with 400 is not retried, ${kind}`, () =>
      inWorld(under(PLAIN, 'content-filter-400'), async ({ ask, way }) => {
        const answer = await ask({ stream });
        assertClearError(answer);
        assert.equal(answer.status, 400);
        assert.match(answer.error?.message ?? '', /content management policy/);
        assert.deepEqual(way(), ['west']);
      }),
    );

    journey('S16', `the books are the fallback’s, ${kind}`, () =>
      inWorld(under(PLAIN, 's16'), async ({ ask, way, books, gateway }) => {
        const answer = await ask({ stream });
        assertServed(answer);
        assert.deepEqual(way(), ['west', 'west', 'west', 'east']);
        assert.equal(answer.model, 'backup', 'the fallback’s name, never the one that failed');
        assert.equal(answer.headers.get('x-litellm-model-id'), 'east');
        assert.equal(answer.headers.get('x-litellm-model-group'), 'backup');
        assert.equal(answer.headers.get('x-litellm-attempted-fallbacks'), '1');
        const { models } = gateway.simulator.stats();
        const billed = models['claude-sonnet-4-5'];
        assert.ok(billed !== undefined);
        assert.equal(answer.usage?.prompt_tokens, billed.promptTokens);
        assert.equal(answer.usage?.completion_tokens, billed.completionTokens);
        const line = await books(answer);
        assert.equal(line.deployment, 'east');
        assert.equal(line.attempts, 4);
        assert.equal(line.outcome, 'success');
        assert.equal(line.input_tokens, billed.promptTokens);
        assert.equal(line.output_tokens, billed.completionTokens);
        // Sonnet's list price: 3 USD and 15 USD a million. Nothing of gpt-4o's is in it.
        const expected = (billed.promptTokens * 3 + billed.completionTokens * 15) / 1e6;
        assert.equal(Number(line.cost_usd), expected);
      }),
    );
  }
});
