/** Hedging through the front door: a slow first deployment, a second attempt beside it, and what both cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { type Answer, assertServed, deployment, inWorld, type Setup, type World } from './world.ts';

const LATE = '+latency-800-0';
const RELAYED = 'openai/gpt-4o';
const TRANSLATED = 'anthropic/claude-sonnet-4-5';
/** Every request may be hedged as far as money is concerned. */
const GENEROUS = { enabled: true, max_extra_spend: 1 };

/** `chat` at `west` first and then at `east`; `warm` is the same group as long as `west` is quick. */
function setup(
  hedge: JsonObject | undefined,
  more: { model?: string; west?: string; router?: JsonObject } = {},
): Setup {
  const { model = RELAYED, west = model, router } = more;
  return {
    deployments: [
      deployment('chat', 'west', west, { order: 1 }),
      deployment('chat', 'east', model, { order: 2 }),
      deployment('backup', 'north'),
    ],
    fallbacks: [{ chat: ['backup'] }],
    router: { num_retries: 0, ...router, ...(hedge !== undefined && { model_group_settings: { chat: { hedge } } }) },
  };
}

/** Enough quick answers that the gateway knows what is late; then the first deployment is slow. Returns the median time in seconds. */
async function warmUp(world: World, stream: boolean, requests = 20): Promise<number> {
  const tookMs: number[] = [];
  for (let begun = 0; begun < requests; begun += 10) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.ask({ stream })));
    for (const answer of answers) {
      assertServed(answer);
      tookMs.push(answer.tookMs);
    }
  }
  await world.gateway.logLines();
  world.gateway.simulator.reset();
  return (tookMs.sort((a, b) => a - b)[requests >> 1] ?? 0) / 1000;
}

/** So late that whatever comes before it came because of a hedge or a cancellation, on a busy machine as well. */
const SLOW_S = 20;
const WELL_BEFORE_MS = 15_000;

const slow = (world: World, name = 'west') =>
  world.gateway.simulator.script({ match: { deployment: name }, fault: `headers-after-${SLOW_S}` });

async function until<Found>(look: () => Found | Promise<Found>): Promise<Found> {
  const deadline = performance.now() + WELL_BEFORE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadline) assert.fail(`not within ${WELL_BEFORE_MS} ms`);
    await wait(5);
  }
}

for (const stream of [true, false]) {
  for (const model of [RELAYED, TRANSLATED]) {
    const kind = `${stream ? 'a stream' : 'a whole answer'} of ${model}`;

    test(`${kind}: a late first attempt loses to the hedge, is cancelled at once, and both are booked`, async () => {
      await inWorld(setup(GENEROUS, { model }), async (world) => {
        await warmUp(world, stream);
        const slowness = slow(world);
        const answer = await world.ask({ stream });
        assertServed(answer);
        assert.ok(answer.tookMs < WELL_BEFORE_MS, `${answer.tookMs} ms`);
        assert.equal(slowness.applied(), 1);
        assert.equal(answer.headers.get('x-sluice-hedged'), '1');
        assert.equal(answer.headers.get('x-litellm-model-id'), 'east');
        assert.equal(answer.headers.get('x-litellm-attempted-retries'), '0');
        assert.deepEqual(world.way(), ['west', 'east']);
        const [west] = world.attempts();
        await until(() => west?.request.outcome === 'aborted-by-client');
        const books = await world.books(answer);
        assert.deepEqual(
          { ...books, attempts: 2, hedge: 'won', deployment: 'east', outcome: 'success', usage_estimated: true },
          books,
        );
        const prompt = answer.usage?.prompt_tokens ?? 0;
        assert.ok(Number(books.input_tokens) > prompt, `${books.input_tokens} tokens in, both are paid`);
        const metrics = await (await world.gateway.get('/metrics')).text();
        assert.match(metrics, /^sluice_hedges_total\{outcome="won"\} 1$/m);
      });
    });
  }

  test(`${stream ? 'a stream' : 'a whole answer'}: a hedge that is slower still is cancelled itself`, async () => {
    await inWorld(setup(GENEROUS), async (world) => {
      await warmUp(world, stream);
      world.gateway.simulator.script({ match: { deployment: 'west' }, fault: 'headers-after-1.5' });
      slow(world, 'east');
      const answer = await world.ask({ stream });
      assertServed(answer);
      assert.equal(answer.headers.get('x-sluice-hedged'), null);
      assert.equal(answer.headers.get('x-litellm-model-id'), 'west');
      assert.deepEqual(world.way(), ['west', 'east']);
      const [, east] = world.attempts();
      await until(() => east?.request.outcome === 'aborted-by-client');
      const books = await world.books(answer);
      assert.deepEqual({ ...books, attempts: 2, hedge: 'lost', deployment: 'west' }, books);
    });
  });
}

test('the lanes may differ: a relayed first attempt loses to a translated hedge, and the headers are of the winner', async () => {
  const mixed = setup(GENEROUS);
  const [west, , north] = mixed.deployments;
  assert.ok(west !== undefined && north !== undefined);
  const deployments = [west, deployment('chat', 'east', TRANSLATED, { order: 2 }), north];
  await inWorld({ ...mixed, deployments }, async (world) => {
    await warmUp(world, true);
    slow(world);
    const answer = await world.ask({ stream: true });
    assertServed(answer);
    const books = await world.books(answer);
    assert.deepEqual({ ...books, lane: 'translate', provider: 'anthropic', hedge: 'won' }, books);
  });
});

test('off by default: a late first attempt is waited for', async () => {
  await inWorld(setup(undefined, { west: `${RELAYED}${LATE}` }), async (world) => {
    for (const stream of [true, false]) {
      const answers = await Promise.all(Array.from({ length: 25 }, () => world.ask({ stream })));
      for (const answer of answers) assertServed(answer);
    }
    assert.deepEqual(new Set(world.way()), new Set(['west']));
    assert.equal(world.way().length, 50);
  });
});

test('nothing is hedged before twenty answers are known', async () => {
  await inWorld(setup(GENEROUS, { west: `${RELAYED}${LATE}` }), async (world) => {
    await Promise.all(Array.from({ length: 10 }, () => world.ask({ stream: true })));
    assert.equal(world.way().length, 10);
  });
});

test('when both fail the request goes on to its fallback', async () => {
  await inWorld(setup(GENEROUS), async (world) => {
    await warmUp(world, true);
    world.gateway.simulator.script({ match: { deployment: 'west' }, fault: 'headers-after-0.3+503' });
    world.gateway.simulator.script({ match: { deployment: 'east' }, fault: '503' });
    const answer = await world.ask({ stream: true });
    assertServed(answer);
    assert.deepEqual(world.way(), ['west', 'east', 'north']);
    assert.equal(answer.headers.get('x-litellm-attempted-fallbacks'), '1');
    assert.equal(answer.headers.get('x-sluice-hedged'), null);
    const books = await world.books(answer);
    assert.deepEqual({ ...books, attempts: 3, hedge: 'lost', deployment: 'north' }, books);
  });
});

test('when the first fails while the hedge runs, the hedge carries on', async () => {
  await inWorld(setup(GENEROUS), async (world) => {
    await warmUp(world, false);
    world.gateway.simulator.script({ match: { deployment: 'west' }, fault: 'headers-after-0.3+503' });
    world.gateway.simulator.script({ match: { deployment: 'east' }, fault: 'headers-after-0.6' });
    const answer = await world.ask();
    assertServed(answer);
    assert.deepEqual(world.way(), ['west', 'east']);
    assert.equal(answer.headers.get('x-sluice-hedged'), '1');
  });
});

test('when the hedge fails, the first is still waited for, and the client hears nothing of it', async () => {
  await inWorld(setup(GENEROUS), async (world) => {
    await warmUp(world, true);
    world.gateway.simulator.script({ match: { deployment: 'west' }, fault: 'headers-after-1.5' });
    world.gateway.simulator.script({ match: { deployment: 'east' }, fault: '401' });
    const answer = await world.ask({ stream: true });
    assertServed(answer);
    assert.deepEqual(world.way(), ['west', 'east']);
    assert.equal(answer.headers.get('x-litellm-model-id'), 'west');
    assert.equal((await world.books(answer)).hedge, 'lost');
  });
});

test('a client that hangs up ends both attempts', async () => {
  for (const stream of [true, false]) {
    await inWorld(setup(GENEROUS), async (world) => {
      await warmUp(world, stream);
      for (const name of ['west', 'east']) slow(world, name);
      const leaving = new AbortController();
      const { gateway } = world;
      const asked = fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        signal: leaving.signal,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.masterKey}` },
        body: JSON.stringify({ model: 'chat', stream, messages: [{ role: 'user', content: 'Say: hello' }] }),
      });
      await until(() => world.way().length === 2);
      leaving.abort();
      await assert.rejects(asked);
      await until(() => world.attempts().every(({ request }) => request.outcome === 'aborted-by-client'));
      // What the providers had is counted beside the requests, and the first count waits for the counter to start.
      const left = await until(async () => (await gateway.logLines()).find((line) => line.includes('client-gone')));
      const books = JSON.parse(left ?? '{}') as JsonObject;
      assert.deepEqual({ ...books, outcome: 'client-gone', attempts: 2, usage_estimated: true }, books);
    });
  }
});

test('embeddings are hedged like whole answers', async () => {
  const group = (name: string, order: number) => deployment('chat', name, 'openai/text-embedding-3-small', { order });
  const { router } = setup(GENEROUS);
  await inWorld({ deployments: [group('west', 1), group('east', 2)], ...(router && { router }) }, async (world) => {
    const ask = () => world.gateway.post('/v1/embeddings', { model: 'chat', input: 'some words' });
    for (const answer of await Promise.all(Array.from({ length: 20 }, ask))) assert.equal(answer.status, 200);
    world.gateway.simulator.reset();
    await world.gateway.logLines();
    slow(world);
    const answer = await ask();
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-sluice-hedged'), '1');
    assert.deepEqual(world.way(), ['west', 'east']);
  });
});

test('whichever call wins, every client has one whole answer, and every race is booked', async () => {
  await inWorld(setup(GENEROUS), async (world) => {
    const usual = Math.max(0.04, ...(await Promise.all([warmUp(world, true), warmUp(world, false)])));
    const { simulator } = world.gateway;
    // About as late as one another, so that they meet in every order, and later than this machine is now.
    for (const name of ['west', 'east']) {
      for (const [fault, every] of [
        [`headers-after-${usual * 1.5}`, 2],
        [`first-token-after-${usual * 1.25}`, 3],
        [`stall-after-0-for-${usual}`, 5],
      ] as const) {
        simulator.script({ match: { deployment: name }, fault: `${fault}-every-${every}` });
      }
    }
    const answers: Answer[] = [];
    for (let round = 0; round < 15; round += 1) {
      answers.push(
        ...(await Promise.all(Array.from({ length: 8 }, (_, index) => world.ask({ stream: index % 2 === 0 })))),
      );
    }
    for (const answer of answers) assertServed(answer);
    const raced = world.way().length - answers.length;
    assert.ok(raced > 0, 'some raced');
    const books = await Promise.all(answers.map((answer) => world.books(answer)));
    // One that was cancelled before it had a connection is booked as lost but was never seen.
    assert.ok(books.filter(({ hedge }) => hedge !== undefined).length >= raced);
    for (const [index, { hedge, deployment: answered }] of books.entries()) {
      const answer = answers[index];
      assert.equal(answer?.headers.get('x-litellm-model-id'), answered);
      assert.equal(answer?.headers.get('x-sluice-hedged'), hedge === 'won' ? '1' : null);
    }
    assert.ok(simulator.requests.every(({ outcome }) => outcome !== 'pending'));
  });
});

test('the attempt cap counts hedges', async () => {
  await inWorld(setup(GENEROUS, { router: { max_attempts: 1 } }), async (world) => {
    await warmUp(world, true);
    world.gateway.simulator.script({ match: { deployment: 'west' }, fault: 'headers-after-0.3' });
    assertServed(await world.ask({ stream: true }));
    assert.deepEqual(world.way(), ['west']);
  });
});

test('the cap on extra spend holds over two hundred requests of which one in five is late', async () => {
  await inWorld(setup({ enabled: true, max_extra_spend: 0.02, percentile: 0.7 }), async (world) => {
    await warmUp(world, true);
    world.gateway.simulator.script({ match: { deployment: 'west' }, fault: 'headers-after-0.3-every-5' });
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => world.ask({ stream: true })));
      for (const answer of answers) assertServed(answer);
    }
    const hedges = world.way().filter((name) => name === 'east').length;
    assert.ok(hedges >= 2, `${hedges} hedges`);
    assert.ok(hedges < 30, `${hedges} hedges of 40 that were late`);
    const lines = (await world.gateway.logLines()).map((line) => JSON.parse(line) as JsonObject);
    const cost = (raced: boolean): number =>
      lines
        .filter((line) => line.msg === 'request' && (line.hedge !== undefined) === raced)
        .reduce((sum, line) => sum + Number(line.cost_usd), 0);
    const perRequest = cost(false) / lines.filter((line) => line.hedge === undefined && line.msg === 'request').length;
    const raced = lines.filter((line) => line.hedge !== undefined).length;
    const extra = cost(true) - raced * perRequest;
    assert.ok(extra > 0 && extra <= 0.02 * (cost(false) + raced * perRequest) * 1.000_001, `${extra} extra`);
  });
});
