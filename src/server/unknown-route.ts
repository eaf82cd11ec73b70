import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../core/errors.ts';
import { VERB_ROUTES } from './routes.ts';

const GEMINI_VERBS = VERB_ROUTES.map(({ verb }) => `:${verb}`).join(', ');

/** Parts of the providers' APIs that clients ask for and the gateway does not serve. */
const NOT_SERVED: readonly (readonly [path: RegExp, words: string])[] = [
  [
    /\/conversations(?:\/|$)/,
    'Of the Conversations API, /v1/conversations, /v1/conversations/ID, /v1/conversations/ID/items and /v1/conversations/ID/items/ITEM are served.',
  ],
  [/\/messages\/batches(?:\/|$)|\/batches(?:\/|$)/, 'The Batches API is not served. Send each request by itself.'],
  [/\/files(?:\/|$)/, 'The Files API is not served. Send content in the request itself.'],
  [
    /^\/v1(?:beta|alpha)?\/(?:models|tunedModels)\/.+:/,
    `Of Gemini's API, /v1beta/models/MODEL is served with ${GEMINI_VERBS}; its other verbs are not served.`,
  ],
  [
    /^\/v1(?:beta|alpha)\/(?:cachedContents|interactions|tunedModels|corpora|operations)(?:\/|$)/,
    "This part of Gemini's API is not served. Send the content itself to /v1beta/models/MODEL:generateContent.",
  ],
  [
    /\/responses\//,
    'Of the Responses API, /v1/responses, /v1/responses/input_tokens, /v1/responses/compact, /v1/responses/ID, /v1/responses/ID/cancel and /v1/responses/ID/input_items are served.',
  ],
  [/\/images\/|\/audio\/|\/videos(?:\/|$)/, 'The Images, Audio and Videos APIs are not served yet.'],
  [/\/(?:rerank|moderations|realtime|assistants|threads|vector_stores|fine_tuning)(?:\/|$)/, 'This API is not served.'],
];

/** The error for a request that no route takes, and a header that goes with it; `allowed`: the methods that its path is served for. */
export function refusalOf(
  path: string,
  allowed: readonly string[],
  { method = '', headers }: IncomingMessage,
): { readonly error: GatewayError; readonly header?: readonly [name: string, value: string] } {
  if (allowed.includes('POST') && headers.upgrade?.toLowerCase() === 'websocket') {
    const words = 'This path does not speak WebSocket. Send the request as a POST over HTTP.';
    return { error: new GatewayError('websocket_not_served', words), header: ['upgrade', 'HTTP/1.1'] };
  }
  if (allowed.length > 0 && !allowed.includes(method)) {
    const words = `This path does not accept ${method}. Use ${allowed.join(' or ')}.`;
    return { error: new GatewayError('method_not_allowed', words), header: ['allow', allowed.join(', ')] };
  }
  return { error: unknownRoute(path) };
}

/** Says what is missing if the path belongs to an API that clients know. */
function unknownRoute(path: string): GatewayError {
  const words = NOT_SERVED.find(([pattern]) => pattern.test(path))?.[1] ?? 'No route has this path.';
  return new GatewayError('unknown_route', `${words} The API starts at /v1; docs/reference lists all paths.`);
}
