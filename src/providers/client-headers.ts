/**
 * Which headers of a client are handed on to every provider if the operator wishes it: LiteLLM's `forward_client_headers_to_llm_api` (those
 * that begin with `x-`) and `forward_openai_org_id`. https://docs.litellm.ai/docs/proxy/forward_client_headers (2026-11-29).
 */
import { ownValue } from '../core/own-value.ts';

/** What the operator wishes. */
export interface HandedOn {
  readonly own: boolean;
  readonly organization: boolean;
  /** The header in which the gateway's own keys may come. */
  readonly keyHeader?: string;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What may hold a credential stays here, whatever it is called. */
const SECRET = /auth|key|token|secret|cookie|credential|passw|session(?!-?id)|signature|jwt|cert/;
/**
 * Not the client's own words: what this gateway reads, what SDKs and proxies add, and by what clouds choose another price, account or
 * method for the same request (`x-amzn-bedrock-service-tier`, `x-vertex-ai-llm-request-type`, `x-goog-user-project`).
 */
const NOT_HANDED_ON =
  /^x-(?:litellm|sluice|stainless|forwarded|real|original|envoy|http-method|method|amz|amzn|goog|google|gcp|vertex|ms|azure|openai|anthropic)(?:-|$)/;
const MOST = 32;
const ORGANIZATION = /^[\w-]{1,128}$/;

/** The headers that a provider is handed, names and values in turn. */
export function handedOn(
  headers: Headers,
  wish: HandedOn,
  organizationHeader: string | undefined,
): readonly (readonly [name: string, value: string])[] {
  const found: (readonly [string, string])[] = [];
  if (wish.organization && organizationHeader !== undefined) {
    const value = ownValue(headers, organizationHeader);
    if (typeof value === 'string' && ORGANIZATION.test(value)) found.push([organizationHeader, value]);
  }
  if (!wish.own) return found;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-') || typeof value !== 'string' || found.length >= MOST) continue;
    if (NOT_HANDED_ON.test(name) || SECRET.test(name) || name === wish.keyHeader) continue;
    found.push([name, value]);
  }
  return found;
}
