/** Identical requests that are under way, answered by one call. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type CachedGateway, chat, deployment, startCached } from './cached-gateway.ts';

let cached: CachedGateway;
afterEach(() => cached.gateway.close());

const KEYS = [
  { api_key: 'key-of-a', user_id: 'a' },
  { api_key: 'poor-key-of-a', user_id: 'a', rpm_limit: 0 },
  { api_key: 'key-of-b', user_id: 'b' },
];
const start = async (cache = {}): Promise<void> => {
  cached = await startCached({
    keys: KEYS,
    cache: { join_requests: true, ...cache },
    models: [deployment('sim/*', 'openai/*')],
  });
};
const slow = (content = 'Tell me of rivers.', more = {}) => ({
  ...chat(content, more),
  model: 'sim/gpt-4o+latency-400-1',
});

describe('identical requests under way', { timeout: 60_000 }, () => {
  it('are answered by one call within their scope, each in its own form, and booked as what they cost', async () => {
    await start();
    const asked = await Promise.all([
      cached.ask(slow()),
      cached.ask(slow()),
      cached.ask(slow(undefined, { stream: true })),
      cached.ask(slow(), { key: 'key-of-b' }),
      cached.ask(slow('Tell me of lakes.')),
    ]);
    assert.deepEqual(asked.map(({ status, isHit }) => [status, isHit]).sort(), [
      [200, false],
      [200, false],
      [200, false],
      [200, true],
      [200, true],
    ]);
    assert.equal(cached.calls(), 3, 'one for each scope and question');
    const costs = asked.map(({ headers, isHit }) => isHit && headers.get('x-litellm-response-cost'));
    assert.deepEqual(
      costs.filter((cost) => cost !== false),
      ['0', '0'],
    );
    assert.match(await (await cached.gateway.get('/metrics')).text(), /^sluice_answer_cache_joined_total 2$/m);
  });

  it('ask for themselves unless the operator wants them joined', async () => {
    await start({ join_requests: false });
    await Promise.all([cached.ask(slow()), cached.ask(slow()), cached.ask(slow())]);
    assert.equal(cached.calls(), 3);
  });

  it('are not taken along by one that hangs up: another goes first', async () => {
    await start();
    const leaving = new AbortController();
    const leader = fetch(`${cached.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer key-of-a', 'content-type': 'application/json' },
      body: JSON.stringify(slow()),
      signal: leaving.signal,
    }).catch(() => 'left');
    await wait(100);
    const followers = [cached.ask(slow()), cached.ask(slow()), cached.ask(slow())];
    await wait(100);
    assert.equal(cached.calls(), 1);
    leaving.abort();
    assert.equal(await leader, 'left');
    const answers = await Promise.all(followers);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
    assert.equal(answers.filter(({ isHit }) => isHit).length, 2);
    assert.equal(cached.calls(), 2, 'the one that left, and the next');
  });

  it('are not taken along by one that is refused or fails', async () => {
    await start();
    const model = 'sim/gpt-4o+latency-300-1+fault-500';
    const failing = await Promise.all([1, 2, 3].map(() => cached.ask({ ...chat('x'), model })));
    assert.ok(failing.every(({ status, isHit }) => status >= 500 && !isHit));
    assert.equal(cached.calls(), 3, 'each has asked for itself');
    const [refused, served] = await Promise.all([
      cached.ask(slow('y'), { key: 'poor-key-of-a' }),
      cached.ask(slow('y')),
    ]);
    assert.deepEqual([refused.status, served.status], [429, 200]);
  });

  it('that wait may hang up, and those that want a fresh answer do not wait', async () => {
    await start();
    const leader = cached.ask(slow());
    await wait(50);
    const leaving = new AbortController();
    const follower = fetch(`${cached.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer key-of-a', 'content-type': 'application/json' },
      body: JSON.stringify(slow()),
      signal: leaving.signal,
    }).catch(() => 'left');
    await wait(50);
    leaving.abort();
    const fresh = await cached.ask(slow(undefined, { cache: { 'no-cache': true } }));
    assert.deepEqual([await follower, (await leader).status, fresh.isHit, cached.calls()], ['left', 200, false, 2]);
  });
});
