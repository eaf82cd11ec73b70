import type { PicoUsd } from '../../core/money.ts';
import { type ClaimCandidate, claimAmounts, type ReservedAmounts } from '../../costs/claim-amounts.ts';
import type { FurtherTokens } from '../../costs/input-estimate.ts';
import type { Admission } from '../../exchange/admission.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Medium } from '../../formats/medium.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { eachBody } from '../other-bodies.ts';
import type { Parts } from '../parts.ts';
import { answerLimit } from './answer-limit.ts';
import { candidatesOf } from './candidates.ts';
import { estimatedOutput } from './estimated-output.ts';
import { countMedia } from './media-tokens.ts';
import { isAdmissible } from './priced-deployments.ts';
import { pricedExtras } from './priced-extras.ts';
import { densityOf, promptSizeOf } from './prompt-size.ts';
import { thoughtsBeside } from './thoughts-beside.ts';

/** What a request reserves. */
export interface RequestAmounts {
  readonly amounts: ReservedAmounts;
  /** Whether it costs nothing whichever deployment answers. */
  readonly isFree: boolean;
  /** A medium whose highest cost is unknown. */
  readonly unbounded: Medium | undefined;
}

/**
 * What a request reserves, by every deployment that may answer; if fallbacks have prompts of their own, by the one that costs the most.
 */
export function amountsOf(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  doOthersWait = false,
): RequestAmounts {
  let most = amountsOfBody(exchange, parts, admission, doOthersWait);
  if (exchange.otherBodies === undefined) return most;
  eachBody(exchange, () => {
    const size = promptSizeOf(exchange.outline);
    const other = amountsOfBody(exchange, parts, { ...admission, size, extents: undefined }, doOthersWait);
    most = theLarger(most, other);
  });
  return most;
}

/** Each number is the larger of the two; an answer is shortened by what the dearer one costs. */
function theLarger(one: RequestAmounts, other: RequestAmounts): RequestAmounts {
  const [less, more] = whole(one) > whole(other) ? [other, one] : [one, other];
  const { amounts } = more;
  return {
    amounts: {
      ...amounts,
      inputTokens: Math.max(amounts.inputTokens, less.amounts.inputTokens),
      outputTokens: Math.max(amounts.outputTokens, less.amounts.outputTokens),
      hold: greater(amounts.hold, less.amounts.hold),
      exposure: greater(amounts.exposure, less.amounts.exposure),
      practicallyMost: greater(amounts.practicallyMost, less.amounts.practicallyMost),
    },
    isFree: one.isFree && other.isFree,
    unbounded: more.unbounded ?? less.unbounded,
  };
}

function whole({ amounts: { hold, exposure } }: RequestAmounts): PicoUsd {
  return hold + exposure;
}

function greater(one: PicoUsd, other: PicoUsd): PicoUsd {
  return one > other ? one : other;
}

function amountsOfBody(
  exchange: Exchange,
  { forecasts, inputs, random }: Parts,
  admission: Admission,
  doOthersWait: boolean,
): RequestAmounts {
  const { endpoint, snapshot, identity, group, outline } = exchange;
  const { mode } = snapshot.config.budgets;
  const { size } = admission;
  const sized = mode === 'strict' ? size : { ...size, density: densityOf(outline, random) };
  const { hasOutput } = endpoint.operation;
  const name = group?.pattern ?? group?.name ?? '';
  const deployments = candidatesOf(exchange);
  const { serviceTier: tier, webSearches, choices, speed } = outline;
  // Where an answer is made may also be a setting at the provider.
  const region = outline.region ?? (mode === 'strict' ? 'us' : undefined);
  // The provider may refuse a tier and answer at the standard one: the dearer of the two counts.
  const candidates: ClaimCandidate[] = [];
  for (const deployment of deployments) {
    if (!isAdmissible(exchange, deployment)) continue;
    const { priced } = deployment;
    const longestSeconds = longestOf(exchange, deployment);
    for (const serviceTier of tier === undefined ? STANDARD : [undefined, tier]) {
      const card = priced.ratesOfAnswer({ serviceTier, speed, region }, exchange.startedAtMs) ?? admission.ceiling;
      candidates.push({
        card,
        extras: pricedExtras(exchange, card),
        maxOutputTokens: priced.facts.maxOutputTokens,
        longestSeconds,
        thoughtsBeside: thoughtsBeside(exchange, deployment),
      });
    }
  }
  const media = countMedia(exchange, admission, deployments);
  const longest = answerLimit(exchange, deployments);
  const usual = claimAmounts({
    mode,
    candidates,
    inputTokens: inputs.estimate(name, sized, withSearches(media, webSearches)),
    maxOutputTokens: longest,
    choices,
    forecast: hasOutput ? forecasts.forecast(name, identity?.keyHash ?? '', exchange.route) : undefined,
    hasOutput,
    webSearches,
    doOthersWait,
    mayHaveAudio: outline.asksForAudio || outline.media.some(mayBeSound),
  });
  const estimate = hasOutput && longest === undefined ? estimatedOutput(admission, group ?? { name }) : undefined;
  const amounts = estimate === undefined ? usual : { ...usual, outputTokens: estimate * choices };
  const isFree = amounts.hold === 0n && amounts.exposure === 0n && candidates.every(({ card }) => card !== undefined);
  return { amounts, isFree, unbounded: media.unbounded };
}

/** The result of a search is about as long as a page. */
const LIKELY_TOKENS_PER_SEARCH = 1_500;
const MOST_TOKENS_PER_SEARCH = 50_000;

function withSearches(media: FurtherTokens, searches: number): FurtherTokens {
  if (searches === 0) return media;
  return {
    likely: media.likely + searches * LIKELY_TOKENS_PER_SEARCH,
    atMost: media.atMost + searches * MOST_TOKENS_PER_SEARCH,
  };
}

/** A timer may be a little late. */
const LATE_MS = 1_000;

/** How long an attempt may take, in seconds: a client may ask for more time than is configured, up to the request's own end. */
function longestOf({ stream, controls, deadlineMs, clock }: Exchange, deployment: Deployment): number {
  const { totalMs } = deployment.timeouts(stream);
  const most = stream
    ? totalMs
    : Math.min(Math.max(totalMs, controls.timeoutMs ?? 0), deadlineMs - clock.monotonicMs());
  return (most + LATE_MS) / 1_000;
}

/** A file that is elsewhere may be anything. */
function mayBeSound({ kind, source }: Medium): boolean {
  return kind === 'audio' || kind === 'video' || (kind === 'document' && source !== 'inline');
}

const STANDARD = [undefined];
