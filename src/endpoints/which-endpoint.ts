/** Finds the endpoint that a body is meant for, where no path says it. */
import type { JsonObject } from '../core/json.ts';
import type { Endpoint } from '../exchange/endpoint.ts';
import { formatOfBody } from '../formats/format-of-body.ts';
import { chatCompletions } from './chat-completions/index.ts';
import { completions } from './completions/index.ts';
import { embeddings } from './embeddings/index.ts';
import { messages } from './messages/index.ts';
import { responses } from './responses/index.ts';

const ENDPOINTS: readonly Endpoint[] = [chatCompletions, messages, responses, completions, embeddings];

const shortName = (path: string): string => path.replace(/^\/?(?:v1\/)?/, '');

/** The names of endpoints, for an error. */
export const ENDPOINT_NAMES: readonly string[] = ENDPOINTS.map(({ name }) => shortName(name));

/** The endpoint of a name or a path (`chat/completions`, `/v1/messages`); undefined if there is none. */
export function endpointNamed(name: string): Endpoint | undefined {
  const short = shortName(name);
  return ENDPOINTS.find((endpoint) => shortName(endpoint.name) === short);
}

/** The endpoint that a body is for; undefined if it has nothing to ask. `embeds`: whether its model makes vectors. */
export function endpointOf(body: JsonObject, embeds: boolean): Endpoint | undefined {
  const format = formatOfBody(body, embeds);
  return ENDPOINTS.find((endpoint) => endpoint.format === format);
}
