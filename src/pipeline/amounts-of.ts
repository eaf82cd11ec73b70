import { claimAmounts } from '../costs/claim-amounts.ts';
import type { ClaimAmounts } from '../stores/contracts/claims.ts';
import { memberNamed } from '../wire/envelope.ts';
import type { Admission } from './admission.ts';
import { limitsAsked } from './answer-limit.ts';
import { candidatesOf } from './candidates.ts';
import type { Exchange } from './exchange.ts';
import type { Parts } from './parts.ts';

/** Members that may ask for an answer one can hear. Sound that is sent is counted among the media. */
const ASKS_FOR_SOUND = ['audio', 'modalities', 'generationConfig', 'generation_config'] as const;

/** What a request reserves, and whether it costs nothing whoever answers. */
export function amountsOf(
  exchange: Exchange,
  { forecasts, inputs }: Parts,
  { size }: Admission,
): { readonly amounts: ClaimAmounts; readonly isFree: boolean } {
  const { endpoint, snapshot, identity, group, envelope } = exchange;
  const hasOutput = endpoint.operation === 'chat' || endpoint.operation === 'completion';
  const name = group?.pattern ?? group?.name ?? '';
  const deployments = candidatesOf(exchange);
  const candidates = deployments.map((deployment) => ({
    card: deployment.priced.ratesAt(exchange.startedAtMs),
    maxOutputTokens: deployment.priced.facts.maxOutputTokens,
  }));
  const { maxOutputTokens, choices } = limitsAsked(exchange, deployments);
  const amounts = claimAmounts({
    mode: snapshot.config.budgets.mode,
    candidates,
    inputTokens: inputs.estimate(name, size),
    maxOutputTokens,
    choices,
    forecast: hasOutput ? forecasts.forecast(name, identity?.keyHash ?? '', exchange.route) : undefined,
    hasOutput,
    mayHaveAudio: size.media > 0 || ASKS_FOR_SOUND.some((member) => memberNamed(envelope, member) !== undefined),
  });
  const isFree = amounts.hold === 0n && amounts.exposure === 0n && candidates.every(({ card }) => card !== undefined);
  return { amounts, isFree };
}
