/**
 * A request that asks for several answers, at a deployment that gives one to a call: a call for each, a few at a time, and one answer of
 * all. Each call is an attempt that is booked and billed. What was answered before another call failed is kept for the next try in the
 * same group.
 */

import type { JsonObject } from '../../core/json.ts';
import { addUsage } from '../../costs/add-usage.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { idInObject } from '../../formats/answer-id.ts';
import type { SeveralRequests } from '../../formats/format.ts';
import { formatParts } from '../../formats/index.ts';
import type { LaneChoice } from '../../lanes/choose-lane.ts';
import { clientBody, refuseBadRequest } from '../../lanes/client-body.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import { HeldClient } from '../guarding/held-client.ts';
import { answerHeaders, durationHeaders, JSON_HEADERS, STREAM_HEADERS } from './answer-headers.ts';

/** More at once would look like an attack to a provider, and like a flood to a local model. */
const AT_ONCE = 4;

interface Several {
  readonly how: SeveralRequests;
  readonly asked: JsonObject;
  readonly bodies: readonly JsonObject[];
}

/** The parts of a request that its deployment cannot answer at once; undefined for all others. */
export function partsOf(exchange: Exchange, { operation }: LaneChoice): Several | undefined {
  const { format } = exchange.endpoint;
  const how = operation.format === format ? undefined : formatParts(format).conversation?.several;
  if (how === undefined) return undefined;
  const asked = clientBody(exchange, format);
  const bodies = refuseBadRequest(() => how.split(asked));
  return bodies === undefined ? undefined : { how, asked, bodies };
}

/** One call for a part. */
type SendPart = (part: Exchange) => Promise<void>;

/** Resolves when the client has the answer to all parts; rejects with why one of them has none, before anything is sent. */
export async function attemptParts(
  exchange: Exchange,
  deployment: Deployment,
  several: Several,
  send: SendPart,
): Promise<void> {
  const { client, clock, servedGroup } = exchange;
  // Answers of two models are not told as those of one.
  if (exchange.answeredParts?.group !== servedGroup) exchange.answeredParts = { group: servedGroup, answers: [] };
  const answers = (exchange.answeredParts?.answers ?? []) as (JsonObject | undefined)[];
  const running = new Set<PartClient>();
  const startedMs = clock.monotonicMs();
  client.onGone(() => {
    for (const part of running) part.leave();
  });
  try {
    await inTurns(several.bodies, async (body, place) => {
      if (answers[place] !== undefined) return;
      const held = new PartClient(client);
      running.add(held);
      try {
        answers[place] = await askPart(exchange, body, held, send);
      } finally {
        running.delete(held);
      }
    });
  } finally {
    client.onGone(undefined);
    exchange.upstreamMs += clock.monotonicMs() - startedMs;
  }
  const whole = several.how.join(answers as JsonObject[], several.asked);
  exchange.deployment = deployment;
  exchange.status = 200;
  exchange.answerId = idInObject(exchange.endpoint.format, whole);
  exchange.firstByteMs = clock.monotonicMs();
  const body = exchange.stream ? several.how.asStream(whole, several.asked) : JSON.stringify(whole);
  const type = exchange.stream ? STREAM_HEADERS : JSON_HEADERS;
  const headers = [...type, ...answerHeaders(exchange, deployment, {}), ...durationHeaders(exchange)];
  client.sendWhole(200, headers, Buffer.from(body));
}

/** Asks for one part and books it as what it is: a part of the request. */
async function askPart(exchange: Exchange, body: JsonObject, client: PartClient, send: SendPart): Promise<JsonObject> {
  const bytes = Buffer.from(JSON.stringify(body));
  const part = exchange.part(bytes, client);
  const envelope = readEnvelope(bytes);
  if (!envelope.ok) throw new RangeError(`a part of a request is unreadable: ${envelope.reason}`);
  part.envelope = envelope;
  part.outline = formatParts(exchange.endpoint.format).outline(bytes, envelope);
  try {
    await send(part);
  } finally {
    book(exchange, part);
  }
  return JSON.parse(client.view(exchange.endpoint.format).body.toString('utf8')) as JsonObject;
}

function book(exchange: Exchange, part: Exchange): void {
  const prompt = (): string => part.outline.promptText();
  for (const estimate of part.pendingEstimates) exchange.pendingEstimates.push({ ...estimate, prompt });
  const { usage, cost } = part;
  if (usage !== undefined) exchange.usage = exchange.usage === undefined ? usage : addUsage(exchange.usage, usage);
  if (cost !== undefined) exchange.cost = (exchange.cost ?? 0n) + cost;
  exchange.isUnpriced ||= part.isUnpriced;
  exchange.lane = part.lane;
  exchange.laneReason = part.laneReason;
  exchange.dropped = part.dropped;
}

/** Runs a step for each item, a few at once. After a failure none begins; those that run are waited for, and the first failure is thrown. */
async function inTurns<Item>(
  items: readonly Item[],
  step: (item: Item, place: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const place = next++;
      try {
        await step(items[place] as Item, place);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  if (failure !== undefined) throw failure.error;
}

/** The client of one call: holds its answer, and hears with the others that the true client left. */
class PartClient extends HeldClient {
  #gone: (() => void) | undefined;

  override onGone(callback: (() => void) | undefined): void {
    this.#gone = callback;
    if (callback !== undefined && this.isGone) callback();
  }

  leave(): void {
    this.#gone?.();
  }
}
