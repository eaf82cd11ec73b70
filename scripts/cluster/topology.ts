/** The topology of deploy/compose.yaml from processes of this machine: two gateways behind Nginx, Redis, Postgres, Prometheus. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Simulator } from '../../simulator/contract.ts';
import { startSimulator } from '../../simulator/start.ts';
import { temporaryFolder } from '../../test/cli/sluice-process.ts';
import { type Ending, Instance, type Site, writeSite } from '../../test/money/instances.ts';
import { priced } from '../../test/money/tenants.ts';
import { startTestNginx, type TestNginx } from '../../test/support/nginx.ts';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { startTestPrometheus, type TestPrometheus } from '../../test/support/prometheus.ts';
import { freePort, startTestRedis, type TestRedis } from '../../test/support/redis.ts';

const RULES = join(import.meta.dirname, '..', '..', 'deploy', 'prometheus', 'rules.yml');
const STEPPED_CLOCK = pathToFileURL(join(import.meta.dirname, '..', '..', 'bench', 'stepped-clock.ts')).href;

/**
 * How long after SIGTERM an instance still takes requests, in seconds. Nginx leaves out an instance that it could not connect to for up
 * to two seconds: the next one must not end before.
 */
const DRAIN_DELAY_S = 3;

/** Everything that runs. */
export interface Cluster {
  /** Stands for the providers, and keeps the books of what it billed. */
  readonly simulator: Simulator;
  readonly instances: [Instance, Instance];
  readonly redis: TestRedis;
  readonly postgres: TestPostgres;
  readonly nginx: TestNginx;
  readonly prometheus: TestPrometheus;
  /** Starts an instance on the port and the data folder of the one that ended. */
  start(index: 0 | 1): Promise<void>;
  /** Sets the clock of the second instance wrong. */
  setClock(wrongByMs: number): void;
}

/** What is asked for in the checks: `m` answers in about 60 ms, `slow` takes two seconds, one of the two of `half` always fails. */
const MODELS = [
  priced('m', 20, { model: 'openai/sim-tokens-20+latency-20-2' }),
  priced('slow', 40, { model: 'openai/sim-tokens-40+latency-50-50' }),
  priced('half', 20, { model: 'openai/sim-tokens-20' }),
  priced('half', 20, { model: 'openai/sim-tokens-20+fault-500' }),
];

/** Starts all of it; it ends with `ending`, or with the process. */
export async function startCluster(ending: Ending): Promise<Cluster> {
  const [simulator, redis, postgres] = await Promise.all([startSimulator(), startTestRedis(), startTestPostgres()]);
  ending.after(() => Promise.all([simulator.close(), redis.close(), postgres.close()]));
  const site: Site = { ending, folder: temporaryFolder(ending), simulatorUrl: simulator.url };
  writeSite(site, {
    budget_settings: { mode: 'strict', when_away: { team: 'closed' } },
    model_list: MODELS,
    router_settings: {
      ...{ redis_host: '127.0.0.1', redis_port: redis.port },
      ...{ num_retries: 2, allowed_fails: 2, disable_cooldowns: false, cooldown_time: 30, mid_stream: 'continue' },
    },
    general_settings: {
      database_url: await postgres.makeDatabase(),
      drain_delay: DRAIN_DELAY_S,
      store_model_in_db: true,
    },
  });
  const clock = join(site.folder, 'clock');
  const setClock = (wrongByMs: number): void => writeFileSync(clock, String(wrongByMs));
  setClock(0);
  const ports = [await freePort(), await freePort()] as const;
  const startOne = (index: 0 | 1): Promise<Instance> => {
    const env = index === 1 ? { STEPPED_CLOCK_FILE: clock, NODE_OPTIONS: `--import=${STEPPED_CLOCK}` } : {};
    return new Instance(site, `sluice-${index + 1}`, ports[index], env).started();
  };
  const instances = await Promise.all([startOne(0), startOne(1)]);
  const nginx = await startTestNginx(ports, { movesOn: true });
  ending.after(() => nginx.close());
  const scraper = await instances[0].makeKey({ key_alias: 'prometheus', allowed_routes: ['/metrics'] });
  const prometheus = await startTestPrometheus(ports, scraper, RULES);
  ending.after(() => prometheus.close());
  return {
    ...{ simulator, instances, redis, postgres, nginx, prometheus, setClock },
    async start(index) {
      instances[index] = await startOne(index);
    },
  };
}
