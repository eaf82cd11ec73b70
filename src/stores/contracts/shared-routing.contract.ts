/** What every implementation of shared routing must do, as tests: `testSharedRouting('memory', …)`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type {
  AttemptCounter,
  AttemptCounts,
  BreakerChange,
  HealthNews,
  HeldPrefixes,
  SharedRouting,
} from './shared-routing.ts';

/** A cluster for one test. Its instances are joined by the time they are given. */
export interface TestCluster {
  join(): Promise<SharedRouting>;
  close(): Promise<void>;
}

const ARRIVES_WITHIN_MS = 300;
const INTERVAL_MS = 150;

/** The news an instance hears, in order. */
function heardBy(instance: SharedRouting): [string, BreakerChange][] {
  const heard: [string, BreakerChange][] = [];
  instance.onChange((id, news) => heard.push([id, news]));
  return heard;
}

/** Counts as a test says, and keeps what it hears. */
class ScriptedCounter implements AttemptCounter {
  readonly own = new Map<string, AttemptCounts>();
  readonly heard: [string, AttemptCounts][] = [];

  count(upstream: string, first: number, further: number): void {
    this.own.set(upstream, { first, further });
  }

  drain(): Iterable<readonly [string, AttemptCounts]> {
    const drained = [...this.own];
    for (const upstream of this.own.keys()) this.count(upstream, 0, 0);
    return drained;
  }

  addOthers(upstream: string, counts: AttemptCounts): void {
    this.heard.push([upstream, counts]);
  }
}

/** Waits until it holds, as long as news may take. */
async function soon(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + ARRIVES_WITHIN_MS;
  while (!holds()) {
    if (performance.now() > deadline) assert.fail(`${what} within ${ARRIVES_WITHIN_MS} ms`);
    await wait(2);
  }
}

/** Declares the tests. Ids are new in each of them, so that a store may be kept between tests. */
export function testSharedRouting(name: string, makeCluster: () => Promise<TestCluster>): void {
  let lastNumber = 0;
  const behaves = (does: string, body: (cluster: TestCluster, id: string) => Promise<void>): void => {
    test(`${name}: ${does}`, { timeout: 20_000 }, async () => {
      const cluster = await makeCluster();
      try {
        await body(cluster, `deployment-${++lastNumber}`);
      } finally {
        await cluster.close();
      }
    });
  };

  behaves('what deployments hold is heard by the others alone, as often as one tells it', async (cluster, id) => {
    const [one, two] = [await cluster.join(), await cluster.join()];
    const heard: [string, HeldPrefixes][] = [];
    one.onHeld((held) => heard.push(['one', held]));
    two.onHeld((held) => heard.push(['two', held]));
    one.announceHeld({ deploymentId: id, lifeMs: 300_000, keys: [1, 2, 3] });
    await soon(() => heard.length === 1, 'heard');
    assert.deepEqual(heard, [['two', { deploymentId: id, lifeMs: 300_000, keys: [1, 2, 3] }]]);
    two.announceHeld({ deploymentId: id, lifeMs: 60_000, keys: [4] });
    await soon(() => heard.length === 2, 'heard');
    assert.deepEqual(heard[1], ['one', { deploymentId: id, lifeMs: 60_000, keys: [4] }]);
  });

  behaves('what a check found is heard by the others, and known to those that join later', async (cluster, id) => {
    const [one, two] = [await cluster.join(), await cluster.join()];
    const heard: [string, string, HealthNews][] = [];
    one.onHealth((of, news) => heard.push(['one', of, news]));
    two.onHealth((of, news) => heard.push(['two', of, news]));
    assert.equal(await two.lastHealth(id), undefined);
    one.tellHealth(id, { error: 'upstream_timeout', latencyMs: 12 }, 60_000);
    await soon(() => heard.length > 0, 'heard');
    assert.deepEqual(heard, [['two', id, { error: 'upstream_timeout', latencyMs: 12, ageMs: 0 }]]);
    await wait(50);
    const three = await cluster.join();
    for (const instance of [one, two, three]) {
      const { ageMs = -1, ...found } = (await instance.lastHealth(id)) ?? {};
      assert.deepEqual(found, { error: 'upstream_timeout', latencyMs: 12 });
      assert.ok(ageMs >= 45 && ageMs < 5_000, `${ageMs} ms old`);
    }
    three.tellHealth(id, { error: undefined, latencyMs: 3 }, INTERVAL_MS);
    await soon(() => heard.length === 3, 'heard by both');
    const { error, latencyMs } = (await one.lastHealth(id)) ?? {};
    assert.deepEqual([error, latencyMs], [undefined, 3]);
    await wait(INTERVAL_MS + 50);
    assert.equal(await one.lastHealth(id), undefined, 'what is older than it is kept is not known');
  });

  behaves('news of a breaker reaches every other instance and not the one that told', async (cluster, id) => {
    const [one, two, three] = [await cluster.join(), await cluster.join(), await cluster.join()];
    const [ownNews, news, further] = [heardBy(one), heardBy(two), heardBy(three)];
    one.publish(id, { state: 'open', forMs: 5_000 });
    one.publish(id, { state: 'half-open', forMs: 800 });
    one.publish(id, { state: 'closed', forMs: 0 });
    await soon(() => news.length === 3 && further.length === 3, 'news arrive');
    assert.deepEqual(
      news.map(([, { state }]) => state),
      ['open', 'half-open', 'closed'],
    );
    for (const [index, forMs] of [5_000, 800, 0].entries()) {
      const left = news[index]?.[1].forMs ?? Number.NaN;
      assert.ok(left <= forMs && left >= forMs - ARRIVES_WITHIN_MS, `${left} of ${forMs} ms`);
    }
    assert.deepEqual(ownNews, []);
  });

  behaves('an instance that joins later learns what is open, for as long as that is left', async (cluster, id) => {
    const one = await cluster.join();
    const witness = heardBy(await cluster.join());
    one.publish(id, { state: 'open', forMs: 5_000 });
    one.publish(`${id}-over`, { state: 'open', forMs: 20 });
    one.publish(`${id}-closed`, { state: 'open', forMs: 5_000 });
    one.publish(`${id}-closed`, { state: 'closed', forMs: 0 });
    await soon(() => witness.length === 4, 'news arrive');
    await wait(60);
    const late = heardBy(await cluster.join());
    await soon(() => late.length >= 2, 'what is open is reported');
    await wait(20);
    const known = new Map(late);
    assert.deepEqual([...known.keys()].sort(), [id, `${id}-over`]);
    const left = known.get(id);
    assert.ok(left?.state === 'open' && left.forMs > 4_000 && left.forMs <= 4_950, JSON.stringify(left));
    // It has not been probed since: it may be tried by a probe, not freely.
    assert.deepEqual(known.get(`${id}-over`), { state: 'open', forMs: 0 });
  });

  behaves('one probe per interval goes out of the whole cluster', async (cluster, id) => {
    const [one, two] = [await cluster.join(), await cluster.join()];
    const taken = await Promise.all([one, two, one, two].map((instance) => instance.takeProbe(id, INTERVAL_MS)));
    assert.equal(taken.filter(Boolean).length, 1);
    assert.equal(await two.takeProbe(`${id}-other`, INTERVAL_MS), true);
    await wait(INTERVAL_MS + 30);
    assert.equal(await two.takeProbe(id, INTERVAL_MS), true);
    assert.equal(await one.takeProbe(id, INTERVAL_MS), false);
  });

  behaves('a probe is given back by its holder, and by no other instance', async (cluster, id) => {
    const [one, two] = [await cluster.join(), await cluster.join()];
    assert.equal(await one.takeProbe(id, 10_000), true);
    two.releaseProbe(id);
    assert.equal(await two.takeProbe(id, 10_000), false);
    one.releaseProbe(id);
    await wait(50);
    assert.equal(await two.takeProbe(id, 10_000), true);
    one.releaseProbe(id);
    await wait(50);
    assert.equal(await one.takeProbe(id, 10_000), false);
  });

  behaves('each instance hears once what the others attempted, and never its own', async (cluster, id) => {
    const instances = [await cluster.join(), await cluster.join(), await cluster.join()];
    const counters = instances.map((instance) => {
      const counter = new ScriptedCounter();
      counter.count(id, 0, 0);
      instance.countWith(counter);
      return counter;
    });
    const exchangeAll = async (): Promise<void> => {
      for (const instance of instances) await instance.exchange();
    };
    const heard = (): AttemptCounts[] =>
      counters.map((counter) => ({
        first: counter.heard.reduce((sum, [, counts]) => sum + counts.first, 0),
        further: counter.heard.reduce((sum, [, counts]) => sum + counts.further, 0),
      }));
    await exchangeAll();
    counters[0]?.count(id, 100, 7);
    counters[1]?.count(id, 20, 3);
    await exchangeAll();
    await exchangeAll();
    await exchangeAll();
    assert.deepEqual(heard(), [
      { first: 20, further: 3 },
      { first: 100, further: 7 },
      { first: 120, further: 10 },
    ]);
    counters[2]?.count(id, 1, 0);
    await exchangeAll();
    await exchangeAll();
    assert.deepEqual(heard()[0], { first: 21, further: 3 });
    assert.ok(counters.every((counter) => counter.heard.every(([upstream]) => upstream === id)));
  });

  behaves('what was attempted before an instance came to count an upstream is not told it', async (cluster, id) => {
    const [one, two] = [await cluster.join(), await cluster.join()];
    const [early, late] = [new ScriptedCounter(), new ScriptedCounter()];
    one.countWith(early);
    two.countWith(late);
    early.count(id, 50, 5);
    await one.exchange();
    late.count(id, 1, 0);
    await two.exchange();
    await two.exchange();
    assert.deepEqual(late.heard, []);
  });

  behaves('it is up while it works, and closing it twice is fine', async (cluster) => {
    const one = await cluster.join();
    assert.equal(one.isUp, true);
    await one.close();
    await one.close();
    await one.exchange();
  });
}
