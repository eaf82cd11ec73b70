/** A request's attempts as rows of the ledger. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { isJsonObject, setMember } from '../../core/json.ts';
import { formatUsd, type PicoUsd } from '../../core/money.ts';
import type { RateCard } from '../../costs/rate-card.ts';
import type { TieredRate } from '../../costs/tiered-rate.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { RequestFacts } from '../../exchange/request-facts.ts';
import type { Changes } from '../../exchange/savings.ts';
import type { RecalledAnswer } from '../../exchange/slots.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { LedgerRow, LedgerStatus } from '../../stores/contracts/ledger.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import { PLATFORM_KEY_ALIAS, PLATFORM_KEY_HASH } from '../../tenancy/make-identity.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { textsOf } from './kept-texts.ts';
import { pricedExtras } from './priced-extras.ts';
import { overheadCost, savedBy, savedByAnswer } from './savings.ts';

const NO_TAGS: readonly string[] = [];
const LONGEST_METADATA = 16_384;

/** The rows of a request that is over, one for each attempt. */
export function ledgerRows(exchange: Exchange): LedgerRow[] {
  const { attempts, recalled } = exchange;
  if (recalled !== undefined) return [recalledRow(exchange, recalled)];
  if (attempts.length === 0) return [];
  const shared = sharedFacts(exchange);
  return attempts.flatMap((attempt, number) => {
    const row = rowOf(exchange, shared, attempt, number);
    const rest = cacheDifference(row, attempt, exchange.changes);
    return rest === undefined ? [row] : [row, rest];
  });
}

/** The row of a request that was answered without a provider: its tokens count, its price is what was saved. */
function recalledRow(exchange: Exchange, { usage }: RecalledAnswer): LedgerRow {
  const { callId, startedAtMs, error } = exchange;
  return {
    ...sharedFacts(exchange),
    attemptId: `${callId}/0`,
    attempt: 0,
    startedAtMs,
    endedAtMs: endOf(exchange),
    status: error === undefined ? 'cache-hit' : 'failure',
    httpStatus: exchange.status || undefined,
    error: error?.code,
    inputTokens: usage?.inputTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    isEstimated: false,
    cost: 0n,
    ...savedByAnswer(exchange, usage),
    answerId: exchange.answerId,
    accounts: accountsOf(exchange, undefined, undefined),
  };
}

/** The row of a request that was refused before anything was admitted: it counts for no budget. */
export function refusalRow(exchange: Exchange): LedgerRow {
  const { startedAtMs, callId, error } = exchange;
  return {
    ...sharedFacts(exchange),
    attemptId: `${callId}/0`,
    attempt: 0,
    startedAtMs,
    endedAtMs: endOf(exchange),
    status: 'failure',
    error: error?.code,
    inputTokens: 0,
    outputTokens: 0,
    isEstimated: false,
    cost: 0n,
    accounts: [],
  };
}

/**
 * The row of a request whose process died before it could settle it: booked at what is reserved for it, because a provider may
 * have answered and billed it.
 */
export function orphanRow(exchange: Exchange, reserved: PicoUsd | undefined): LedgerRow {
  const { startedAtMs, callId, plan } = exchange;
  const deployment = plan?.deployments[0];
  return {
    ...sharedFacts(exchange),
    attemptId: `${callId}/0`,
    attempt: 0,
    startedAtMs,
    endedAtMs: startedAtMs,
    status: 'orphan',
    inputTokens: 0,
    outputTokens: 0,
    isEstimated: true,
    accounts: accountsOf(exchange, deployment?.id, deployment?.provider.name),
    deploymentId: deployment?.id,
    provider: deployment?.provider.name,
    model: deployment?.model,
    apiBase: deployment?.apiBase,
    cost: reserved,
    hold: reserved,
  };
}

function sharedFacts(exchange: Exchange): RequestFacts {
  const known = exchange.admission?.facts;
  if (known !== undefined) return known;
  const facts = readFacts(exchange);
  if (exchange.admission !== undefined) exchange.admission.facts = facts;
  return facts;
}

function readFacts(exchange: Exchange): RequestFacts {
  const { identity, admission, group, customer, client } = exchange;
  const caller = identity?.caller;
  const organizationId = admission === undefined ? identity?.organizationId : admission.organizationId;
  return {
    callId: exchange.callId,
    keyHash: caller?.keyHash ?? '',
    keyAlias: caller?.keyAlias,
    userId: caller?.userId,
    teamId: caller?.teamId,
    teamAlias: caller?.teamAlias,
    organizationId,
    customerId: customer,
    tags: admission?.tags ?? NO_TAGS,
    route: exchange.route,
    callType: exchange.endpoint.operation.callType(exchange.endpoint.format),
    stream: exchange.stream,
    requestedModel: (exchange.degraded?.askedModel ?? exchange.model)?.slice(0, 256) ?? '',
    modelGroup: group === undefined ? undefined : (group.pattern ?? group.name),
    sessionId: sessionOf(client),
    metadata: metadataOf(client),
  };
}

/** Every member is there, with a value or without: all rows of this kind have one shape. */
function rowOf(exchange: Exchange, shared: RequestFacts, attempt: AttemptFacts, number: number): LedgerRow {
  const { admission, startedAtMs, startedMs, attempts, firstByteMs } = exchange;
  const { usage, mockedBy, deploymentId } = attempt;
  const deployment = exchange.snapshot.deployments.get(deploymentId);
  const card = usage === undefined || mockedBy !== undefined ? undefined : cardOf(exchange, attempt, usage);
  const saved = usage === undefined ? undefined : savedBy(exchange, attempt, usage);
  const isLast = number === attempts.length - 1;
  const attemptStartedAtMs = startedAtMs + Math.max(0, Math.round(attempt.startedMs - startedMs));
  return {
    ...shared,
    attemptId: `${exchange.callId}/${number}`,
    attempt: number,
    startedAtMs,
    endedAtMs: endOf(exchange),
    // The first attempt may fail at once, and the second take all the time.
    attemptStartedAtMs,
    attemptEndedAtMs: attemptStartedAtMs + Math.max(0, Math.round(attempt.durationMs)),
    answerId: exchange.answerId,
    firstByteAtMs: isLast && firstByteMs !== undefined ? Math.round(startedAtMs + firstByteMs - startedMs) : undefined,
    servedGroup: attempt.group,
    deploymentId,
    provider: attempt.provider,
    model: attempt.model,
    apiBase: attempt.apiBase,
    status: statusOf(attempt),
    httpStatus: attempt.status,
    error: attempt.failure,
    inputTokens: usage?.inputTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    cachedInputTokens: usage?.cachedInputTokens,
    cacheWriteTokens: usage?.cacheWriteTokens,
    reasoningTokens: usage?.reasoningTokens,
    isEstimated: usage?.isEstimated === true,
    cost: attempt.cost,
    requestedCost: saved?.requestedCost,
    savings: saved?.savings,
    expectedQuality: exchange.changes?.expectedQuality,
    hold: number === 0 ? admission?.claim?.hold : undefined,
    price: card === undefined ? undefined : priceOf(card),
    counted: countedIn(exchange, attempt, card),
    texts: isLast ? textsOf(exchange) : undefined,
    metadata: mockedBy === undefined ? shared.metadata : { ...shared.metadata, mocked_by: mockedBy },
    accounts: accountsOf(exchange, deploymentId, deployment?.provider.name ?? attempt.provider),
  };
}

/**
 * What the provider bills more or less than its caller is charged, because of what others have in its prompt cache: on the account of the
 * platform, so that the rows of a deployment add up to its provider's bill. The caller's own row says nothing of it.
 */
function cacheDifference(
  row: LedgerRow,
  { billedUsage, billedCost, usage }: AttemptFacts,
  changes: Changes | undefined,
): LedgerRow | undefined {
  const { cost, deploymentId, provider } = row;
  if (billedUsage === undefined || billedCost === undefined || cost === undefined || billedCost === cost)
    return undefined;
  const { attemptId, callId, attempt, startedAtMs, endedAtMs, route, callType, stream, requestedModel } = row;
  return {
    ...{ attemptId: `${attemptId}/prompt-cache`, callId, attempt, startedAtMs, endedAtMs },
    ...{ keyHash: PLATFORM_KEY_HASH, keyAlias: PLATFORM_KEY_ALIAS, tags: NO_TAGS },
    ...{ route, callType, stream, requestedModel, status: 'success', isEstimated: row.isEstimated },
    ...{ inputTokens: 0, outputTokens: 0, cost: billedCost - cost },
    // Without our marks there would be nothing to read; what a provider reads by itself, it reads without us too.
    ...(deploymentId !== undefined && changes?.marked.has(deploymentId) === true
      ? overheadCost(billedCost - cost, 'prompt_cache')
      : undefined),
    ...defined({ modelGroup: row.modelGroup, servedGroup: row.servedGroup, deploymentId, provider }),
    ...defined({ model: row.model, apiBase: row.apiBase }),
    metadata: {
      prompt_cache: {
        billed: formatUsd(billedCost),
        charged: formatUsd(cost),
        billed_cached_tokens: billedUsage.cachedInputTokens ?? 0,
        charged_cached_tokens: usage?.cachedInputTokens ?? 0,
      },
    },
    accounts: [
      accountOf.platform,
      ...(deploymentId === undefined ? [] : [accountOf.deployment(deploymentId)]),
      ...(provider === undefined ? [] : [accountOf.provider(provider)]),
    ],
  };
}

/** When a request is over: by how long it took, because the wall clock may be set in the middle of it. */
function endOf({ startedAtMs, startedMs, clock }: Exchange): number {
  return startedAtMs + Math.max(0, Math.round(clock.monotonicMs() - startedMs));
}

function statusOf({ failure, lost }: AttemptFacts): LedgerStatus {
  if (lost === true) return 'lost';
  if (failure === undefined) return 'success';
  return failure === 'client_gone' ? 'client-gone' : 'failure';
}

/** Every account that an attempt's cost counts for: the request's, and those of the deployment and provider. */
function accountsOf(exchange: Exchange, deploymentId: string | undefined, provider: string | undefined): string[] {
  const { admission } = exchange;
  const accounts = [...(admission?.names ?? [])];
  for (const { id } of admission?.claim?.accounts ?? []) if (!accounts.includes(id)) accounts.push(id);
  if (deploymentId !== undefined) accounts.push(accountOf.deployment(deploymentId));
  if (provider !== undefined) accounts.push(accountOf.provider(provider));
  return accounts;
}

function cardOf({ snapshot, deployment, startedAtMs, admission }: Exchange, attempt: AttemptFacts, usage: Usage) {
  const answered =
    deployment?.id === attempt.deploymentId ? deployment : snapshot.deployments.get(attempt.deploymentId);
  return answered?.priced.ratesOfAnswer(usage, startedAtMs) ?? admission?.ceiling;
}

/** Members of the usage that are columns of the row. */
const IN_COLUMNS: ReadonlySet<string> = new Set([
  'inputTokens',
  'outputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'isEstimated',
]);

/** What the columns do not say of what was counted; undefined for most. A bill is compared, and a replay computed, by it. */
function countedIn(exchange: Exchange, attempt: AttemptFacts, card: RateCard | undefined): LedgerRow['counted'] {
  const { usage } = attempt;
  if (usage === undefined) return undefined;
  let further: JsonObject | undefined;
  for (const [name, value] of Object.entries(usage)) {
    if (IN_COLUMNS.has(name) || value === undefined || value === 0) continue;
    further ??= {};
    setMember(further, name, value as JsonValue);
  }
  const extras = pricedExtras(exchange, card, attempt);
  const hasExtras = Object.keys(extras).length > 0;
  if (further === undefined && !hasExtras) return undefined;
  return defined({ usage: further, extras: hasExtras ? (extras as JsonObject) : undefined });
}

const PRICES = new WeakMap<RateCard, NonNullable<LedgerRow['price']>>();

/** The rates of a card in USD per token, as the ledger keeps them, and their source; made once for each card. */
export function priceOf(card: RateCard): NonNullable<LedgerRow['price']> {
  let price = PRICES.get(card);
  if (price === undefined) {
    const { source, perRequest, perWebSearch, units, ...others } = card;
    const rates = Object.fromEntries(
      Object.entries(others).flatMap(([name, rate]) =>
        typeof rate === 'object' && 'tiers' in rate ? [[name, rateText(rate as TieredRate)] as const] : [],
      ),
    ) as JsonObject;
    if (perRequest !== undefined) rates.perRequest = formatUsd(perRequest);
    for (const [unit, rate] of Object.entries(units ?? {})) rates[unit] = rateText(rate);
    if (perWebSearch !== undefined) rates.perWebSearch = formatUsd(perWebSearch);
    price = { source, rates };
    PRICES.set(card, price);
  }
  return price;
}

function rateText(rate: TieredRate): JsonValue {
  const base = formatUsd(rate.base);
  if (rate.tiers.length === 0) return base;
  return {
    base,
    tiers: rate.tiers.map((tier) => ({ aboveInputTokens: tier.aboveInputTokens, rate: formatUsd(tier.rate) })),
  };
}

/** The session that a request belongs to, by its headers. */
function sessionOf({ headers }: Exchange['client']): string | undefined {
  const session = headers['x-litellm-session-id'] ?? headers['x-litellm-trace-id'];
  return typeof session === 'string' ? session.slice(0, 256) : undefined;
}

/** What its headers add for the spend log. */
function metadataOf({ headers }: Exchange['client']): JsonObject | undefined {
  const written = headers['x-litellm-spend-logs-metadata'];
  return typeof written === 'string' && written.length <= LONGEST_METADATA ? parsed(written) : undefined;
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Metadata that cannot be read is not a reason to refuse the request.
    return undefined;
  }
}
