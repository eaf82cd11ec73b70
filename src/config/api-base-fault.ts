import { isCloudAddress } from '../core/cloud-address.ts';

/** What is wrong with the address of a provider, to complete a sentence that begins with `api_base`; undefined if nothing is. */
export function apiBaseFault(apiBase: string, mayBeLinkLocal: boolean): string | undefined {
  if (!URL.canParse(apiBase)) return 'must be an absolute http or https URL';
  const { protocol, hostname } = new URL(apiBase);
  if (protocol !== 'http:' && protocol !== 'https:')
    return `must be an http or https URL, but its scheme is "${protocol.slice(0, 40)}"`;
  if (mayBeLinkLocal || !isCloudAddress(hostname.replace(/^\[(.*)\]$/, '$1'))) return undefined;
  return `names ${hostname}, a link-local address or another at which clouds offer the credentials of their machines. If a provider is there, set general_settings.allow_link_local_api_base`;
}
