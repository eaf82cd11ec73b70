/** A storm: clients with retries of their own against an upstream that fails, and beside them clients of another one that does not. */
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import { startTestGateway } from '../support/gateway.ts';
import { configOf, deployment } from './world.ts';

export interface StormOptions {
  /** Share of the failing upstream's answers that are errors, in percent. */
  readonly errorPercent: number;
  readonly seconds: number;
  readonly perSecond: number;
}

export interface StormResult {
  /** What applications asked for. */
  readonly asked: number;
  /** Requests that reached the gateway, the retries of the clients' library among them. */
  readonly reachedGateway: number;
  readonly reachedUpstream: number;
  /** Asked and answered. */
  readonly served: number;
  /** Median milliseconds of the other group, before the storm and in it. */
  readonly calmBeforeMs: number;
  readonly calmDuringMs: number;
}

/** How long an answer of the calm group takes at least, so that its median is a number to compare. */
const CALM_MS = 50;
const CALM_PER_SECOND = 20;
const BEFORE_SECONDS = 3;

export async function runStorm({ errorPercent, seconds, perSecond }: StormOptions): Promise<StormResult> {
  const deployments = [deployment('chat', 'west'), deployment('calm', 'north', `openai/gpt-4o+latency-${CALM_MS}-0`)];
  const gateway = await startTestGateway({ config: configOf({ deployments }) });
  try {
    let reachedGateway = 0;
    let served = 0;
    const settings = { apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1` };
    const counted: typeof fetch = (input, init) => {
      reachedGateway += 1;
      return fetch(input, init);
    };
    const stormy = new OpenAI({ ...settings, maxRetries: 2, fetch: counted });
    const calm = new OpenAI({ ...settings, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Say: yes' }];
    const askStormy = async (): Promise<void> => {
      try {
        await stormy.chat.completions.create({ model: 'chat', messages });
        served += 1;
      } catch (error) {
        if (!(error instanceof OpenAI.APIError)) throw error;
      }
    };
    const askCalm = async (): Promise<number> => {
      const since = performance.now();
      await calm.chat.completions.create({ model: 'calm', messages });
      return performance.now() - since;
    };
    const runFor = async (forSeconds: number): Promise<number> => {
      const [, calmMs] = await Promise.all([
        pace(askStormy, forSeconds, perSecond),
        pace(askCalm, forSeconds, CALM_PER_SECOND),
      ]);
      return median(calmMs);
    };
    const calmBeforeMs = await runFor(BEFORE_SECONDS);
    gateway.simulator.reset();
    if (errorPercent > 0) {
      const fault = errorPercent === 100 ? '500' : `500-p${errorPercent}`;
      gateway.simulator.script({ match: { deployment: 'west' }, fault });
    }
    reachedGateway = 0;
    served = 0;
    const calmDuringMs = await runFor(seconds);
    const reachedUpstream = gateway.simulator.requests.filter((seen) => seen.deployment === 'west').length;
    const asked = seconds * perSecond;
    return { asked, reachedGateway, reachedUpstream, served, calmBeforeMs, calmDuringMs };
  } finally {
    await gateway.close();
  }
}

/** Begins so many a second, whatever becomes of those before, and waits for all. */
async function pace<T>(ask: () => Promise<T>, seconds: number, perSecond: number): Promise<T[]> {
  const since = performance.now();
  const all: Promise<T>[] = [];
  for (let count = 0; count < seconds * perSecond; count += 1) {
    await wait(Math.max(0, since + (count * 1_000) / perSecond - performance.now()));
    all.push(ask());
  }
  return await Promise.all(all);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0;
}
