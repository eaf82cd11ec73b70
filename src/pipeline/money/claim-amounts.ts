import { claimAmounts, type ReservedAmounts } from '../../costs/claim-amounts.ts';
import type { Admission } from '../../exchange/admission.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { memberNamed, parseMember } from '../../wire/envelope.ts';
import type { Parts } from '../parts.ts';
import { limitsAsked } from './answer-limit.ts';
import { candidatesOf } from './candidates.ts';
import { webSearchesAsked } from './web-searches.ts';

/** Members that may ask for an answer one can hear. Sound that is sent is counted among the media. */
const ASKS_FOR_SOUND = ['audio', 'modalities', 'generationConfig', 'generation_config'] as const;

/** What a request reserves, and whether it costs nothing whoever answers. */
export function amountsOf(
  exchange: Exchange,
  { forecasts, inputs }: Parts,
  { size }: Admission,
): { readonly amounts: ReservedAmounts; readonly isFree: boolean } {
  const { endpoint, snapshot, identity, group, envelope } = exchange;
  const { hasOutput } = endpoint.operation;
  const name = group?.pattern ?? group?.name ?? '';
  const deployments = candidatesOf(exchange);
  const tier = serviceTierAsked(exchange);
  // A tier that is asked for may be refused, and the request answered at the standard one: the dearer counts.
  const candidates = deployments.flatMap(({ priced }) =>
    (tier === undefined ? STANDARD : [undefined, tier]).map((each) => ({
      card: priced.ratesAt(exchange.startedAtMs, each),
      maxOutputTokens: priced.facts.maxOutputTokens,
    })),
  );
  const webSearches = webSearchesAsked(exchange.body, envelope);
  const { maxOutputTokens, choices } = limitsAsked(exchange, deployments);
  const amounts = claimAmounts({
    mode: snapshot.config.budgets.mode,
    candidates,
    // What a search finds is as long as a page is.
    inputTokens: inputs.estimate(name, webSearches === 0 ? size : { ...size, media: size.media + webSearches }),
    maxOutputTokens,
    choices,
    forecast: hasOutput ? forecasts.forecast(name, identity?.keyHash ?? '', exchange.route) : undefined,
    hasOutput,
    webSearches,
    mayHaveAudio: size.media > 0 || ASKS_FOR_SOUND.some((member) => memberNamed(envelope, member) !== undefined),
  });
  const isFree = amounts.hold === 0n && amounts.exposure === 0n && candidates.every(({ card }) => card !== undefined);
  return { amounts, isFree };
}

const STANDARD = [undefined];

/** `service_tier`, which has prices of its own. */
function serviceTierAsked({ body, envelope }: Exchange): string | undefined {
  const member = memberNamed(envelope, 'service_tier');
  const tier = member?.kind === 'string' ? parseMember(body, member) : undefined;
  return typeof tier === 'string' ? tier : undefined;
}
