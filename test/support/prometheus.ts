/** A real Prometheus for a test: it scrapes what it is given, evaluates our rules and answers queries. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureDebianPackage } from './debian.ts';
import { freePort } from './redis.ts';

const STARTS_WITHIN_MS = 30_000;

/** A line of a result: its labels and its value. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A running Prometheus. */
export interface TestPrometheus {
  readonly url: string;
  /** The samples of an expression now. */
  query(expression: string): Promise<readonly Sample[]>;
  close(): Promise<void>;
}

/** Starts one that reads these ports of this machine every second, with this key, and evaluates these rules. */
export async function startTestPrometheus(
  ports: readonly number[],
  key: string,
  rules: string,
): Promise<TestPrometheus> {
  const binary = ensureDebianPackage('prometheus', 'prometheus');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-prometheus-'));
  copyFileSync(rules, join(folder, 'rules.yml'));
  writeFileSync(join(folder, 'key'), key);
  const targets = ports.map((port) => `127.0.0.1:${port}`);
  const job = {
    job_name: 'sluice',
    authorization: { credentials_file: join(folder, 'key') },
    static_configs: [{ targets }],
  };
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: [job],
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const flags = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ];
  const child = spawn(binary, flags, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  process.once('exit', () => child.kill('SIGKILL'));
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('prometheus does not start');
    await wait(50);
  }
  return {
    url,
    async query(expression) {
      const body = new URLSearchParams({ query: expression });
      const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body });
      const answer = (await response.json()) as { data?: { result: readonly Sample[] }; error?: string };
      if (answer.data === undefined) throw new Error(`${expression}: ${answer.error}`);
      return answer.data.result;
    },
    async close() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    return false;
  }
}
