import { GatewayError } from '../core/errors.ts';
import { type JsonObject, setMember } from '../core/json.ts';
import { ownValue } from '../core/own-value.ts';
import { FormatError } from '../formats/format.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import { isGatewayMember } from '../providers/gateway-members.ts';
import type { LaneRequest } from './lane-request.ts';

/** The client's body without what is meant for the gateway, under the model name the client means. */
export function clientBody(request: LaneRequest, format: FormatId): JsonObject {
  const parsed = JSON.parse(request.body.toString('utf8')) as JsonObject;
  const body: JsonObject = {};
  for (const name of Object.keys(parsed)) {
    if (isGatewayMember(name, format, (other) => ownValue(parsed, other))) continue;
    // `__proto__` as an own member must not become a prototype.
    setMember(body, name, ownValue(parsed, name));
  }
  if (request.model !== undefined) body.model = request.model;
  return body;
}

/** Runs a reader of a client's request; what it finds wrong becomes the client's error, with the place. */
export function refuseBadRequest<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new GatewayError('invalid_request', error.message, { param: error.path, cause: error });
  }
}
