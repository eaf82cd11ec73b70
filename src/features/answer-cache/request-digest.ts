/** What decides the answer to a request, as a digest: equal for requests that the same answer suits, however they are written. */
import { createHash, hash } from 'node:crypto';
import { canonicalJson, isPlain } from '../../core/canonical-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { isBesideAnswer } from '../../formats/beside-the-answer.ts';
import { decidingText } from '../../formats/deciding-request.ts';
import { formatParts } from '../../formats/index.ts';

/** A larger request is like others of its own format only: reading it as a conversation takes too long for what it saves. */
const MOST_READ_BYTES = 65_536;
/** How many requests are remembered with their digests. */
const MOST_KNOWN = 4_096;

/** Digests of requests. Those that come again byte for byte are not read again. */
export class RequestDigests {
  readonly #known = new Map<string, string>();

  /** The digest of a request. `scope` keeps apart what is remembered: the time it takes does not show what others asked. */
  of({ body, endpoint: { format }, envelope, mostParsedBytes }: RequestToDigest, scope: string): string {
    const id = `${scope} ${format} ${hash('sha256', body, 'base64')}`;
    const known = this.#known.get(id);
    if (known !== undefined) {
      this.#known.delete(id);
      this.#known.set(id, known);
      return known;
    }
    const digest =
      (body.length <= mostParsedBytes ? digestOfMeaning(format, body) : undefined) ??
      digestOfMembers(format, body, envelope);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(id, digest);
    return digest;
  }
}

/** What a digest is made of. */
type RequestToDigest = Pick<Exchange, 'body' | 'endpoint' | 'envelope' | 'mostParsedBytes'>;

/** Undefined for a request that two readers may understand differently, or that cannot be read. */
function digestOfMeaning(format: RequestToDigest['endpoint']['format'], body: Buffer): string | undefined {
  const text = body.toString('utf8');
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isJsonObject(parsed) || !isPlain(text, parsed)) return undefined;
    const shared = body.length <= MOST_READ_BYTES ? sharedText(format, parsed) : undefined;
    if (shared !== undefined) return digest('shared', shared);
    const deciding = Object.entries(parsed).filter(([name]) => !isBesideAnswer(name));
    return digest('own', `${format}\n${canonicalJson(new Map(deciding))}`);
  } catch {
    return undefined;
  }
}

function sharedText(format: RequestToDigest['endpoint']['format'], parsed: JsonObject): string | undefined {
  const { conversation } = formatParts(format);
  if (conversation === undefined) return undefined;
  try {
    return decidingText(conversation, parsed);
  } catch {
    // What the format cannot read its lane may still hand on.
    return undefined;
  }
}

/** Of the bytes of the members in the order of their names: white space and order within them count. */
function digestOfMembers(format: string, body: Buffer, { members }: RequestToDigest['envelope']): string {
  const hash = createHash('sha256').update(`bytes\n${format}\n`);
  const deciding = members.filter(({ name }) => !isBesideAnswer(name));
  for (const { name, valueStart, valueEnd } of deciding.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    hash.update(`${JSON.stringify(name)}:${valueEnd - valueStart}:`).update(body.subarray(valueStart, valueEnd));
  }
  return hash.digest('hex');
}

const digest = (kind: string, text: string): string =>
  createHash('sha256').update(`${kind}\n`).update(text).digest('hex');
