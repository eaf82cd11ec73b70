/**
 * Fallbacks with members of their own (`"fallbacks": [{"model": "b", "messages": […]}]`): the request as each of them gets it. Such a
 * body is looked at by the same stages as the request's own, and counts by its own size.
 */
import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { OtherBody } from '../exchange/other-body.ts';
import { formatParts } from '../formats/index.ts';
import type { ResolvedGroup } from '../routing/model-groups.ts';
import type { ReadNeeds } from '../routing/needs.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import { memberNamed, readEnvelope } from '../wire/envelope.ts';
import { type Edit, splice } from '../wire/splice.ts';

/** Makes the bodies of the fallbacks that have one of their own. Throws `overloaded` if there is no room for them. */
export function makeOtherBodies(exchange: Exchange): void {
  const { envelope } = exchange;
  const { fallbackMembers } = exchange.controls;
  if (fallbackMembers === undefined || exchange.otherBodies !== undefined) return;
  const bodies = new Map<string, OtherBody>();
  for (const [name, members] of fallbackMembers) {
    const edits = Object.entries(members).map(
      ([member, value]): Edit => ({
        edit: memberNamed(envelope, member) === undefined ? 'add' : 'replace',
        name: member,
        json: JSON.stringify(value),
      }),
    );
    const body = splice(exchange.body, envelope, edits);
    if (!exchange.client.noteAnswer(body.length))
      throw new GatewayError('overloaded', 'There is no room for the fallbacks of this request now. Try again soon.', {
        retryAfterMs: 1_000,
      });
    bodies.set(name, otherBody(exchange, body));
  }
  exchange.otherBodies = bodies;
}

/** A body that was edited, with what is known of it. */
function otherBody({ endpoint }: Exchange, body: Buffer): OtherBody {
  const envelope = readEnvelope(body);
  if (!envelope.ok)
    throw new GatewayError(
      'invalid_request',
      '`fallbacks` holds members that cannot be put together with the request.',
      { param: 'fallbacks' },
    );
  return { body, envelope, outline: formatParts(endpoint.format).outline(body, envelope), changes: undefined };
}

/** Puts the body of a fallback in the place of the one that there is; returns that one. Undefined if it has none of its own. */
function placeBody(exchange: Exchange, name: string): OtherBody | undefined {
  const other = exchange.otherBodies?.get(name);
  if (other === undefined) return undefined;
  const { body, envelope, outline, changes } = exchange;
  Object.assign(exchange, other);
  return { body, envelope, outline, changes };
}

/** No model has this name: the request as its client sent it, for fallbacks that have no body of their own. */
const ORIGINAL = '';

/** From now on the request goes to this group. What was asked before is counted by what it was asked with. */
export function turnTo(exchange: Exchange, group: string): void {
  const { body, envelope, outline, changes, pendingEstimates, otherBodies } = exchange;
  if (otherBodies === undefined) return;
  if (!otherBodies.has(ORIGINAL)) otherBodies.set(ORIGINAL, { body, envelope, outline, changes });
  const isOther = group !== exchange.group?.name && otherBodies.has(group);
  placeBody(exchange, isOther ? group : ORIGINAL);
  if (exchange.outline === outline) return;
  const prompt = (): string => outline.promptText();
  exchange.pendingEstimates = pendingEstimates.map((estimate) => ({ prompt, ...estimate }));
}

/** What a request needs at a fallback. */
export function needsAt(exchange: Exchange, group: ResolvedGroup<Deployment>, name: string): ReadNeeds | undefined {
  const own = placeBody(exchange, name);
  if (own === undefined) return exchange.needs;
  try {
    return exchange.snapshot.router.needs(group, exchange, exchange.controls);
  } finally {
    Object.assign(exchange, own);
  }
}

/** Does something with each of these bodies in the place of the request's own, and keeps what became of it. */
export async function withEachBody(exchange: Exchange, step: () => Promise<void> | void): Promise<void> {
  if (exchange.otherBodies === undefined) return;
  for (const name of exchange.otherBodies.keys()) {
    const own = placeBody(exchange, name);
    try {
      await step();
    } finally {
      putBack(exchange, name, own);
    }
  }
}

/** The same without waiting. */
export function eachBody(exchange: Exchange, step: () => void): void {
  for (const name of exchange.otherBodies?.keys() ?? []) {
    const own = placeBody(exchange, name);
    try {
      step();
    } finally {
      putBack(exchange, name, own);
    }
  }
}

function putBack(exchange: Exchange, name: string, own: OtherBody | undefined): void {
  const { body, envelope, outline, changes } = exchange;
  exchange.otherBodies?.set(name, { body, envelope, outline, changes });
  Object.assign(exchange, own);
}
