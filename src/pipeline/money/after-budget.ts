/** What a key's own settings say when its budget is spent: another model answers (`budget_fallbacks`), or it is slowed down. */
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { noteModel } from '../../exchange/savings.ts';
import type { ClaimAccount } from '../../stores/contracts/claims.ts';
import { UNLIMITED } from '../../tenancy/accounts.ts';
import { mayUseGroup } from '../plan.ts';

/** Whether a refused request may be claimed in another way; the exchange is turned to it. Never twice to the same. */
export function turnAfterRefusal(exchange: Exchange, error: unknown): boolean {
  if (!(error instanceof GatewayError) || error.code !== 'budget_exceeded' || exchange.ownIdentity !== undefined)
    return false;
  exchange.overBudget ??= { error, asked: exchange.model, next: 0, throttle: undefined };
  return turnToFallback(exchange) || slowDown(exchange);
}

/** The first of the fallbacks that were not tried which the key may use. */
function turnToFallback(exchange: Exchange): boolean {
  const { identity, overBudget, snapshot } = exchange;
  if (identity === undefined || overBudget === undefined || overBudget.throttle !== undefined) return false;
  const { key, user } = identity.objects;
  const asked = overBudget.asked ?? '';
  // As in LiteLLM they are the key's; a user's are for its keys that have none.
  const byModel = key?.further.budget_fallbacks ?? user?.further.budget_fallbacks;
  const names = isJsonObject(byModel) ? ownValue(byModel, asked) : undefined;
  if (!Array.isArray(names)) return false;
  while (overBudget.next < names.length) {
    const name: unknown = names[overBudget.next];
    overBudget.next += 1;
    const group = typeof name === 'string' ? snapshot.groups.resolve(name) : undefined;
    if (typeof name !== 'string' || group === undefined || !mayUseGroup(identity, name, group)) continue;
    const first = snapshot.groups.resolve(asked)?.deployments[0];
    if (first !== undefined) noteModel(exchange, first, 'degradation');
    exchange.degraded = { ...WAY, step: 'budget-fallback', askedModel: asked };
    exchange.model = name;
    return true;
  }
  return false;
}

const WAY = { trafficClass: undefined, compresses: false, askedModel: undefined } as const;

/** To a part of the key's rates. A key without a rate would not be slowed down at all, so it is refused. */
function slowDown(exchange: Exchange): boolean {
  const { identity, overBudget, snapshot } = exchange;
  const { throttleTo } = snapshot.config.budgets;
  const key = identity?.objects.key;
  if (overBudget === undefined || overBudget.throttle !== undefined || throttleTo === undefined) return false;
  if (key?.further.throttle_on_budget_exceeded !== true) return false;
  if (key.rpmLimit === undefined && key.tpmLimit === undefined) return false;
  const account = identity?.scopes.find(({ kind }) => kind === 'key')?.account;
  if (account === undefined) return false;
  overBudget.throttle = { account, to: throttleTo };
  exchange.model = overBudget.asked;
  exchange.degraded = { ...WAY, step: 'throttled' };
  return true;
}

/** The accounts of a claim, that of a key that is slowed down with less of its rates and none of its budget, which still counts. */
export function slowed({ overBudget }: Exchange, accounts: readonly ClaimAccount[]): readonly ClaimAccount[] {
  const throttle = overBudget?.throttle;
  if (throttle === undefined) return accounts;
  const part = (limit: number | undefined) =>
    limit === undefined ? undefined : Math.max(1, Math.floor(limit * throttle.to));
  return accounts.map((account) => {
    if (account.id !== throttle.account) return account;
    const { requestsPerMinute, tokensPerMinute, inputTokensPerMinute, outputTokensPerMinute } = account;
    const rates = {
      requestsPerMinute: part(requestsPerMinute),
      tokensPerMinute: part(tokensPerMinute),
      inputTokensPerMinute: part(inputTokensPerMinute),
      outputTokensPerMinute: part(outputTokensPerMinute),
    };
    const money = account.money.map((limit) => ({ ...limit, max: UNLIMITED, debt: 0n }));
    return { ...account, ...defined(rates), money };
  });
}
