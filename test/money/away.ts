/** A steady load through two instances while something they need is unavailable, and the result. */
import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Simulator } from '../../simulator/contract.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { formatUsd, type PicoUsd } from '../../src/core/money.ts';
import { countedApart } from './counted.ts';
import { billedFor, type Instance, until } from './instances.ts';
import { post } from './race.ts';

/** Something that becomes unavailable and comes back. */
export interface Outage {
  readonly name: string;
  take(): Promise<void> | void;
  giveBack(): Promise<void> | void;
  /** How long it is unavailable. */
  readonly forMs?: number;
}

/** How it went. */
export interface Weathered {
  readonly served: number;
  readonly refused: number;
  /** Every other answer during the outage. */
  readonly odd: readonly string[];
  /** The longest that a request with a budget to spare took, answers included, before and during. */
  readonly longestBeforeMs: number;
  readonly longestMs: number;
  /** What was billed of the budgets that were too small for the load, as a share of them: by `share`, and by `closed`. */
  readonly tightShare: number;
  readonly closedShare: number;
  /** Requests served of a budget that had been used up before. */
  readonly servedOfNothing: number;
  readonly billed: PicoUsd;
  /** Where counters and ledger are apart in the end. */
  readonly apart: string | undefined;
  /** How long after its return until everything was booked. */
  readonly bookedAfterMs: number;
}

/** What a load runs on. */
export interface Weather {
  readonly instances: readonly [Instance, ...Instance[]];
  readonly simulator: Simulator;
}

const OUTPUT = 20;
const PROMPT = 'Tell me of';
const EVERY_MS = 20;
const BEFORE_MS = 1_000;
const AWAY_MS = 2_500;
const AFTER_MS = 1_000;
/** For about 25 of the requests below, of which the load sends more. */
const TIGHT_USD = 0.01;

const TURNS = ['ample', 'tight', 'closed', 'ample', 'tight', 'closed', 'ample', 'empty'] as const;

interface Told {
  readonly key: string;
  readonly sentAtMs: number;
  readonly tookMs: number;
  readonly status: number;
  readonly text: string;
}

/** Runs the load before, during and after an outage, and waits until everything is booked. */
export async function weather({ instances, simulator }: Weather, outage: Outage): Promise<Weathered> {
  const [instance] = instances;
  const keys = {
    ample: await instance.makeKey({ max_budget: 100 }),
    tight: await instance.makeKey({ max_budget: TIGHT_USD }),
    closed: await instance.makeKey({
      team_id: String((await instance.manage('/team/new', { max_budget: TIGHT_USD })).team_id),
    }),
    empty: await instance.makeKey({ max_budget: 0.000_001 }),
  };
  const load = new Load(instances, outage.name);
  const names = Object.keys(keys) as (keyof typeof keys)[];
  // Every instance has seen every key.
  for (const name of names) for (const _ of instances) await load.send(name, keys[name]);
  let isOver = false;
  const running = (async () => {
    for (let turn = 0; !isOver; turn += 1) {
      const name = TURNS[turn % TURNS.length] ?? 'ample';
      void load.send(name, keys[name]);
      await wait(EVERY_MS);
    }
  })();
  await wait(BEFORE_MS);
  const fromMs = performance.now();
  await outage.take();
  await wait(outage.forMs ?? AWAY_MS);
  const toMs = performance.now();
  await outage.giveBack();
  const backMs = performance.now();
  await wait(AFTER_MS);
  isOver = true;
  await running;
  await load.idle();

  const of = (key: string): PicoUsd =>
    simulator.requests
      .filter(({ rawBody }) => rawBody.includes(`${PROMPT} ${outage.name}, ${key} `))
      .reduce((sum, seen) => sum + billedFor(seen), 0n);
  const billed = names.reduce((sum, name) => sum + of(name), 0n);
  let booked = 0;
  const isBooked = async (): Promise<boolean> => {
    booked = 0;
    for (const name of names) {
      const { info } = await instance.manage(`/key/info?key=${keys[name]}`);
      booked += Number((info as JsonObject).spend);
    }
    return Math.abs(booked - Number(formatUsd(billed))) < 1e-9;
  };
  await until(isBooked, `${outage.name}: all of ${formatUsd(billed)} USD is booked`, 30_000).catch((error: unknown) => {
    throw new Error(`${outage.name}: booked ${booked} of ${formatUsd(billed)} USD`, { cause: error });
  });
  const bookedAfterMs = performance.now() - backMs;
  const apart = await countedApart(instance, keys.ample);
  const during = load.told.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs);
  const before = load.told.filter(({ sentAtMs }) => sentAtMs < fromMs);
  const longest = (told: readonly Told[]): number =>
    Math.round(Math.max(0, ...told.filter(({ key }) => key === 'ample').map(({ tookMs }) => tookMs)));
  const isRefusal = ({ status }: Told): boolean => [422, 429, 503].includes(status);
  const ample = during.filter(({ key }) => key === 'ample');
  return {
    served: ample.filter(({ status }) => status === 200).length,
    refused: ample.filter(isRefusal).length,
    odd: load.told
      .filter((one) => one.status !== 200 && !isRefusal(one))
      .map(({ status, text }) => `${status} ${text.slice(0, 200)}`),
    longestBeforeMs: longest(before),
    longestMs: longest(during),
    tightShare: Number(formatUsd(of('tight'))) / TIGHT_USD,
    closedShare: Number(formatUsd(of('closed'))) / TIGHT_USD,
    servedOfNothing: load.told.filter(({ key, status }) => key === 'empty' && status === 200).length,
    billed,
    apart,
    bookedAfterMs: Math.round(bookedAfterMs),
  };
}

class Load {
  readonly told: Told[] = [];
  readonly #instances: readonly Instance[];
  readonly #outage: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #underWay = new Set<Promise<void>>();
  #turn = 0;

  constructor(instances: readonly Instance[], outage: string) {
    this.#instances = instances;
    this.#outage = outage;
  }

  async send(name: string, key: string): Promise<void> {
    const sent = this.#send(name, key);
    this.#underWay.add(sent);
    await sent;
    this.#underWay.delete(sent);
  }

  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  async #send(name: string, key: string): Promise<void> {
    const turn = this.#turn++;
    const url = this.#instances[turn % this.#instances.length]?.url ?? '';
    const sentAtMs = performance.now();
    const body = {
      model: 'm',
      messages: [{ role: 'user', content: `${PROMPT} ${this.#outage}, ${name} ${turn}.` }],
      max_tokens: OUTPUT,
      ...(turn % 2 === 1 && { stream: true }),
    };
    const { status, text } = await post(this.#agent, url, key, body);
    this.told.push({ key: name, sentAtMs, tookMs: performance.now() - sentAtMs, status, text });
  }
}
