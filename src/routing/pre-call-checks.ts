import type { RequestNeeds } from './contracts.ts';
import type { Routable } from './model-groups.ts';
import type { DeploymentStat } from './stats.ts';

/** What is known of a deployment besides what every strategy needs; made once per deployment. */
export interface DeploymentFacts {
  /** Patterns on the client's program (`tag_regex`). */
  readonly agents?: readonly RegExp[];
  readonly tags: readonly string[];
  readonly region?: string;
  /** LiteLLM's `max_input_tokens`: the longest prompt, or the whole context window if the two are not distinguished. */
  readonly maxInputTokens?: number;
  /** Requests under way at one time, `default_max_parallel_requests` folded in. */
  readonly maxParallelRequests?: number;
  /** LiteLLM's `supports_*` flags as they were given; what is not named is not known. */
  readonly supports: Readonly<Record<string, boolean>>;
  /** `model_info.blocked`. */
  readonly isBlocked: boolean;
  /** Tokens per minute in each direction. */
  readonly itpm?: number;
  readonly otpm?: number;
  /** `model_info.access_windows`: whether it is kept for other teams now. */
  readonly isReserved?: (teamId: string | undefined) => boolean;
}

/** Why a deployment cannot take a request. The last two pass by themselves. */
type ExclusionKind = 'blocked' | 'reserved' | 'region' | 'capability' | 'context-window' | 'rate-limit' | 'parallel';

/** A deployment that cannot take this request, and why. */
export interface Exclusion {
  readonly kind: ExclusionKind;
  readonly reason: string;
  readonly retryAfterMs?: number;
}

/** When a request under way will end is unknown; asking again this much later costs little. */
const PARALLEL_RETRY_MS = 1_000;

/** A need, the flag that denies it, and the need's name. */
const CAPABILITIES: readonly (readonly [
  need: 'vision' | 'tools' | 'jsonSchema' | 'reasoning',
  flags: readonly string[],
  name: string,
])[] = [
  ['vision', ['supports_vision'], 'images'],
  ['tools', ['supports_function_calling'], 'tools'],
  ['jsonSchema', ['supports_response_schema', 'supports_json_schema'], 'a JSON schema'],
  ['reasoning', ['supports_reasoning'], 'reasoning'],
];

/**
 * Why a deployment cannot take a request, or undefined when it can. Blocking, reservations, region and parallel requests always hold;
 * what `enable_pre_call_checks` adds is asked for by `isFull`: capabilities, context window, rpm and tpm; `enforce_model_rate_limits`
 * (`holdsRates`) adds only rpm and tpm. What is not known restricts nothing, but for the region: data must not leave it because a setting is missing.
 */
export function checkDeployment(
  deployment: Routable,
  facts: DeploymentFacts,
  needs: RequestNeeds,
  stat: DeploymentStat | undefined,
  nowMs: number,
  isFull: boolean,
  holdsRates = isFull,
): Exclusion | undefined {
  if (facts.isBlocked) return { kind: 'blocked', reason: 'blocked in the configuration' };
  if (facts.isReserved?.(needs.teamId) === true) {
    return { kind: 'reserved', reason: 'reserved for other teams at this hour' };
  }
  const outside = needs.regions?.find((region) => !isInRegion(facts.region, region));
  if (outside !== undefined) {
    return { kind: 'region', reason: `region ${facts.region ?? 'unknown'}, asked for ${outside}` };
  }
  if (isFull) {
    const lasting = checkCapabilities(facts, needs) ?? checkContextWindow(facts, needs);
    if (lasting !== undefined) return lasting;
  }
  const { maxParallelRequests } = facts;
  if (maxParallelRequests !== undefined && (stat?.inFlight ?? 0) >= maxParallelRequests) {
    const reason = `${stat?.inFlight ?? 0} of ${maxParallelRequests} parallel requests under way`;
    return { kind: 'parallel', reason, retryAfterMs: PARALLEL_RETRY_MS };
  }
  return holdsRates ? checkRates(deployment, facts, stat, nowMs) : undefined;
}

function checkCapabilities(facts: DeploymentFacts, needs: RequestNeeds): Exclusion | undefined {
  for (const [need, flags, name] of CAPABILITIES) {
    if (needs[need] === true && flags.some((flag) => facts.supports[flag] === false)) {
      return { kind: 'capability', reason: `does not take ${name}` };
    }
  }
  return undefined;
}

function checkContextWindow({ maxInputTokens }: DeploymentFacts, { inputTokens }: RequestNeeds): Exclusion | undefined {
  if (maxInputTokens === undefined || inputTokens === undefined || inputTokens <= maxInputTokens) return undefined;
  return { kind: 'context-window', reason: `context window ${maxInputTokens} < ${inputTokens}` };
}

/**
 * Whether the prompt fits and the prompt with the longest answer the client allows does not. Such a deployment is tried
 * behind the roomy ones and not left out: for many models the limit is the prompt's alone, and others shorten the
 * answer.
 */
export function isTight({ maxInputTokens }: DeploymentFacts, { inputTokens, maxOutputTokens }: RequestNeeds): boolean {
  return (
    maxInputTokens !== undefined &&
    inputTokens !== undefined &&
    maxOutputTokens !== undefined &&
    inputTokens + maxOutputTokens > maxInputTokens
  );
}

/** A window of a minute, what it counts, and where its limit is. */
const RATES = [
  ['requests', 'requests', ({ rpm }) => rpm],
  ['tokens', 'tokens', ({ tpm }) => tpm],
  ['inputTokens', 'input tokens', (_, { itpm }) => itpm],
  ['outputTokens', 'output tokens', (_, { otpm }) => otpm],
] as const satisfies readonly (readonly [
  window: 'requests' | 'tokens' | 'inputTokens' | 'outputTokens',
  words: string,
  limitOf: (deployment: Routable, facts: DeploymentFacts) => number | undefined,
])[];

function checkRates(
  deployment: Routable,
  facts: DeploymentFacts,
  stat: DeploymentStat | undefined,
  nowMs: number,
): Exclusion | undefined {
  for (const [window, words, limitOf] of RATES) {
    const limit = limitOf(deployment, facts);
    if (limit === undefined) continue;
    const used = stat?.[window].total(nowMs) ?? 0;
    if (used < limit) continue;
    const retryAfterMs = stat?.[window].untilBelowMs(limit, nowMs) ?? 60_000;
    return { kind: 'rate-limit', reason: `${used} of ${limit} ${words} in the last minute`, retryAfterMs };
  }
  return undefined;
}

/** What LiteLLM counts to the EU and the US by Azure's and Google's names, which do not begin with the region. */
const REGION_NAMES: Readonly<Record<string, RegExp>> = {
  eu: /europe|sweden|switzerland|france|^uk|germany|italy|poland|spain|austria|belgium|denmark|finland|greece/,
  us: /us\d?$/,
};

/** Whether data that goes to a region stays in another one, which may be the wider. An unknown region is in none. */
export function isInRegion(region: string | undefined, allowed: string): boolean {
  if (region === undefined) return false;
  const actual = region.toLowerCase();
  const wanted = allowed.toLowerCase();
  if (actual === wanted || actual.startsWith(`${wanted}-`)) return true;
  return Object.hasOwn(REGION_NAMES, wanted) && REGION_NAMES[wanted]?.test(actual) === true;
}

/** Between how many and how many tokens a prompt has. */
export interface TokenRange {
  readonly atLeast: number;
  readonly atMost: number;
}

/** A large image in high detail; providers count 85 to 4,800 tokens for one, whatever the length of its URL. */
const MOST_TOKENS_PER_IMAGE = 5_000;
/**
 * The longest tokens that text in any language is made of are runs of spaces and dashes; more bytes than this average
 * none.
 */
const MOST_BYTES_PER_TOKEN = 32;

/**
 * Bounds on the tokens of a prompt from its length alone. Every token is at least one byte, and what providers add for
 * each message is less than the JSON around it, which is counted here.
 */
export function estimateInputTokens(bytes: number, images = 0): TokenRange {
  // An image in the body is base64: many bytes, few tokens.
  const atLeast = images > 0 ? 0 : Math.floor(bytes / MOST_BYTES_PER_TOKEN);
  return { atLeast, atMost: bytes + images * MOST_TOKENS_PER_IMAGE };
}

/** Whether counting could change which deployments fit: some limit lies within the range. */
export function needsExactCount({ atLeast, atMost }: TokenRange, limits: Iterable<number | undefined>): boolean {
  for (const limit of limits) if (limit !== undefined && limit >= atLeast && limit < atMost) return true;
  return false;
}
