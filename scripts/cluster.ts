/**
 * `npm run cluster`: two gateways behind Nginx with Redis, Postgres and Prometheus, until Ctrl-C. `npm run cluster -- --check` proves
 * what they promise together instead, prints a table and ends with 1 if anything does not hold.
 */
import { parseArgs } from 'node:util';
import { MASTER_KEY } from '../test/support/gateway.ts';
import { CHECKS, type Result } from './cluster/checks.ts';
import { startCluster } from './cluster/topology.ts';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    /** Only checks whose name matches this regular expression. */
    name: { type: 'string' },
  },
});

const ends: (() => unknown)[] = [];
const ending = { after: (end?: unknown) => void (typeof end === 'function' && ends.push(() => end())) };

/** Ends everything, in reverse; what is left ends with the process. */
async function end(code: number): Promise<never> {
  for (const each of ends.reverse()) await Promise.resolve(each()).catch(() => undefined);
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(values.check ? 1 : 0));

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const cluster = await startCluster(ending);
if (values.check) {
  const wanted = new RegExp(values.name ?? '');
  const checks = CHECKS.filter(({ name }) => wanted.test(name));
  print('| what was done | requests | refused | failed | lost | doubled | holds |\n|---|---|---|---|---|---|---|');
  let misses = 0;
  for (const { name, run } of checks) {
    const { outcome, wrong } = await run(cluster).catch((error: unknown): Result => ({ wrong: String(error) }));
    const { requests = '', refused = '', failed = '', lost = '', doubled = '' } = outcome ?? {};
    if (wrong !== undefined) misses += 1;
    print(`| ${[name, requests, refused, failed, lost, doubled, wrong ?? 'yes'].join(' | ')} |`);
  }
  print(`${checks.length - misses} of ${checks.length} checks hold`);
  await end(misses === 0 ? 0 : 1);
}
print(`gateway      ${cluster.nginx.url}     (Nginx; instances ${cluster.instances.map(({ url }) => url).join(', ')})
key          ${MASTER_KEY}
prometheus   ${cluster.prometheus.url}
redis        ${cluster.redis.url}
postgres     ${cluster.postgres.url}

curl ${cluster.nginx.url}/v1/chat/completions -H "Authorization: Bearer ${MASTER_KEY}" \\
  -H "Content-Type: application/json" -d '{"model": "m", "messages": [{"role": "user", "content": "Hello"}]}'

A simulator stands for the providers. Ctrl-C ends everything.`);
