/** What must hold over several instances, each as a check that says what was done and what became of the requests. */
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { until } from '../../test/money/instances.ts';
import { makeKey, type Outcome, REFUSALS, send } from './load.ts';
import type { Cluster } from './topology.ts';

/** A row of the table. */
export interface Result {
  readonly outcome?: Outcome;
  /** What does not hold; undefined: all does. */
  readonly wrong?: string | undefined;
}

/** A check. */
interface Check {
  readonly name: string;
  run(cluster: Cluster): Promise<Result>;
}

/** One request of 20 tokens costs at most this: its prompt and 60 tokens of output, in USD. */
const ONE_USD = 0.000_36;
const FIVE_MINUTES_MS = 300_000;
const OUTAGE_MS = 2_000;
const NEWS_MS = 500;
const FROZEN_MS = 4_000;

/** All of them, in the order they run in. */
export const CHECKS: readonly Check[] = [
  { name: 'requests through both', run: (cluster) => plain(cluster, { clients: 10, meanwhile: () => wait(1_500) }) },
  { name: 'a budget for a part of the requests', run: budget },
  { name: '60 requests a minute, 150 asked', run: rate },
  { name: 'a key blocked at one', run: revocation },
  { name: 'a deployment that fails at one', run: breaker },
  { name: 'a model added at one', run: configuration },
  { name: 'clock of one five minutes ahead', run: (cluster) => wrongClock(cluster, FIVE_MINUTES_MS) },
  { name: 'clock of one five minutes behind', run: (cluster) => wrongClock(cluster, -FIVE_MINUTES_MS) },
  { name: 'SIGTERM with streams running', run: drained },
  { name: 'all restarted in turn', run: rolled },
  { name: 'kill -9 of one', run: killed },
  { name: 'one frozen', run: frozen },
  { name: 'Redis restarted, empty', run: (cluster) => outage(cluster, cluster.redis) },
  { name: 'Postgres restarted', run: (cluster) => outage(cluster, cluster.postgres) },
  { name: 'Prometheus reads both', run: scraped },
];

const ample = (cluster: Cluster): Promise<string> => makeKey(cluster, { max_budget: 100 });

/** What must be so of every load: nothing lost, doubled or booked wrongly, and no more failed than may. */
function judged(outcome: Outcome, mayFail = 0): Result {
  const { failed, lost, doubled, unbookedUsd, answers } = outcome;
  const odd = answers.find(({ status }) => status !== 200 && !REFUSALS.includes(status));
  const wrong =
    failed > mayFail
      ? `${failed} failed, up to ${mayFail} may: ${odd?.status} ${odd?.text.slice(0, 120)}`
      : lost > 0 || doubled > 0
        ? 'the ledger does not have each request once'
        : unbookedUsd > 1e-9
          ? `${unbookedUsd} USD were billed and not booked`
          : undefined;
  return { outcome, wrong };
}

async function plain(cluster: Cluster, how: { clients: number; meanwhile: () => Promise<void> }): Promise<Result> {
  return judged(await send(cluster, { key: await ample(cluster), ...how }));
}

async function budget(cluster: Cluster): Promise<Result> {
  const max = 100 * ONE_USD;
  const key = await makeKey(cluster, { max_budget: max });
  const outcome = await send(cluster, { key, requests: 300 });
  const { info } = await cluster.instances[1].manage(`/key/info?key=${key}`);
  const spend = Number((info as JsonObject).spend);
  if (spend > max) return { outcome, wrong: `${spend} of ${max} USD were spent` };
  if (outcome.refused === 0) return { outcome, wrong: 'no request was refused' };
  return judged(outcome);
}

async function rate(cluster: Cluster): Promise<Result> {
  const key = await makeKey(cluster, { rpm_limit: 60 });
  const outcome = await send(cluster, { key, requests: 150, urls: cluster.instances.map(({ url }) => url) });
  const served = outcome.requests - outcome.refused - outcome.failed;
  return served === 60 ? judged(outcome) : { outcome, wrong: `${served} were served` };
}

async function revocation(cluster: Cluster): Promise<Result> {
  const [first, second] = cluster.instances;
  const key = await ample(cluster);
  await send(cluster, { key, requests: 4, urls: [first.url, second.url] });
  await first.manage('/key/block', { key });
  const outcome = await send(cluster, { key, requests: 10, urls: [second.url] });
  return outcome.refused === outcome.requests ? judged(outcome) : { outcome, wrong: 'the other still served the key' };
}

async function breaker(cluster: Cluster): Promise<Result> {
  const [first, second] = cluster.instances;
  const key = await ample(cluster);
  await send(cluster, { key, model: 'half', requests: 40, urls: [first.url] });
  // The news travels through Redis.
  await wait(NEWS_MS);
  const calls = (): number =>
    cluster.simulator.requests.filter(({ rawBody }) => String(rawBody).includes('fault-500')).length;
  const before = calls();
  const outcome = await send(cluster, { key, model: 'half', requests: 20, urls: [second.url] });
  const more = calls() - before;
  return before > 0 && more === 0 ? judged(outcome) : { outcome, wrong: `the other asked it ${more} times more` };
}

async function configuration(cluster: Cluster): Promise<Result> {
  const [first, second] = cluster.instances;
  await first.manage('/model/new', {
    model_name: 'added',
    litellm_params: { model: 'openai/sim-tokens-20', api_base: cluster.simulator.url, api_key: 'any' },
    model_info: { id: 'added-1', input_cost_per_token: 3e-6, output_cost_per_token: 15e-6 },
  });
  const isServed = async (): Promise<boolean> => {
    const { data } = await second.manage('/v1/models');
    return Array.isArray(data) && data.some((model) => (model as JsonObject).id === 'added');
  };
  await until(isServed, 'the other serves it');
  return judged(await send(cluster, { key: await ample(cluster), model: 'added', requests: 20 }));
}

async function wrongClock(cluster: Cluster, byMs: number): Promise<Result> {
  cluster.setClock(byMs);
  await wait(200);
  try {
    const held = await rate(cluster);
    if (held.wrong !== undefined) return { ...held, wrong: `a rate: ${held.wrong}` };
    return await budget(cluster);
  } finally {
    cluster.setClock(0);
    await wait(200);
  }
}

async function drained(cluster: Cluster): Promise<Result> {
  const key = await ample(cluster);
  const outcome = await send(cluster, {
    ...{ key, model: 'slow', stream: true, requests: 40 },
    async meanwhile() {
      await wait(500);
      cluster.instances[0].process.kill('SIGTERM');
      await cluster.instances[0].process.ended;
      await cluster.start(0);
    },
  });
  return judged(outcome);
}

async function rolled(cluster: Cluster): Promise<Result> {
  const key = await ample(cluster);
  const restart = async (): Promise<void> => {
    for (const index of [0, 1] as const) {
      cluster.instances[index].process.kill('SIGTERM');
      await cluster.instances[index].process.ended;
      await cluster.start(index);
    }
  };
  return judged(await send(cluster, { key, clients: 10, meanwhile: restart }));
}

async function killed(cluster: Cluster): Promise<Result> {
  const key = await ample(cluster);
  const clients = 20;
  const kill = async (): Promise<void> => {
    await cluster.instances[1].kill();
    await wait(1_000);
    await cluster.start(1);
  };
  // Each client has one request under way, about half of them at the one that is killed.
  return judged(await send(cluster, { key, clients, meanwhile: kill, mayBeAbove: true }), clients);
}

async function frozen(cluster: Cluster): Promise<Result> {
  const key = await ample(cluster);
  const freeze = async (): Promise<void> => {
    cluster.instances[1].process.kill('SIGSTOP');
    await wait(FROZEN_MS);
    cluster.instances[1].process.kill('SIGCONT');
  };
  return judged(await send(cluster, { key, clients: 10, meanwhile: freeze, mayBeAbove: true }));
}

async function outage(cluster: Cluster, store: { kill(): Promise<void>; start(): Promise<void> }): Promise<Result> {
  const key = await ample(cluster);
  await send(cluster, { key, requests: 4, urls: cluster.instances.map(({ url }) => url) });
  const restart = async (): Promise<void> => {
    await store.kill();
    await wait(OUTAGE_MS);
    await store.start();
    await wait(OUTAGE_MS);
  };
  return judged(await send(cluster, { key, clients: 10, meanwhile: restart }));
}

async function scraped(cluster: Cluster): Promise<Result> {
  const outcome = await send(cluster, {
    ...{ key: await ample(cluster), requests: 20 },
    urls: cluster.instances.map(({ url }) => url),
  });
  const counted = async (): Promise<boolean> => {
    const up = await cluster.prometheus.query('sum(up{job="sluice"})');
    const both = await cluster.prometheus.query(
      'count(count by (instance) (litellm_proxy_total_requests_metric_total > 0))',
    );
    return up[0]?.value[1] === '2' && both[0]?.value[1] === '2';
  };
  const wrong = await until(counted, 'it reads both').then(() => undefined, String);
  return wrong === undefined ? judged(outcome) : { outcome, wrong };
}
