/** Gateways that are killed under load, again and again, and whether the books are right afterwards, seen from outside. */
import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { SeenRequest, Simulator } from '../../simulator/contract.ts';
import { startSimulator } from '../../simulator/start.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { formatUsd, type PicoUsd } from '../../src/core/money.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';
import { countedApart } from './counted.ts';
import { type BookedRow, billedFor, type Ending, Instance, type Site, until, writeSite } from './instances.ts';
import { type Answer, post } from './race.ts';
import { priced } from './tenants.ts';

/** How often and over what a gateway is killed. */
export interface CrashOptions {
  readonly ending: Ending;
  readonly stores: 'sqlite' | 'redis-and-postgres';
  readonly mode: 'strict' | 'learned';
  readonly rounds: number;
  /** Hears of each round. */
  readonly say?: (line: string) => void;
}

/** The result. */
export interface CrashResult {
  readonly requests: number;
  /** Answers that were whole at the client. */
  readonly whole: number;
  readonly orphans: number;
  readonly billed: PicoUsd;
  readonly booked: PicoUsd;
  /** Orphans whose hold was less than what the provider billed; always none in `strict`. */
  readonly short: number;
  /** Everything that is not as it should be; empty. */
  readonly wrong: readonly string[];
}

const CLIENTS = 24;
const OUTPUT = 40;
const LIMITS = [16, 40, 400] as const;
/** The longest time from the first request of a round to its kill. */
const LONGEST_LOAD_MS = 900;
/** Claims of a dead instance that its journal did not know are booked this late: a lease in Redis, and some time to look. */
const LATEST_ROW_MS = 120_000;

interface Sent {
  readonly number: string;
  answer: Answer | undefined;
}

/** Kills a gateway so many times and compares what is booked with what was billed, request by request. */
export async function crash(options: CrashOptions): Promise<CrashResult> {
  const crashing = new Crashing(options, await startSimulator());
  options.ending.after(() => crashing.close());
  return crashing.run();
}

class Crashing {
  readonly #options: CrashOptions;
  readonly #simulator: Simulator;
  readonly #site: Site;
  readonly #agents: Agent[] = [];
  readonly #wrong: string[] = [];
  readonly #bookedByKey = new Map<string, PicoUsd>();
  readonly #billedFor = new Map<string, PicoUsd>();
  readonly #rows = new Map<string, BookedRow>();
  #keys: readonly string[] = [];
  #booked = 0n;
  #billed = 0n;
  #requests = 0;
  #whole = 0;
  #orphans = 0;
  #short = 0;

  constructor(options: CrashOptions, simulator: Simulator) {
    this.#options = options;
    this.#simulator = simulator;
    this.#site = {
      ending: options.ending,
      folder: temporaryFolder(options.ending),
      simulatorUrl: simulator.url,
    };
  }

  async run(): Promise<CrashResult> {
    const { rounds, say } = this.#options;
    writeSite(this.#site, { ...(await this.#config()) });
    let instance = await this.#start();
    this.#keys = await makeTenants(instance);
    for (let round = 1; round <= rounds; round += 1) {
      const before = performance.now();
      const known = this.#wrong.length;
      instance = await this.#round(round, instance);
      const tookMs = Math.round(performance.now() - before);
      say?.(
        `round ${round}: ${this.#requests} requests, ${this.#orphans} orphans, ${this.#wrong.length} wrong, ${tookMs} ms`,
      );
      for (const wrong of this.#wrong.slice(known)) say?.(wrong);
    }
    // What is held in `learned` changes with each answer, so that it is not known in advance what fits.
    if (this.#options.mode === 'strict') {
      const [key = ''] = this.#keys;
      const apart = await countedApart(instance, key, LATEST_ROW_MS);
      if (apart !== undefined) this.#wrong.push(apart);
    }
    return {
      requests: this.#requests,
      whole: this.#whole,
      orphans: this.#orphans,
      billed: this.#billed,
      booked: this.#booked,
      short: this.#short,
      wrong: this.#wrong,
    };
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) agent.destroy();
    await this.#simulator.close();
  }

  async #config(): Promise<JsonObject> {
    const { stores, mode, ending } = this.#options;
    const shared = {
      model_list: [priced('m', OUTPUT, { model: `openai/sim-tokens-${OUTPUT}+latency-15-2` })],
      budget_settings: { mode },
    };
    if (stores === 'sqlite') return shared;
    const redis = await startTestRedis();
    ending.after(() => redis.close());
    const postgres = await startTestPostgres();
    ending.after(() => postgres.close());
    return {
      ...shared,
      router_settings: { redis_host: '127.0.0.1', redis_port: redis.port },
      general_settings: { database_url: await postgres.makeDatabase() },
    };
  }

  #start(): Promise<Instance> {
    return new Instance(this.#site, 'data').started();
  }

  async #round(round: number, instance: Instance): Promise<Instance> {
    const beganMs = Date.now();
    const sent: Sent[] = [];
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    this.#agents.push(agent);
    const clients = Array.from({ length: CLIENTS }, (_, client) =>
      this.#ask(agent, instance.url, `${round}-${client}`, sent),
    );
    await wait(100 + Math.random() * LONGEST_LOAD_MS);
    await instance.kill();
    await Promise.all(clients);
    agent.destroy();
    // Every fifth time it is also killed while it starts, and reads what was left.
    if (round % 5 === 0) {
      const unlucky = new Instance(this.#site, 'data');
      await wait(Math.random() * 1_200);
      await unlucky.kill();
    }
    const next = await this.#start();
    await until(() => this.#simulator.requests.every(({ outcome }) => outcome !== 'pending'), 'the simulator is done');
    await until(async () => (await next.metric('sluice_journal_waiting')) === 0, 'the journal is in the ledger');
    if ((await next.metric('sluice_claims_open')) !== 0) this.#wrong.push(`round ${round}: a claim is open`);
    this.#readBills(this.#simulator.requests);
    this.#readRows(await next.rowsSince(beganMs - LATEST_ROW_MS));
    this.#compare(`${round}-`, sent);
    await this.#compareSums(round, next);
    this.#simulator.reset();
    return next;
  }

  /** One client: a request after the other, until the gateway is gone. */
  async #ask(agent: Agent, url: string, client: string, sent: Sent[]): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      const number = `${client}-${turn}`;
      const one: Sent = { number, answer: undefined };
      sent.push(one);
      const key = this.#keys[Math.floor(Math.random() * this.#keys.length)] ?? '';
      const limit = LIMITS[Math.floor(Math.random() * LIMITS.length * 2)];
      const question = `Tell me of river ${number}.`;
      const isResponse = Math.random() < 0.3;
      const body = {
        model: 'm',
        ...(isResponse ? { input: question, store: false } : { messages: [{ role: 'user', content: question }] }),
        ...(Math.random() < 0.5 && { stream: true }),
        ...(limit !== undefined && { [isResponse ? 'max_output_tokens' : 'max_tokens']: limit }),
      };
      const headers = { 'x-litellm-spend-logs-metadata': JSON.stringify({ number }) };
      const path = isResponse ? '/v1/responses' : '/v1/chat/completions';
      one.answer = await post(agent, url, key, body, headers, path);
      if (one.answer.status === 0) return;
    }
  }

  #readBills(seen: readonly SeenRequest[]): void {
    for (const request of seen) {
      const number = /river ([\d-]+)\./.exec(request.rawBody.toString())?.[1] ?? '';
      if (this.#billedFor.has(number)) this.#wrong.push(`${number} was sent twice`);
      const cost = billedFor(request);
      this.#billedFor.set(number, cost);
      this.#billed += cost;
    }
  }

  /** Takes in what is new in the ledger, which may be of an earlier round. */
  #readRows(rows: readonly BookedRow[]): void {
    const attempts = new Set<string>();
    for (const row of rows) {
      if (attempts.has(row.attemptId)) this.#wrong.push(`attempt ${row.attemptId} stands in the ledger twice`);
      attempts.add(row.attemptId);
      const before = this.#rows.get(row.number);
      if (before?.attemptId === row.attemptId) continue;
      if (before !== undefined) this.#wrong.push(`${row.number} has two rows`);
      this.#rows.set(row.number, row);
      this.#booked += row.cost;
      this.#bookedByKey.set(row.keyHash, (this.#bookedByKey.get(row.keyHash) ?? 0n) + row.cost);
      this.#compareRow(row, this.#billedFor.get(row.number) ?? 0n);
    }
  }

  /** Request by request of a round: what was billed and what the client saw has a row. */
  #compare(round: string, sent: readonly Sent[]): void {
    for (const [number, cost] of this.#billedFor) {
      if (!number.startsWith(round) || cost === 0n || this.#rows.has(number)) continue;
      this.#wrong.push(`${number} was billed ${formatUsd(cost)} and has no row`);
    }
    let orphans = 0;
    this.#requests += sent.length;
    for (const { number, answer } of sent) {
      const row = this.#rows.get(number);
      if (row?.status === 'orphan') orphans += 1;
      if (answer?.status !== 200) {
        const isExpected = answer === undefined || [0, 422, 429].includes(answer.status);
        if (!isExpected) this.#wrong.push(`${number} was answered ${answer.status} ${answer.text.slice(0, 200)}`);
        continue;
      }
      this.#whole += 1;
      if (row === undefined) this.#wrong.push(`${number} was answered and has no row`);
    }
    if (orphans > CLIENTS) this.#wrong.push(`${orphans} orphans of ${CLIENTS} requests under way`);
    this.#orphans += orphans;
  }

  #compareRow({ number, status, cost, hold }: BookedRow, billed: PicoUsd): void {
    if (status !== 'orphan') {
      if (cost !== billed)
        this.#wrong.push(`${number} (${status}) costs ${formatUsd(cost)}, billed ${formatUsd(billed)}`);
      return;
    }
    if (cost > (hold ?? 0n)) this.#wrong.push(`orphan ${number} costs ${formatUsd(cost)}, more than its hold`);
    if (cost >= billed) return;
    this.#short += 1;
    if (this.#options.mode === 'strict') {
      this.#wrong.push(`orphan ${number} costs ${formatUsd(cost)}, billed ${formatUsd(billed)}`);
    }
  }

  async #compareSums(round: number, instance: Instance): Promise<void> {
    const apart = (told: number, rows: PicoUsd): boolean => Math.abs(told - Number(formatUsd(rows))) > 1e-9;
    const spend = await instance.spend();
    if (apart(spend, this.#booked)) {
      this.#wrong.push(`round ${round}: the sum says ${spend}, the rows ${formatUsd(this.#booked)}`);
    }
    for (const key of this.#keys) {
      const { key: hash, info } = await instance.manage(`/key/info?key=${key}`);
      const told = Number((info as JsonObject).spend);
      const rows = this.#bookedByKey.get(String(hash)) ?? 0n;
      if (apart(told, rows)) this.#wrong.push(`round ${round}: a key's sum says ${told}, its rows ${formatUsd(rows)}`);
    }
  }
}

/** Keys with a budget of their own, with one of their team, with one that is soon used up, with limits only, and with none. */
async function makeTenants(instance: Instance): Promise<string[]> {
  const team = await instance.manage('/team/new', { team_alias: 'crash', max_budget: 900 });
  return [
    await instance.makeKey({ key_alias: 'budget', max_budget: 1_000 }),
    await instance.makeKey({ key_alias: 'of-team', team_id: String(team.team_id) }),
    await instance.makeKey({ key_alias: 'small', max_budget: 0.3, max_parallel_requests: CLIENTS }),
    await instance.makeKey({ key_alias: 'limits', rpm_limit: 1_000_000 }),
    await instance.makeKey({ key_alias: 'none' }),
  ];
}
