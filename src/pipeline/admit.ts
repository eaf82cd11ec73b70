/** Claims what a request may use against every limit that applies to it, before anything of it is sent. */
import { GatewayError } from '../core/errors.ts';
import { claimAmounts } from '../costs/claim-amounts.ts';
import type { ClaimAccount, ClaimAmounts, ClaimOutcome } from '../stores/contracts/claims.ts';
import type { Accounts } from '../tenancy/accounts.ts';
import type { NamedScope } from '../tenancy/tenants.ts';
import { memberNamed, parseMember, type ReadableEnvelope, readEnvelope } from '../wire/envelope.ts';
import { splice } from '../wire/splice.ts';
import type { Admission, OpenClaim } from './admission.ts';
import { customerOf } from './customer.ts';
import type { Deployment } from './deployment.ts';
import type { Exchange } from './exchange.ts';
import { Meter } from './meter.ts';
import type { Parts } from './parts.ts';
import { promptSize } from './prompt-size.ts';
import { errorOfRefusal } from './refusals.ts';

/**
 * Admits a request or throws why not. Answers without a promise where everything is known here: limits in memory, customers and tags
 * that were seen before.
 */
export function admit(exchange: Exchange, parts: Parts): Promise<void> | undefined {
  const { identity, endpoint, snapshot } = exchange;
  if (identity === undefined || endpoint.isFree === true) return undefined;
  exchange.customer = customerOf(exchange);
  const named = namedScopes(exchange, parts);
  if (named instanceof Promise) return named.then((found) => claimFor(exchange, parts, [...found]));
  const of = snapshot.accounts.of(identity);
  return claimFor(exchange, parts, named, of);
}

const NO_NAMES: readonly NamedScope[] = [];

/** The tags and the customer of a request, as far as it names any. */
function namedScopes(exchange: Exchange, { tenants }: Parts): readonly NamedScope[] | Promise<NamedScope[]> {
  const { controls, customer } = exchange;
  const tags = controls.tags ?? [];
  if (tags.length === 0 && customer === undefined) return NO_NAMES;
  const found = tags.map((tag) => tenants.tag(tag));
  if (customer !== undefined) found.push(tenants.customer(customer));
  return found.some((each) => each instanceof Promise) ? Promise.all(found) : (found as NamedScope[]);
}

function claimFor(
  exchange: Exchange,
  parts: Parts,
  named: readonly NamedScope[],
  own?: Accounts,
): Promise<void> | undefined {
  const { snapshot, identity } = exchange;
  if (identity === undefined) return undefined;
  const customer = named.find(({ scope }) => scope.kind === 'customer');
  if (customer?.isBlocked === true) {
    throw new GatewayError(
      'blocked_customer',
      `User blocked from making calls to the gateway. User=${exchange.customer}`,
      {
        param: 'user',
      },
    );
  }
  const scopes = [own ?? snapshot.accounts.of(identity), ...named.map(({ scope }) => snapshot.accounts.ofScope(scope))];
  const nowMs = exchange.clock.nowMs();
  const group = exchange.group?.pattern ?? exchange.group?.name ?? '';
  const lists = scopes.map((accounts) => accounts.at(nowMs, group));
  const [first = NO_ACCOUNTS] = lists;
  const limits = lists.length === 1 ? first : lists.flat();
  const admission: Admission = {
    names: scopes.length === 1 ? (scopes[0]?.names ?? []) : scopes.flatMap(({ names }) => names),
    scopes,
    size: undefined,
    choices: 1,
    tags: exchange.controls.tags ?? [],
    organizationId: identity.organizationId,
    claim: undefined,
    isJournalled: false,
  };
  exchange.admission = admission;
  if (limits.length === 0) return undefined;
  const sized: Admission = { ...admission, size: promptSize(exchange.body, exchange.envelope) };
  exchange.admission = sized;
  const amounts = amountsOf(exchange, parts, sized);
  // What costs nothing is served from an empty budget too, as LiteLLM does.
  const accounts = amounts.isFree ? limits.map(withoutMoney) : limits;
  const outcome = parts.claims.claim({ id: exchange.callId, nowMs, accounts, amounts: amounts.amounts });
  if (outcome instanceof Promise) {
    return outcome.then((decided) => take(exchange, parts, sized, accounts, amounts.amounts, decided));
  }
  take(exchange, parts, sized, accounts, amounts.amounts, outcome);
  return undefined;
}

const NO_ACCOUNTS: readonly ClaimAccount[] = [];

function withoutMoney(account: ClaimAccount): ClaimAccount {
  return account.money.length === 0 ? account : { ...account, money: [] };
}

function take(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  accounts: readonly ClaimAccount[],
  amounts: ClaimAmounts,
  outcome: ClaimOutcome,
): void {
  if (outcome.kind === 'refused') {
    throw errorOfRefusal(outcome.refusal, admission.scopes, exchange.clock.nowMs());
  }
  const { hold, exposure, remaining } = outcome;
  const cap = outcome.cap === undefined ? undefined : takenBy(exchange, outcome.cap);
  const claim: OpenClaim = { accounts, remaining, amounts, hold, exposure, perAttempt: hold, cap, meter: undefined };
  admission.claim = claim;
  if (cap !== undefined) lowerLimit(exchange, cap);
  if (exchange.stream && exposure > 0n) claim.meter = new Meter(exchange, parts, claim);
}

/** Members that may ask for an answer one can hear. Sound that is sent is counted among the media. */
const ASKS_FOR_SOUND = ['audio', 'modalities', 'generationConfig', 'generation_config'] as const;

/** What a request reserves, and whether it costs nothing whoever answers. */
function amountsOf(
  exchange: Exchange,
  { forecasts, inputs }: Parts,
  admission: Admission,
): { readonly amounts: ClaimAmounts; readonly isFree: boolean } {
  const { endpoint, snapshot, identity, group, envelope } = exchange;
  const hasOutput = endpoint.operation === 'chat' || endpoint.operation === 'completion';
  const name = group?.pattern ?? group?.name ?? '';
  const candidates = candidatesOf(exchange).map((deployment) => ({
    card: deployment.priced.ratesAt(exchange.startedAtMs),
    maxOutputTokens: deployment.priced.facts.maxOutputTokens,
  }));
  const asked = limitsAsked(exchange.body, envelope, exchange.plan?.deployments[0]);
  admission.choices = asked.choices;
  const { size } = admission;
  const { mode } = snapshot.config.budgets;
  const amounts = claimAmounts({
    mode,
    candidates,
    inputTokens: inputs.estimate(name, size ?? { bytes: 0, media: 0 }),
    maxOutputTokens: asked.maxOutputTokens,
    choices: asked.choices,
    forecast: hasOutput ? forecasts.forecast(name, identity?.keyHash ?? '', exchange.route) : undefined,
    hasOutput,
    mayHaveAudio: (size?.media ?? 0) > 0 || ASKS_FOR_SOUND.some((name) => memberNamed(envelope, name) !== undefined),
  });
  const isFree = amounts.hold === 0n && amounts.exposure === 0n && candidates.every(({ card }) => card !== undefined);
  return { amounts, isFree };
}

/** Every deployment that may answer: those of the plan, and those of the groups it may fall back to. */
function candidatesOf(exchange: Exchange): readonly Deployment[] {
  const { group, snapshot, controls, plan } = exchange;
  if (group === undefined) return [];
  const own = plan === undefined || plan.deployments.length === 0 ? group.deployments : plan.deployments;
  const others = snapshot.router.fallbackNames(group, controls);
  if (others.length === 0) return own;
  return [...own, ...others.flatMap((name) => snapshot.groups.resolve(name)?.deployments ?? [])];
}

interface LimitsAsked {
  readonly maxOutputTokens: number | undefined;
  readonly choices: number;
}

const LIMIT_MEMBERS = ['max_completion_tokens', 'max_tokens'] as const;
const MOST_CHOICES = 128;

/** How much of an answer a request asks for: its own words, else what the deployment adds. */
function limitsAsked(body: Buffer, envelope: ReadableEnvelope, deployment: Deployment | undefined): LimitsAsked {
  const own = LIMIT_MEMBERS.map((name) => numberIn(body, envelope, name)).find((value) => value !== undefined);
  const added = LIMIT_MEMBERS.map((name) => deployment?.config.defaultParams[name]).find(
    (value) => typeof value === 'number',
  );
  const limit = own ?? (typeof added === 'number' ? added : undefined);
  const choices = Math.max(numberIn(body, envelope, 'n') ?? 1, numberIn(body, envelope, 'best_of') ?? 1);
  return {
    maxOutputTokens: limit !== undefined && limit > 0 ? Math.ceil(limit) : undefined,
    choices: Math.min(Math.max(Math.ceil(choices), 1), MOST_CHOICES),
  };
}

function numberIn(body: Buffer, envelope: ReadableEnvelope, name: string): number | undefined {
  const member = memberNamed(envelope, name);
  if (member?.kind !== 'number') return undefined;
  const value = parseMember(body, member);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A limit above what a model can write is refused by many providers: where that is not known, every model takes this much. */
const TAKEN_BY_ALL = 4_096;

function takenBy(exchange: Exchange, cap: number): number {
  const isKnown = candidatesOf(exchange).every(({ priced }) => priced.facts.maxOutputTokens !== undefined);
  return isKnown ? cap : Math.min(cap, TAKEN_BY_ALL);
}

/** Lowers the answer's limit in the request itself, so that every attempt sends the same bytes. */
function lowerLimit(exchange: Exchange, cap: number): void {
  const { body, envelope } = exchange;
  const edits = LIMIT_MEMBERS.filter((name) => memberNamed(envelope, name) !== undefined).map((name) => {
    const asked = numberIn(body, envelope, name);
    const json = String(asked !== undefined && asked > 0 ? Math.min(asked, cap) : cap);
    return { edit: 'replace', name, json } as const;
  });
  exchange.body =
    edits.length > 0
      ? splice(body, envelope, edits)
      : splice(body, envelope, [{ edit: 'add', name: 'max_tokens', json: String(cap) }]);
  const edited = readEnvelope(exchange.body);
  if (!edited.ok) throw new RangeError('an edited body cannot be read');
  exchange.envelope = edited;
}
