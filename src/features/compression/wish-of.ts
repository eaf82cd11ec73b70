/** Whether and how a request is compressed: what it says itself counts before its key, its group, and the default. */
import { type Compress, compressOf } from '../../config/settings/compress.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';

/** What a client may send. */
const COMPRESS_HEADER = 'x-sluice-compress';

/** The wish of a request. Throws `invalid_request` for a header that means nothing. */
export function wishOf({ client, identity, group, degraded }: Exchange, otherwise: Compress): Compress {
  const asked = client.headers[COMPRESS_HEADER];
  if (asked !== undefined) {
    const wish = compressOf(typeof asked === 'string' ? asked.trim().toLowerCase() : undefined);
    if (wish !== undefined) return wish;
    throw new GatewayError(
      'invalid_request',
      `The header ${COMPRESS_HEADER} must be off, lossless, fit, or a part such as 0.5.`,
      { param: COMPRESS_HEADER },
    );
  }
  const wish = compressOf(identity?.metadata.compress) ?? group?.deployments[0]?.config.compress ?? otherwise;
  if (degraded?.compresses !== true) return wish;
  return typeof wish === 'number' ? Math.min(wish, DEGRADED_RATIO) : DEGRADED_RATIO;
}

/** What prompts are shortened to so that a budget lasts, unless a client says otherwise. */
const DEGRADED_RATIO = 0.5;

/** The largest window among the deployments of a request's group, in tokens; undefined if one has no known limit. */
export function windowOf({ group }: Exchange): number | undefined {
  const limits = group?.deployments.map(({ priced }) => priced.facts.maxInputTokens) ?? [];
  if (limits.length === 0 || limits.some((limit) => limit === undefined)) return undefined;
  return Math.max(...limits.map((limit) => limit ?? 0));
}
