/** Bodies that are read before or beside the formats: compressed ones, and those of the management API. */
import assert from 'node:assert/strict';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { Fields } from '../../../src/admin/fields.ts';
import { readKeyFields } from '../../../src/admin/keys/key-fields.ts';
import { readTeamFields } from '../../../src/admin/teams/team-fields.ts';
import { readUserFields } from '../../../src/admin/users/user-fields.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject } from '../../../src/core/json.ts';
import { unpack } from '../../../src/server/unpack.ts';
import { type FuzzTarget, parsedJson, unlessRefused } from '../target.ts';
import { JSON_WORDS } from './wire.ts';

const READERS: readonly ((fields: Fields) => unknown)[] = [
  (fields) => readKeyFields(fields, 1e12),
  (fields) => readTeamFields(fields, 1e12),
  (fields) => readUserFields(fields, 1e12),
];

const managementTarget: FuzzTarget = {
  name: 'management-bodies',
  seeds: [
    '{"models":["a","b"],"max_budget":10.5,"budget_duration":"30d","metadata":{"a":[1]},"aliases":{"x":"y"},"duration":"1h"}',
    '{"rpm_limit":5,"model_rpm_limit":{"a":1},"model_max_budget":{"a":{"budget_limit":"1.5","time_period":"1d"}},"tags":["t"]}',
    '{"team_alias":"t","members_with_roles":[{"role":"admin","user_id":"u"}],"budget_limits":[{"max_budget":1,"budget_duration":"1h"}],"blocked":true}',
    '{"user_email":"a@b","user_role":"internal_user","allowed_routes":["/v1/models"],"permissions":{"x":true},"temp_budget_increase":5,"temp_budget_expiry":"2d"}',
  ],
  words: [...JSON_WORDS, '"max_budget":', '"__proto__":{}', '1e400', '-1', '"30d"', 'null', '[[]]', '"constructor":1'],
  run(input) {
    const body = parsedJson(input.toString());
    if (!isJsonObject(body)) return;
    for (const read of READERS) {
      const fields = new Fields(body);
      const error = errorOf(() => {
        read(fields);
        fields.finish({ ignore: () => {} });
      });
      if (error !== undefined) assert.ok(error.message.length < 2_000, 'a refusal repeats the whole body');
    }
  },
};

function errorOf(read: () => void): GatewayError | undefined {
  let refused: GatewayError | undefined;
  unlessRefused(() => {
    try {
      read();
    } catch (error) {
      if (error instanceof GatewayError) refused = error;
      throw error;
    }
  }, GatewayError);
  return refused;
}

const MOST_BYTES = 65_536;
const PACKED = ['{"model":"m"}', 'a'.repeat(10_000), '\0'.repeat(100_000)].flatMap((text) =>
  [gzipSync(text), deflateSync(text), brotliCompressSync(text), zstdCompressSync(text)].map((bytes) =>
    bytes.toString('latin1'),
  ),
);

/** Each encoding, whatever the bytes are: an answer within the limit, or a refusal, and always an end. */
const unpackTarget: FuzzTarget = {
  name: 'unpack',
  seeds: PACKED,
  words: ['\x1f\x8b\x08', '\x28\xb5\x2f\xfd', 'x\x9c', '\0\0\0\0'],
  async run(input) {
    // Seeds are texts: a character is a byte.
    const bytes = Buffer.from(input.toString(), 'latin1');
    for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'x-none']) {
      let heard = 0;
      const tooLarge = (): GatewayError => new GatewayError('body_too_large', 'x');
      const onPiece = (length: number): void => {
        heard += length;
      };
      try {
        const body = await unpack(bytes, { encoding, maxBytes: MOST_BYTES, tooLarge, onPiece });
        assert.ok(body.length <= MOST_BYTES && body.length === heard, `${encoding}: ${body.length} of ${heard} bytes`);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
      }
    }
  },
};

/** The targets of bodies. */
export const BODY_TARGETS: readonly FuzzTarget[] = [managementTarget, unpackTarget];
