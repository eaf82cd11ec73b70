/** Real gateway processes over a simulator in the test's own process, and what is asked of them from outside. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { SeenRequest } from '../../simulator/contract.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../../src/core/money.ts';
import { SluiceProcess } from '../cli/sluice-process.ts';
import { MASTER_KEY, PROVIDER_KEY } from '../support/gateway.ts';
import { moneyConfig } from './tenants.ts';

/** The owner of what was started: a test, or a script. */
export type Ending = Pick<TestContext, 'after'>;

const CALL_WITHIN_MS = 15_000;

/** A folder with a configuration, from which instances are started. */
export interface Site {
  readonly ending: Ending;
  readonly folder: string;
  readonly simulatorUrl: string;
}

/** Writes the configuration that all instances of a folder share. */
export function writeSite({ folder }: Site, config: JsonObject): void {
  writeFileSync(join(folder, 'config.yaml'), moneyConfig(config));
}

/** A gateway in a process of its own. */
export class Instance {
  readonly process: SluiceProcess;
  url = '';

  /** Its data are in a folder by its name, which outlives it. `port` 0: any free one. */
  constructor(
    { ending, folder, simulatorUrl }: Site,
    name: string,
    port = 0,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.process = new SluiceProcess(ending, {
      cwd: folder,
      args: ['--host', '127.0.0.1', '--port', String(port), '--config', join(folder, 'config.yaml')],
      env: {
        SIMULATOR_URL: simulatorUrl,
        PROVIDER_KEY,
        TEST_MASTER_KEY: MASTER_KEY,
        SLUICE_DATA_DIR: join(folder, name),
        ...env,
      },
    });
  }

  /** Resolves when it serves. */
  async started(): Promise<this> {
    this.url = await this.process.url();
    return this;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.process.ended;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get(path: string): Promise<Response> {
    return fetch(this.url + path, {
      headers: { authorization: `Bearer ${MASTER_KEY}` },
      signal: AbortSignal.timeout(CALL_WITHIN_MS),
    });
  }

  /** A management call under the master key; fails unless it succeeds. */
  async manage(path: string, body?: JsonObject): Promise<JsonObject> {
    const response =
      body === undefined
        ? await this.get(path)
        : await fetch(this.url + path, {
            method: 'POST',
            headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
            body: JSON.stringify(body),
            signal: AbortSignal.timeout(CALL_WITHIN_MS),
          });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${response.status} ${text}`);
    return JSON.parse(text) as JsonObject;
  }

  /** What a gauge or counter without labels says. */
  async metric(name: string): Promise<number> {
    const text = await (await this.get('/metrics')).text();
    const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text);
    assert.ok(found !== null, `there is a metric ${name}`);
    return Number(found[1]);
  }

  /** Makes a key. */
  async makeKey(wanted: JsonObject): Promise<string> {
    return String((await this.manage('/key/generate', wanted)).key);
  }

  /** What is booked in all, in USD. */
  async spend(): Promise<number> {
    return Number((await this.manage('/global/spend')).spend);
  }

  /** Every row of the ledger since a moment, oldest first. */
  async rowsSince(fromMs: number): Promise<BookedRow[]> {
    const from = new Date(Math.floor(fromMs / 1_000) * 1_000).toISOString().slice(0, 19).replace('T', ' ');
    const rows: BookedRow[] = [];
    for (let page = 1; ; page += 1) {
      const query = new URLSearchParams({ start_date: from, page: String(page), page_size: '1000', sort_order: 'asc' });
      const { data, total_pages: pages } = await this.manage(`/spend/logs/v2?${query}`);
      assert.ok(Array.isArray(data));
      for (const row of data) rows.push(bookedRow(row as JsonObject));
      if (page >= Number(pages)) return rows;
    }
  }
}

/** What matters here of a row of the ledger. */
export interface BookedRow {
  readonly callId: string;
  readonly attemptId: string;
  readonly keyHash: string;
  /** The number its request was sent with. */
  readonly number: string;
  readonly status: string;
  readonly cost: PicoUsd;
  readonly hold: PicoUsd | undefined;
}

function bookedRow(row: JsonObject): BookedRow {
  const { metadata, sluice } = row;
  assert.ok(isJsonObject(metadata) && isJsonObject(sluice));
  const amount = (text: unknown): PicoUsd | undefined => (text === null ? undefined : picoUsdFromUsd(String(text)));
  return {
    callId: String((row.sluice as JsonObject).call_id),
    attemptId: String(sluice.attempt_id),
    keyHash: String(row.api_key),
    number: String(metadata.number),
    status: String(sluice.status),
    cost: amount(sluice.cost) ?? 0n,
    hold: amount(sluice.hold),
  };
}

/** What the simulator billed for a request, at 3 and 15 USD per million tokens. */
export function billedFor({ billed }: Pick<SeenRequest, 'billed'>): PicoUsd {
  if (billed === undefined) return 0n;
  return BigInt(billed.promptTokens) * 3_000_000n + BigInt(billed.completionTokens) * 15_000_000n;
}

/** Waits until something holds; says what did not. */
export async function until(holds: () => Promise<boolean> | boolean, what: string, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) assert.fail(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
