/** The request's path, stage by stage, as ARCHITECTURE.md draws it. */
import { asGatewayError, GatewayError } from '../core/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Prepare } from '../exchange/slots.ts';
import { admit } from './admit.ts';
import { keepAlive } from './answering/keep-alive.ts';
import { carry } from './carry.ts';
import { makeAsk } from './guarding/ask.ts';
import { guardOutput } from './guarding/guard-output.ts';
import { identify } from './identify.ts';
import { turnAfterRefusal } from './money/after-budget.ts';
import { openBooks } from './money/books.ts';
import { keepTexts } from './money/kept-texts.ts';
import { makeOtherBodies, withEachBody } from './other-bodies.ts';
import type { Parts } from './parts.ts';
import { peek } from './peek.ts';
import { findGroup, plan, turnToRegional } from './plan.ts';
import { rank } from './rank.ts';
import { recall, sendRecalled } from './recall.ts';
import { receive } from './receive.ts';
import { sendError } from './refuse.ts';
import { findRegions } from './regions.ts';
import { settle } from './settle.ts';
import { answerSeveral, severalNames } from './several.ts';

/** Handles one request from its headers to its books. Never rejects. */
export async function handle(exchange: Exchange, parts: Parts): Promise<void> {
  const { slots } = exchange;
  try {
    // The key comes before the body: without a key nothing is read.
    const identity = identifyCaller(exchange, parts);
    exchange.identity = identity instanceof Promise ? await identity : identity;
    await receive(exchange);
    // A body may take a minute to come, and the key may have been changed meanwhile.
    if (exchange.receivedMs > SLOW_BODY_MS) exchange.identity = await identifyCaller(exchange, parts);
    const reading = peek(exchange, parts);
    if (reading !== undefined) await reading;
    const names = severalNames(exchange);
    // Each of them is handled and settled as a request of its own.
    if (names !== undefined) return await answerSeveral(exchange, names, (part) => handle(part, parts));
    if (slots.guardInput !== undefined) await slots.guardInput(exchange);
    await planAndAdmit(exchange, parts);
    // What is recalled is sent to no provider, so a crash can leave no bill behind.
    if (exchange.recalled === undefined) openBooks(exchange, parts);
    if (exchange.snapshot.config.stores.keepsPrompts) keepTexts(exchange);
    const intervalMs = exchange.snapshot.config.server.keepAlivePingMs;
    if (intervalMs === undefined || !exchange.stream) await guarded(exchange, parts);
    else await keepAlive(exchange, intervalMs, () => guarded(exchange, parts));
  } catch (thrown) {
    exchange.error = asGatewayError(thrown);
    if (exchange.error.code === 'internal') parts.onFault(`request ${exchange.callId} failed`, thrown);
    refuse(exchange, exchange.error, parts);
  }
  const closing = settle(exchange, parts);
  if (closing !== undefined) await closing;
  // Its client has its answer by now, and a copy can neither delay it nor make it fail.
  for (const shadow of parts.shadows.of(exchange)) void parts.shadows.during(handle(shadow, parts));
}

/** A body that took longer did not arrive in one piece. */
const SLOW_BODY_MS = 1_000;

/** How often a request is identified and planned because what was known about its caller was out of date. */
const MOST_ROUNDS = 5;

async function planAndAdmit(exchange: Exchange, parts: Parts): Promise<void> {
  const { slots } = exchange;
  let { model } = exchange;
  // A feature that put another model in its place kept what was asked for.
  exchange.askedModel ??= model;
  for (let round = 1; ; round++) {
    // Planning puts an alias's group in its place; a further round begins with what was asked for.
    exchange.model = model;
    findGroup(exchange);
    const regions = exchange.ownIdentity === undefined ? findRegions(exchange, parts) : undefined;
    if (regions !== undefined) await regions;
    if (exchange.regionalModel !== undefined) turnToRegional(exchange);
    const preparing = round === 1 ? prepareBodies(exchange, parts) : undefined;
    if (preparing !== undefined) await preparing;
    const counting = plan(exchange, parts);
    if (counting !== undefined) await counting;
    if (slots.rank !== undefined && exchange.plan !== undefined) exchange.plan = rank(exchange, exchange.plan);
    // Asked again in each round: what a caller may be given hangs on who it is.
    if (slots.recall !== undefined) exchange.recalled = await recall(exchange);
    try {
      const admitted = admit(exchange, parts);
      if ((admitted instanceof Promise ? await admitted : admitted) === 'admitted') return;
    } catch (error) {
      if (!turnAfterRefusal(exchange, error)) throw whyRefused(exchange, error);
      model = exchange.model;
      continue;
    }
    if (round >= MOST_ROUNDS) {
      throw new GatewayError(
        'store_unavailable',
        'The permissions of this key changed several times while the request was admitted. Try again in a moment.',
        {
          retryAfterMs: 1_000,
        },
      );
    }
    exchange.identity = await identifyCaller(exchange, parts);
  }
}

/** Of a request with fallbacks, what the model that it asked for was refused with; of a key that is slowed down, its rate. */
function whyRefused({ overBudget }: Exchange, error: unknown): unknown {
  return overBudget === undefined || overBudget.throttle !== undefined ? error : overBudget.error;
}

/** Returns no promise if no feature guards or changes bodies. */
function prepareBodies(exchange: Exchange, parts: Parts): Promise<void> | undefined {
  const { guardInput, prepare: makers } = exchange.slots;
  makeOtherBodies(exchange);
  return guardInput === undefined && makers === undefined ? undefined : guardAndPrepare(exchange, parts);
}

/** The bodies that fallbacks have of their own pass the same guards, and are prepared as the request's own. */
async function guardAndPrepare(exchange: Exchange, parts: Parts): Promise<void> {
  const { guardInput, prepare: makers } = exchange.slots;
  if (guardInput !== undefined) await withEachBody(exchange, () => guardInput(exchange));
  if (makers === undefined) return;
  await withEachBody(exchange, () => prepare(exchange, makers, parts));
  await prepare(exchange, makers, parts);
}

/** Puts the body that a feature made in the place of the client's. The stages after it see no other. */
async function prepare(exchange: Exchange, prepares: readonly Prepare<Exchange>[], parts: Parts): Promise<void> {
  for (const make of prepares) {
    const body = await make(exchange);
    if (body === undefined) continue;
    const { model } = exchange;
    exchange.body = body;
    await peek(exchange, parts);
    exchange.model = model;
  }
}

function guarded(exchange: Exchange, parts: Parts): Promise<void> {
  const { guardOutput: guard } = exchange.slots;
  if (guard === undefined) return answer(exchange, parts);
  return guardOutput(exchange, guard(exchange), () => answer(exchange, parts));
}

function answer(exchange: Exchange, parts: Parts): Promise<void> {
  const { recalled, slots } = exchange;
  if (recalled !== undefined) return sendRecalled(exchange, recalled);
  return slots.answer === undefined ? carry(exchange, parts) : slots.answer(exchange, makeAsk(exchange, parts));
}

function identifyCaller(exchange: Exchange, { tenants }: Parts) {
  const { client, route, endpoint, snapshot, clock, ownIdentity } = exchange;
  if (ownIdentity !== undefined) return ownIdentity;
  const { rawHeaders, query, method } = client;
  // Google's libraries may send the key in the address.
  const takesQueryKey = endpoint.format === 'gemini-generate';
  return identify({ rawHeaders, query, takesQueryKey, method, route, nowMs: clock.nowMs() }, snapshot, tenants);
}

/** Never throws: an exception here would end the process for every client. */
function refuse(exchange: Exchange, error: GatewayError, parts: Parts): void {
  try {
    sendError(exchange, error);
  } catch (thrown) {
    parts.onFault(`the error of request ${exchange.callId} could not be sent`, thrown);
    exchange.client.breakOff();
  }
}
