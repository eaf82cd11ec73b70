/** What is wrong with the address of a provider, to complete a sentence that begins with `api_base`; undefined if nothing is. */
export function apiBaseFault(apiBase: string, mayBeLinkLocal: boolean): string | undefined {
  if (!URL.canParse(apiBase)) return 'must be an absolute http or https URL';
  const { protocol, hostname } = new URL(apiBase);
  if (protocol !== 'http:' && protocol !== 'https:')
    return `must be an http or https URL, but its scheme is "${protocol.slice(0, 40)}"`;
  if (mayBeLinkLocal || !LINK_LOCAL.test(hostname)) return undefined;
  return `names the link-local address ${hostname}, where clouds offer the credentials of their machines. If a provider is there, set general_settings.allow_link_local_api_base`;
}

/** 169.254.0.0/16, also inside IPv6, and fe80::/10. URLs spell addresses in one way, whatever way they were written. */
const LINK_LOCAL = /^(?:169\.254\.\d+\.\d+|\[fe[89ab][\da-f]:.*\]|\[(?:.*:)?a9fe:[\da-f]+\])$/i;
