import type { IncomingHttpHeaders } from 'node:http';
import type { FormatId } from '../formats/neutral/conversation.ts';

/**
 * The format of a client that asked for a path which names none. Anthropic's SDKs send `anthropic-version` with every request
 * (platform.claude.com/docs/en/api/overview, 2026-11), Google's `x-goog-api-key`.
 */
export function formatOfClient(path: string, headers: IncomingHttpHeaders): FormatId {
  if (headers['anthropic-version'] !== undefined || /^(?:\/v1)?\/messages(?:\/|$)/.test(path)) {
    return 'anthropic-messages';
  }
  // Only Google's paths name what is to be done behind a colon.
  const isGooglePath = path.startsWith('/v1beta/') || /^\/v1\/models\/[^?]*:[a-zA-Z]+(?:\?|$)/.test(path);
  return isGooglePath || headers['x-goog-api-key'] !== undefined ? 'gemini-generate' : 'openai-chat';
}

/** Whether Google's libraries ask this route, which may send their key in the address. */
export const isGoogles = (route: string): boolean => /^\/v1(?:beta)?\/models/.test(route);
