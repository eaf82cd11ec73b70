/** Numbered requests through Nginx, and what became of each: at the client, at the provider and in the ledger. */
import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { formatUsd } from '../../src/core/money.ts';
import { billedFor, until } from '../../test/money/instances.ts';
import { post } from '../../test/money/race.ts';
import type { Cluster } from './topology.ts';

const PROMPT = 'Tell me of the river';
const BOOKED_WITHIN_MS = 40_000;
/** What the ledger and the bill may be apart by, because they are added up as floating-point numbers here. */
const NOTHING_USD = 1e-9;

/** What a limit, a budget or a blocked key is answered with. */
export const REFUSALS: readonly number[] = [401, 403, 422, 429];

/** What became of the requests of a check. */
export interface Outcome {
  readonly requests: number;
  /** Not answered well, though they were not refused by a limit either. */
  readonly failed: number;
  readonly refused: number;
  /** Billed by the provider and missing in the ledger. */
  readonly lost: number;
  /** In the ledger more than once. */
  readonly doubled: number;
  /** USD that was billed and not booked; negative: booked above the bill, as an orphan may be. */
  readonly unbookedUsd: number;
  readonly answers: readonly { readonly status: number; readonly text: string }[];
}

/** How requests are sent. */
interface Wanted {
  readonly key: string;
  readonly model?: string;
  /** Addresses to send to in turn; Nginx by default. */
  readonly urls?: readonly string[];
  /** Every second request is a stream by default. */
  readonly stream?: boolean;
  /** This many clients send one request after the other until `meanwhile` is over; else `requests` are sent at once. */
  readonly clients?: number;
  readonly requests?: number;
  readonly meanwhile?: () => Promise<void>;
  /** An orphan is booked at what it may have cost, which may be above the bill. */
  readonly mayBeAbove?: boolean;
}

let checks = 0;

/** Sends the requests, waits until all is booked, and counts. */
export async function send(cluster: Cluster, wanted: Wanted): Promise<Outcome> {
  const { key, model = 'm', urls = [cluster.nginx.url], stream, clients, requests = 0, meanwhile } = wanted;
  const mark = `${PROMPT} ${++checks}`;
  const startedMs = Date.now();
  const agent = new Agent({ keepAlive: true, maxSockets: 500 });
  const answers: { status: number; text: string }[] = [];
  let sent = 0;
  const one = async (): Promise<void> => {
    const number = ++sent;
    const isStream = stream ?? number % 2 === 0;
    const body = {
      model,
      messages: [{ role: 'user', content: `${mark}, ${number}.` }],
      max_tokens: 60,
      ...(isStream && { stream: true }),
    };
    const url = urls[number % urls.length] ?? '';
    const numbered = { 'x-litellm-spend-logs-metadata': JSON.stringify({ number: `${mark}, ${number}.` }) };
    const { status, text } = await post(agent, url, key, body, numbered);
    const isWhole = status === 200 && (isStream ? text.includes('[DONE]') : text.startsWith('{'));
    answers.push({ status: status === 200 && !isWhole ? 0 : status, text });
  };
  if (clients === undefined) {
    const all = Promise.all(Array.from({ length: requests }, one));
    await meanwhile?.();
    await all;
  } else {
    let isOver = false;
    const all = Promise.all(
      Array.from({ length: clients }, async () => {
        while (!isOver) await one();
      }),
    );
    await wait(300);
    await meanwhile?.();
    await wait(300);
    isOver = true;
    await all;
  }
  agent.destroy();
  return { ...(await compared(cluster, mark, startedMs, wanted)), ...counted(answers) };
}

function counted(answers: Outcome['answers']): Pick<Outcome, 'requests' | 'failed' | 'refused' | 'answers'> {
  const refused = answers.filter(({ status }) => REFUSALS.includes(status)).length;
  const failed = answers.filter(({ status }) => status !== 200).length - refused;
  return { requests: answers.length, failed, refused, answers };
}

/** Compares the provider's own book with the ledger, request by request. */
async function compared(
  { simulator, instances }: Cluster,
  mark: string,
  startedMs: number,
  { mayBeAbove = false }: Wanted,
): Promise<Pick<Outcome, 'lost' | 'doubled' | 'unbookedUsd'>> {
  const billed = new Map<string, bigint>();
  const numberOf = (text: string): string | undefined => new RegExp(`${mark}, \\d+\\.`).exec(text)?.[0];
  const read = async () => {
    billed.clear();
    for (const seen of simulator.requests) {
      const number = numberOf(String(seen.rawBody));
      const amount = billedFor(seen);
      if (number !== undefined && amount > 0n) billed.set(number, (billed.get(number) ?? 0n) + amount);
    }
    const booked = new Map<string, { cost: bigint; rows: number }>();
    for (const row of await instances[0].rowsSince(startedMs - 600_000)) {
      if (numberOf(row.number) !== row.number) continue;
      const known = booked.get(row.number) ?? { cost: 0n, rows: 0 };
      booked.set(row.number, { cost: known.cost + row.cost, rows: known.rows + 1 });
    }
    const lost = [...billed.keys()].filter((number) => !booked.has(number)).length;
    const doubled = [...booked.values()].filter(({ rows }) => rows > 1).length;
    const sum = (amounts: Iterable<bigint>): number =>
      Number(formatUsd([...amounts].reduce((all, each) => all + each, 0n)));
    const unbookedUsd = sum(billed.values()) - sum([...booked.values()].map(({ cost }) => cost));
    return { lost, doubled, unbookedUsd };
  };
  let last = await read();
  const isBooked = async (): Promise<boolean> => {
    last = await read();
    return last.lost === 0 && (mayBeAbove ? last.unbookedUsd < NOTHING_USD : Math.abs(last.unbookedUsd) < NOTHING_USD);
  };
  // What is not booked in the end is the result, not the end of the check.
  await until(isBooked, 'all is booked', BOOKED_WITHIN_MS).catch(() => undefined);
  return last;
}

/** A key with this much to spend, and these limits. */
export function makeKey({ instances }: Cluster, limits: JsonObject): Promise<string> {
  return instances[0].makeKey(limits);
}
