/** Vectors are kept by their inputs: of a batch only those are asked for that are missing, and the answer has all in their order. */
import { createHash } from 'node:crypto';
import type { CacheConfig } from '../../config/gateway-config.ts';
import { canonicalJson, isPlain } from '../../core/canonical-json.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { RecalledAnswer } from '../../exchange/slots.ts';
import { isBesideAnswer } from '../../formats/beside-the-answer.ts';
import type { EmbeddingItems } from '../../formats/format.ts';
import { formatParts } from '../../formats/index.ts';
import { hitHeaders } from './answer-for.ts';
import type { Entry } from './entry.ts';
import type { Place, Places } from './places.ts';
import type { Shelf } from './shelf.ts';

/** More are kept as one answer: looking for each takes a store too long. */
const MOST_INPUTS = 128;
/** How many handles a header names. */
const MOST_HANDLES = 8;

/** The handles of a request's vectors, the first of them. */
export const handlesOf = ({ keys }: Pick<Batch, 'keys'>): readonly string[] => keys.slice(0, MOST_HANDLES);

/** A request for vectors, taken apart. */
export interface Batch {
  readonly items: EmbeddingItems;
  readonly place: Omit<Place, 'key'>;
  readonly life: string | undefined;
  readonly keys: readonly string[];
  /** How long each input is. */
  readonly lengths: readonly number[];
  /** What was found for each input, as far as it may be given. */
  readonly entries: readonly (Entry | undefined)[];
  /** The request for those that were not found; undefined if none was found, or all were. */
  readonly body: Buffer | undefined;
  /** What was asked for, once there is an answer. */
  answered: ReturnType<EmbeddingItems['readAnswer']>;
}

/** How a request is cached. */
interface HowCached {
  readonly places: Places;
  readonly config: CacheConfig;
}

/** The inputs of a request, and the key of each; undefined if it is not one that can be taken apart. */
export function takeApart(exchange: Exchange, { places, config }: HowCached) {
  const { body: bytes, endpoint, mostParsedBytes, otherBodies } = exchange;
  const items = formatParts(endpoint.format).embedding?.items;
  if (items === undefined || bytes.length > mostParsedBytes || otherBodies !== undefined) return undefined;
  const text = bytes.toString('utf8');
  const parsed = JSON.parse(text) as JsonValue;
  if (!isJsonObject(parsed) || !isPlain(text, parsed)) return undefined;
  const inputs = items.inputsOf(parsed);
  if (inputs === undefined || inputs.length > MOST_INPUTS) return undefined;
  const place = places.shelfOf(exchange, config);
  if (place === undefined) return undefined;
  const { scope, controls, keyOf } = place;
  const beside = besideText(items.besideInputs(parsed));
  const keys = inputs.map((input) => keyOf(digest(`${endpoint.format}\n${beside}\n${canonicalJson(input)}`)));
  return { items, parsed, inputs, keys, place: { scope, controls } };
}

/** Takes a request apart and looks for its vectors; undefined if it is not one that can be taken apart. */
export async function openBatch(
  exchange: Exchange,
  { shelf, ...how }: HowCached & { readonly shelf: Shelf },
): Promise<Batch | undefined> {
  const taken = takeApart(exchange, how);
  if (taken === undefined) return undefined;
  const { items, parsed, inputs, keys, place } = taken;
  const { scope, controls } = place;
  const { clock } = exchange;
  const { entries, life } = await shelf.find(scope, keys);
  const youngestMs = controls.oldestMs === undefined ? Number.NEGATIVE_INFINITY : clock.nowMs() - controls.oldestMs;
  const given = entries.map((entry) =>
    controls.mayRecall && entry !== undefined && entry.keptAtMs > youngestMs ? entry : undefined,
  );
  const lengths = inputs.map((input) => JSON.stringify(input).length);
  const missing = inputs.filter((_, index) => given[index] === undefined);
  const isPart = missing.length > 0 && missing.length < inputs.length;
  const body = isPart ? Buffer.from(JSON.stringify(items.withInputs(parsed, missing))) : undefined;
  return { items, place, life, keys, lengths, entries: given, body, answered: undefined };
}

/** The whole answer if everything was found. */
export function recallBatch(
  { items, keys, entries }: Batch,
  { askedModel, clock }: Exchange,
): RecalledAnswer | undefined {
  const known = entries.filter((entry) => entry !== undefined);
  if (known.length < entries.length) return undefined;
  const inputTokens = tokensOf(known);
  const vectors = known.map(({ body }) => body);
  const oldestMs = Math.min(...known.map(({ keptAtMs }) => keptAtMs));
  return {
    body: items.writeAnswer(vectors, { model: askedModel ?? '', inputTokens }),
    isStream: false,
    usage: { inputTokens, outputTokens: 0 },
    headers: hitHeaders(handlesOf({ keys }), Math.max(0, clock.nowMs() - oldestMs)),
  };
}

/** The answer to all inputs, made of one to those that were missing. Throws a GatewayError if that one lacks some. */
export function joinBatch(batch: Batch, answer: Buffer, exchange: Exchange): Buffer {
  const { items, entries } = batch;
  const answered = items.readAnswer(answer);
  const missing = entries.filter((entry) => entry === undefined).length;
  if (answered?.vectors.length !== missing)
    throw new GatewayError(
      'upstream_bad_gateway',
      'The provider answered with other than the vectors that were asked for.',
    );
  batch.answered = answered;
  let next = 0;
  const vectors = entries.flatMap((entry) => entry?.body ?? answered.vectors[next++] ?? []);
  const cachedTokens = tokensOf(entries.filter((entry) => entry !== undefined));
  exchange.recalledPart = { inputTokens: cachedTokens, outputTokens: 0 };
  const facts = { model: exchange.askedModel ?? '', inputTokens: cachedTokens + answered.inputTokens };
  return items.writeAnswer(vectors, facts);
}

/** What of an answer is new, by its keys. The provider counts the tokens of all: each input has its share by its length. */
export function newEntries(
  { keys, lengths, entries, answered }: Batch,
  exchange: Exchange,
): { key: string; entry: Entry }[] {
  const fresh = keys.filter((_, index) => entries[index] === undefined);
  if (answered?.vectors.length !== fresh.length) return [];
  const { endpoint, clock } = exchange;
  const shares = sharesOf(
    answered.inputTokens,
    lengths.filter((_, index) => entries[index] === undefined),
  );
  return fresh.map((key, index) => ({
    key,
    entry: {
      keptAtMs: clock.nowMs(),
      format: endpoint.format,
      isStream: false,
      streamUsage: false,
      usage: { inputTokens: shares[index] ?? 0, outputTokens: 0 },
      body: answered.vectors[index] ?? Buffer.alloc(0),
    },
  }));
}

const tokensOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { usage }) => sum + (usage?.inputTokens ?? 0), 0);

/** The shares of a whole by weights, as whole numbers that add up to it. */
function sharesOf(whole: number, weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let weightSoFar = 0;
  let given = 0;
  return weights.map((weight) => {
    weightSoFar += weight;
    const share = Math.round((whole * weightSoFar) / all) - given;
    given += share;
    return share;
  });
}

function besideText(body: JsonObject): string {
  return canonicalJson(new Map(Object.entries(body).filter(([name]) => !isBesideAnswer(name))));
}

const digest = (text: string): string => createHash('sha256').update('item\n').update(text).digest('hex');
