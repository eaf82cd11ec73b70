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
  const { customerHeader, customerHeaders = [] } = snapshot.config.budgets;
  const names =
    customerHeader === undefined ? [...customerHeaders, ...HEADERS] : [customerHeader, ...customerHeaders, ...HEADERS];
  const header = names
    .map((name) => ownValue(client.headers, name))
    .find((value) => typeof value === 'string' && value !== '');
  return nameOfEndUser(typeof header === 'string' ? header : outline.endUser) || undefined;
}

/** An end user's name as it is kept: names come from clients and may be long. */
export function nameOfEndUser(name: string | undefined): string | undefined {
  return name?.slice(0, LONGEST_NAME);
}
