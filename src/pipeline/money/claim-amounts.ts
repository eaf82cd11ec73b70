import { claimAmounts, type ReservedAmounts } from '../../costs/claim-amounts.ts';
import type { Admission } from '../../exchange/admission.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Parts } from '../parts.ts';
import { answerLimit } from './answer-limit.ts';
import { candidatesOf } from './candidates.ts';

/** What a request reserves, and whether it costs nothing whichever deployment answers. */
export function amountsOf(
  exchange: Exchange,
  { forecasts, inputs }: Parts,
  { size }: Admission,
  doOthersWait = false,
): { readonly amounts: ReservedAmounts; readonly isFree: boolean } {
  const { endpoint, snapshot, identity, group, outline } = exchange;
  const { hasOutput } = endpoint.operation;
  const name = group?.pattern ?? group?.name ?? '';
  const deployments = candidatesOf(exchange);
  const { serviceTier: tier, webSearches, choices } = outline;
  // The provider may refuse a tier and answer at the standard one: the dearer of the two counts.
  const candidates = deployments.flatMap(({ priced }) =>
    (tier === undefined ? STANDARD : [undefined, tier]).map((each) => ({
      card: priced.ratesAt(exchange.startedAtMs, each),
      maxOutputTokens: priced.facts.maxOutputTokens,
    })),
  );
  const amounts = claimAmounts({
    mode: snapshot.config.budgets.mode,
    candidates,
    // The result of a search is about as long as a page, and so is a medium.
    inputTokens: inputs.estimate(name, webSearches === 0 ? size : { ...size, media: size.media + webSearches }),
    maxOutputTokens: answerLimit(exchange, deployments),
    choices,
    forecast: hasOutput ? forecasts.forecast(name, identity?.keyHash ?? '', exchange.route) : undefined,
    hasOutput,
    webSearches,
    doOthersWait,
    mayHaveAudio: size.media > 0 || outline.asksForAudio,
  });
  const isFree = amounts.hold === 0n && amounts.exposure === 0n && candidates.every(({ card }) => card !== undefined);
  return { amounts, isFree };
}

const STANDARD = [undefined];
