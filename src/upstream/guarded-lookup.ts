import { type LookupAddress, lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isCloudAddress } from '../core/cloud-address.ts';

/** A host name whose address is not to be connected to. Its message names no address. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

/** Whether connections may be made to addresses at which clouds offer the credentials of their machines. */
export interface AddressRules {
  mayBeLinkLocal: boolean;
}

/**
 * Looks a host name up when a connection is made, and refuses it if any of its addresses is one at which a cloud offers credentials: the
 * owner of a name chooses where it leads, and when. Addresses that are written out are checked with the configuration.
 */
export function guardedLookup(rules: AddressRules, resolve: LookupFunction = lookUp as LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options, (error, addresses: string | LookupAddress[], family) => {
      if (error !== null || rules.mayBeLinkLocal) return callback(error, addresses, family);
      const all = typeof addresses === 'string' ? [addresses] : addresses.map(({ address }) => address);
      if (!all.some(isCloudAddress)) return callback(null, addresses, family);
      const message =
        'the host name leads to a link-local address, or to another at which clouds offer credentials (general_settings.allow_link_local_api_base allows it)';
      callback(new AddressError(message), typeof addresses === 'string' ? '' : [], family);
    });
  };
}
