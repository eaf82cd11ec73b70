import { createHash } from 'node:crypto';
import { costOf } from '../../src/costs/price-of.ts';
import { priceModel } from '../../src/costs/prices.ts';
import type { RateCard } from '../../src/costs/rate-card.ts';
import type { OpenRequest } from '../request-log.ts';
import {
  type Biller,
  BOOKED,
  type Booked,
  type PlantableBook,
  type PlantedCall,
  type SimulatedBilling,
} from './options.ts';

type Tokens = Record<Booked, number>;

/** What one key used of one model in one minute. */
export interface BookedMinute {
  readonly biller: Biller;
  readonly ms: number;
  readonly model: string;
  readonly key: string;
  readonly isEmbedding: boolean;
  requests: number;
  readonly tokens: Tokens;
  /** In pico-USD, by kind. */
  readonly cost: Record<Booked, bigint>;
}

const MINUTE_MS = 60_000;
const NOTHING: Tokens = { input: 0, cached: 0, written: 0, writtenOneHour: 0, output: 0 };

/** What every provider would bill: kept by the simulator alone, whatever the gateway believes. */
export class Book implements PlantableBook {
  readonly #minutes = new Map<string, BookedMinute>();
  readonly #prices = new Map<string, Partial<Record<Booked, number>>>();
  readonly #options: SimulatedBilling;

  constructor(options: SimulatedBilling) {
    this.#options = options;
  }

  /** Books an answer that has ended. */
  add(request: OpenRequest): void {
    const { billed, operation, model, receivedAtMs } = request;
    const biller = billerOf(operation);
    if (billed === undefined || biller === undefined) return;
    const { promptTokens, cachedTokens, cacheWriteTokens, cacheWriteOneHourTokens, completionTokens } = billed;
    this.plant({
      ...{ biller, model, key: keyOf(request), atMs: receivedAtMs, isEmbedding: /embed/.test(operation) },
      tokens: {
        input: promptTokens - cachedTokens - cacheWriteTokens,
        cached: cachedTokens,
        written: cacheWriteTokens - cacheWriteOneHourTokens,
        writtenOneHour: cacheWriteOneHourTokens,
        output: completionTokens,
      },
    });
  }

  /** Books a call by hand. */
  plant(call: PlantedCall): void {
    const { biller, model, key, atMs, isEmbedding = false } = call;
    const ms = Math.floor((atMs + (this.#options.skewMs ?? 0)) / MINUTE_MS) * MINUTE_MS;
    const id = [biller, ms, model, key, isEmbedding].join('\u0000');
    const known = this.#minutes.get(id) ?? {
      ...{ biller, ms, model, key, isEmbedding, requests: 0, tokens: { ...NOTHING } },
      cost: { input: 0n, cached: 0n, written: 0n, writtenOneHour: 0n, output: 0n },
    };
    this.#minutes.set(id, known);
    known.requests += 1;
    const tokens = { ...NOTHING, ...call.tokens };
    for (const kind of BOOKED) {
      known.tokens[kind] += tokens[kind];
      known.cost[kind] += this.#costOf(biller, model, kind, tokens, atMs);
    }
  }

  /** Charges a kind of a model's tokens so much a million, in USD, in place of the list price. */
  setPrice(model: string, kind: Booked, usdPerMillion: number): void {
    this.#prices.set(model, { ...this.#prices.get(model), [kind]: usdPerMillion });
  }

  clear(): void {
    this.#minutes.clear();
    this.#prices.clear();
  }

  /** What the reports of a provider know by now. */
  *of(biller: Biller, fromMs: number, toMs: number, nowMs: number): Generator<BookedMinute> {
    const knownUntilMs = nowMs - (this.#options.delayMs ?? 0);
    for (const minute of this.#minutes.values()) {
      if (minute.biller === biller && minute.ms >= fromMs && minute.ms < toMs && minute.ms < knownUntilMs) yield minute;
    }
  }

  #costOf(biller: Biller, model: string, kind: Booked, tokens: Tokens, atMs: number): bigint {
    const own = this.#prices.get(model)?.[kind];
    if (own !== undefined) return BigInt(Math.round(own * 1e6)) * BigInt(tokens[kind]);
    const cost = costOf(usageOf(kind, tokens), listed(biller, model, atMs));
    return cost === undefined ? 0n : cost.total - cost.perRequest;
  }
}

function listed(biller: Biller, model: string, atMs: number): RateCard | undefined {
  const query = { provider: biller, model: model.split('+')[0] ?? model, modelInfo: {} };
  return priceModel({ ...query, ...(biller === 'gemini' && { priceProvider: 'google' }) }).ratesAt(atMs);
}

function usageOf(kind: Booked, tokens: Tokens) {
  const count = tokens[kind];
  const nothing = { inputTokens: 0, outputTokens: 0 };
  switch (kind) {
    case 'input':
      return { ...nothing, inputTokens: count };
    case 'cached':
      return { ...nothing, inputTokens: count, cachedInputTokens: count };
    case 'written':
      return { ...nothing, inputTokens: count, cacheWriteTokens: count };
    case 'writtenOneHour':
      return { ...nothing, inputTokens: count, cacheWriteTokens: count, cacheWriteOneHourTokens: count };
    case 'output':
      return { ...nothing, outputTokens: count };
  }
}

function billerOf(operation: string): Biller | undefined {
  if (/^openai-(?:chat|responses|completions|embeddings)$/.test(operation)) return 'openai';
  if (operation === 'anthropic-messages') return 'anthropic';
  return /^gemini-(?:generate|stream|embed)$/.test(operation) ? 'gemini' : undefined;
}

function keyOf({ headers }: OpenRequest): string {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  return String(headers['x-api-key'] ?? headers['x-goog-api-key'] ?? bearer ?? '');
}

/** How a provider names a key: never by its text. */
export function keyId(biller: Biller, key: string): string {
  const id = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return biller === 'anthropic' ? `apikey_${id}` : `key_${id}`;
}

/** What it shows of one. */
export const keyHint = (key: string): string => `${key.slice(0, 10)}...${key.slice(-4)}`;
