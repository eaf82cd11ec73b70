import type { Exchange } from '../../exchange/exchange.ts';
import { CallPermit } from '../../upstream/call-permit.ts';

/** Leave for one attempt of a request. Throws a RangeError if the request was not admitted, unless its operation is free. */
export function permitAttempt({ admission, endpoint }: Exchange): CallPermit {
  if (admission === undefined && !endpoint.operation.isFree) {
    throw new RangeError('a request is admitted before it is sent');
  }
  return new CallPermit();
}

/** Leave for a call to an address of the operator's (an alert, a webhook, a source of tokens): no model works for it. */
export function permitNotice(): CallPermit {
  return new CallPermit();
}
