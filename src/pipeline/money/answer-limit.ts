/** How long an answer a request may get, and how its limit is lowered to what a budget still allows. */

import type { Exchange } from '../../exchange/exchange.ts';
import { limitInParameters } from '../../formats/asked-limit.ts';
import { formatParts } from '../../formats/index.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import { splice } from '../../wire/splice.ts';
import { eachBody } from '../other-bodies.ts';
import { candidatesOf } from './candidates.ts';

/** The limit of one answer in tokens: the request's own, else the one that the deployments add; undefined: no limit. */
export function answerLimit({ outline }: Exchange, deployments: readonly Deployment[]): number | undefined {
  if (outline.limit === 'unclear') return undefined;
  if (outline.limit !== 'absent') return outline.limit;
  let most = 0;
  for (const { config } of deployments) {
    const added = limitInParameters(config.defaultParams);
    if (added === undefined || added <= 0) return undefined;
    most = Math.max(most, Math.ceil(added));
  }
  return most === 0 ? undefined : most;
}

/** Many providers refuse a limit above what the model can write; if that is not known, every model accepts this much. */
const ACCEPTED_BY_ALL = 4_096;

/** A limit that every deployment that may answer accepts. */
export function acceptedByAll(exchange: Exchange, cap: number): number {
  const isKnown = candidatesOf(exchange).every(({ priced }) => priced.facts.maxOutputTokens !== undefined);
  return isKnown ? cap : Math.min(cap, ACCEPTED_BY_ALL);
}

/** Lowers the answer's limit in the request itself, so that every attempt sends the same bytes. */
export function lowerLimit(exchange: Exchange, cap: number): void {
  lowerIn(exchange, cap);
  eachBody(exchange, () => lowerIn(exchange, cap));
}

function lowerIn(exchange: Exchange, cap: number): void {
  const { body, envelope, outline } = exchange;
  const edits = outline.limitEdits(cap);
  if (edits.length === 0) return;
  exchange.body = splice(body, envelope, edits);
  const edited = readEnvelope(exchange.body);
  if (!edited.ok) throw new RangeError('an edited body cannot be read');
  exchange.envelope = edited;
  exchange.outline = formatParts(exchange.endpoint.format).outline(exchange.body, edited);
}
