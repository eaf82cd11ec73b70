import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { parseJson } from '../core/parse-json.ts';
import type { Client } from '../exchange/client.ts';
import { readEnvelope } from '../wire/envelope.ts';

/** Reads a body as a JSON object; `{}` if there is none. Throws what `readBody` does, and `invalid_json`. */
export async function readJsonObject(client: Client, maxBytes: number, owner: string): Promise<JsonObject> {
  const bytes = await client.readBody(maxBytes, owner);
  if (bytes.length === 0) return {};
  const envelope = readEnvelope(bytes);
  // A name that is repeated means the last one, as everywhere.
  if (!envelope.ok && envelope.reason !== 'duplicate-member' && envelope.reason !== 'escaped-name') {
    throw new GatewayError(
      'invalid_json',
      `Invalid JSON payload: the body must be a JSON object (${envelope.reason}, byte ${envelope.offset} of ${bytes.length}).`,
    );
  }
  const value = parseJson(bytes.toString('utf8'));
  return isJsonObject(value) ? value : {};
}
