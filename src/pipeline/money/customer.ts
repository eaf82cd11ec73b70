import { GatewayError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { memberNamed, parseMember } from '../../wire/envelope.ts';

const LONGEST_NAME = 256;
const LONGEST_METADATA = 65_536;
const HEADERS = ['x-litellm-end-user-id', 'x-litellm-customer-id'] as const;

/**
 * The end user (customer) a request is made for, by LiteLLM's places in their order: headers, `user`, `metadata.user_id`.
 * Throws where the configuration wants one and there is none.
 */
export function customerOf({ client, endUser, envelope, body, snapshot }: Exchange): string | undefined {
  const { customerHeader, requireCustomer } = snapshot.config.budgets;
  const names = customerHeader === undefined ? HEADERS : [customerHeader, ...HEADERS];
  const told = names.map((name) => client.headers[name]).find((value) => typeof value === 'string' && value !== '');
  const found = (typeof told === 'string' ? told : undefined) ?? endUser ?? inMetadata(body, envelope);
  if (found !== undefined && found !== '') return found.slice(0, LONGEST_NAME);
  if (requireCustomer) {
    throw new GatewayError(
      'invalid_request',
      'This gateway wants to know the end user of each request: send `user` (`enforce_user_param` is on).',
      { param: 'user' },
    );
  }
  return undefined;
}

function inMetadata(body: Buffer, envelope: Exchange['envelope']): string | undefined {
  const member = memberNamed(envelope, 'metadata');
  if (member?.kind !== 'object' || member.valueEnd - member.valueStart > LONGEST_METADATA) return undefined;
  const metadata = parseMember(body, member);
  if (!isJsonObject(metadata)) return undefined;
  return typeof metadata.user_id === 'string' ? metadata.user_id : undefined;
}
