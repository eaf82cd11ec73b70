import { GatewayError } from '../../core/errors.ts';
import { ownValue } from '../../core/own-value.ts';
import type { Exchange } from '../../exchange/exchange.ts';

const LONGEST_NAME = 256;
const HEADERS = ['x-litellm-end-user-id', 'x-litellm-customer-id'] as const;

/**
 * The end user (customer) that a request is made for. LiteLLM's places, in their order: headers, `user`, `metadata.user_id`.
 * Throws if the configuration requires one and the request names none.
 */
export function customerOf(exchange: Exchange): string | undefined {
  const found = endUserOf(exchange);
  if (found !== undefined) return found;
  if (exchange.snapshot.config.budgets.requireCustomer) {
    throw new GatewayError(
      'invalid_request',
      'This gateway requires every request to name its end user: send `user` (`enforce_user_param` is on).',
      { param: 'user' },
    );
  }
  return undefined;
}

/** The same; undefined if a request names none, whatever the configuration requires. */
export function endUserOf({ client, outline, snapshot }: Exchange): string | undefined {
  for (const name of headersOf(snapshot.config.budgets)) {
    const value = ownValue(client.headers, name);
    if (typeof value === 'string' && value !== '') return nameOfEndUser(value);
  }
  return nameOfEndUser(outline.endUser) || undefined;
}

type BudgetsConfig = Exchange['snapshot']['config']['budgets'];

const NAMES = new WeakMap<BudgetsConfig, readonly string[]>();

/** The headers that may name an end user, the first before the others; made once for each configuration. */
function headersOf(budgets: BudgetsConfig): readonly string[] {
  let names = NAMES.get(budgets);
  if (names === undefined) {
    const { customerHeader, customerHeaders = [] } = budgets;
    names = [...(customerHeader === undefined ? [] : [customerHeader]), ...customerHeaders, ...HEADERS];
    NAMES.set(budgets, names);
  }
  return names;
}

/** An end user's name as it is kept: names come from clients and may be long. */
export function nameOfEndUser(name: string | undefined): string | undefined {
  return name?.slice(0, LONGEST_NAME);
}
