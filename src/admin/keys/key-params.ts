/** The operator's defaults for new keys, and the upper bounds of all keys. */
import type { ManagementConfig } from '../../config/gateway-config.ts';
import { GatewayError } from '../../core/errors.ts';
import { type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { endOfDuration } from '../duration.ts';
import { numberOf } from '../fields.ts';

/** A request for a new key with `default_key_generate_params` for what it leaves out, within `upperbound_key_generate_params`. */
export function boundedBody(sent: JsonObject, management: ManagementConfig, nowMs: number): JsonObject {
  return bounded(withDefaults(sent, management.defaultKeyParams), management.upperboundKeyParams, nowMs, true);
}

/** A change of a key within `upperbound_key_generate_params`; what it leaves out stays as it is. */
export function boundedChange(sent: JsonObject, { upperboundKeyParams }: ManagementConfig, nowMs: number): JsonObject {
  return bounded(sent, upperboundKeyParams, nowMs, false);
}

/** A request with the operator's values for what it leaves out. */
export function withDefaults(sent: JsonObject, defaults: JsonObject): JsonObject {
  const body: JsonObject = { ...sent };
  for (const [name, value] of Object.entries(defaults)) {
    if (value === undefined) continue;
    const given = ownValue(sent, name);
    const isSilent = given === undefined || given === null || (Array.isArray(given) && given.length === 0);
    if (isSilent) setMember(body, name, value);
  }
  return body;
}

const DURATIONS = ['duration', 'budget_duration'];

function bounded(sent: JsonObject, bounds: JsonObject, nowMs: number, isNew: boolean): JsonObject {
  const body: JsonObject = { ...sent };
  for (const [name, bound] of Object.entries(bounds)) {
    if (bound === undefined || bound === null) continue;
    const value = ownValue(sent, name);
    if (value === undefined || value === null) {
      if (isNew || value === null) setMember(body, name, bound);
      continue;
    }
    const size = sizeOf(name, value, nowMs);
    const most = sizeOf(name, bound, nowMs);
    if (size === undefined || most === undefined || size <= most) continue;
    const message = `\`${name}\` must not be more than ${String(bound)}, which the operator set as the bound for keys.`;
    throw new GatewayError('invalid_request', message, { param: name });
  }
  return body;
}

/** Undefined for what has no size; fields of the wrong type are refused later. */
function sizeOf(name: string, value: JsonValue, nowMs: number): number | undefined {
  if (!DURATIONS.includes(name)) return numberOf(value);
  if (value === '-1') return Number.POSITIVE_INFINITY;
  return typeof value === 'string' ? endOfDuration(value, nowMs) : undefined;
}
