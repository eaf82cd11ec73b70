/** The limits that a request was admitted under, as headers of its answer: by OpenAI's names for the key, by LiteLLM's for all. */
import { formatUsd } from '../../core/money.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { ClaimAccount, Remaining } from '../../stores/contracts/claims.ts';
import { UNLIMITED } from '../../tenancy/accounts.ts';
import type { Scope } from '../../tenancy/scopes.ts';
import { headerText } from '../header-text.ts';

/** LiteLLM's words for the kinds of limits in header names; clients do not see other kinds, which concern the operator alone. */
const KINDS: Readonly<Partial<Record<Scope['kind'], string>>> = {
  key: 'api_key',
  team: 'team',
  team_member: 'team_member',
  user: 'user',
  organization: 'organization',
  customer: 'end_user',
};

/** Names and values in turn; empty for a request without limits. */
export function limitHeaders({ admission, group }: Exchange): string[] {
  const claim = admission?.claim;
  if (admission === undefined || claim === undefined) return NO_HEADERS;
  const headers: string[] = [];
  let hasOwn = false;
  for (const [index, account] of claim.accounts.entries()) {
    const left = claim.remaining[index];
    const scope = admission.scopes.map((each) => each.scopeOf(account.id)).find((found) => found !== undefined);
    const kind = scope === undefined ? undefined : KINDS[scope.kind];
    if (left === undefined || kind === undefined) continue;
    if (account.id.includes('/model:')) {
      addModel(headers, kind, headerText(group?.name ?? ''), left);
      continue;
    }
    if (!hasOwn && hasRates(account)) {
      hasOwn = true;
      addOpenai(headers, account, left);
    }
    addLitellm(headers, kind, account, left);
    if (kind === 'api_key') addKey(headers, account, left);
  }
  return headers;
}

const NO_HEADERS: string[] = [];

function hasRates({ requestsPerMinute, tokensPerMinute }: ClaimAccount): boolean {
  return requestsPerMinute !== undefined || tokensPerMinute !== undefined;
}

function addOpenai(headers: string[], account: ClaimAccount, left: Remaining): void {
  const { requestsPerMinute, tokensPerMinute } = account;
  const reset = `${Math.ceil(left.resetMs / 1000)}s`;
  if (requestsPerMinute !== undefined) {
    headers.push('x-ratelimit-limit-requests', String(requestsPerMinute));
    headers.push('x-ratelimit-remaining-requests', String(left.requests ?? 0), 'x-ratelimit-reset-requests', reset);
  }
  if (tokensPerMinute !== undefined) {
    headers.push('x-ratelimit-limit-tokens', String(tokensPerMinute));
    headers.push('x-ratelimit-remaining-tokens', String(left.tokens ?? 0), 'x-ratelimit-reset-tokens', reset);
  }
}

function addLitellm(headers: string[], kind: string, account: ClaimAccount, left: Remaining): void {
  const add = (what: string, limit: number | undefined, remaining: number | undefined): void => {
    if (limit === undefined) return;
    headers.push(`x-ratelimit-${kind}-limit-${what}`, String(limit));
    headers.push(`x-ratelimit-${kind}-remaining-${what}`, String(Math.max(0, remaining ?? 0)));
  };
  add('requests', account.requestsPerMinute, left.requests);
  add('tokens', account.tokensPerMinute, left.tokens);
  add('max_parallel_requests', account.parallelRequests, left.parallel);
}

function addModel(headers: string[], kind: string, group: string, left: Remaining): void {
  if (kind !== 'api_key') return;
  if (left.requests !== undefined)
    headers.push(`x-litellm-key-remaining-requests-${headerName(group)}`, String(left.requests));
  if (left.tokens !== undefined)
    headers.push(`x-litellm-key-remaining-tokens-${headerName(group)}`, String(left.tokens));
}

/** A group's name as part of a header's name. */
function headerName(group: string): string {
  return group.replace(/[^0-9A-Za-z._-]/g, '-').slice(0, 100);
}

function addKey(headers: string[], account: ClaimAccount, left: Remaining): void {
  const { requestsPerMinute, tokensPerMinute, money } = account;
  if (requestsPerMinute !== undefined) headers.push('x-litellm-key-rpm-limit', String(requestsPerMinute));
  if (tokensPerMinute !== undefined) headers.push('x-litellm-key-tpm-limit', String(tokensPerMinute));
  const [budget] = money;
  const [state] = left.money;
  if (budget === undefined || state === undefined) return;
  if (budget.max !== UNLIMITED) headers.push('x-litellm-key-max-budget', formatUsd(budget.max));
  headers.push('x-litellm-key-spend', formatUsd(state.spent));
}
