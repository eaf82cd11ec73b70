import { GatewayError } from '../../core/errors.ts';
import { DatabaseUnavailableError } from '../../stores/contracts/directory.ts';

/** What a store answered; if it cannot be reached, the error says so to the client. */
export async function answered<Value>(reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (cause) {
    if (!(cause instanceof DatabaseUnavailableError)) throw cause;
    const message = 'The database of stored responses cannot be reached. Try again soon.';
    throw new GatewayError('store_unavailable', message, { retryAfterMs: 1_000, cause });
  }
}
