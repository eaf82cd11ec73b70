/** Brings a request that is relayed to what its model takes: edits of the bytes of single members. */
import type { JsonValue } from '../../core/json.ts';
import { refuseHeavy } from '../../core/too-heavy.ts';
import type { Dropped, RequestFitting } from '../../formats/format.ts';
import type { RequestMembers } from '../../formats/request-members.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import { memberNamed, parseMember, type ReadableEnvelope, readEnvelope, valueBytes } from '../../wire/envelope.ts';
import { findText } from '../../wire/find-text.ts';
import { type Edit, splice } from '../../wire/splice.ts';
import type { LaneRequest } from '../lane-request.ts';

interface FittedBytes {
  readonly body: Buffer;
  readonly envelope: ReadableEnvelope;
  readonly dropped: readonly Dropped[];
}

const NOTHING_DROPPED: readonly Dropped[] = [];
const BEGIN_BYTES = 64;

/** The request as the model takes it; the same bytes if there is nothing to fit. */
export function fitBytes(
  { body, envelope, mostParsedBytes }: Pick<LaneRequest, 'body' | 'envelope' | 'mostParsedBytes'>,
  fitting: RequestFitting,
  abilities: ModelAbilities,
  model: string,
): FittedBytes {
  if (!envelope.members.some(({ name }) => fitting.members.includes(name))) {
    return { body, envelope, dropped: NOTHING_DROPPED };
  }
  const members = new SplicedMembers(body, envelope, mostParsedBytes);
  const dropped: Dropped[] = [];
  fitting.fit(members, abilities, model, (one) => dropped.push(one));
  const edits = members.edits();
  if (edits.length === 0) return { body, envelope, dropped };
  const edited = splice(body, envelope, edits);
  const read = readEnvelope(edited);
  if (!read.ok) throw new RangeError(`an edit made the request unreadable: ${read.reason}`);
  return { body: edited, envelope: read, dropped };
}

class SplicedMembers implements RequestMembers {
  readonly #body: Buffer;
  readonly #envelope: ReadableEnvelope;
  readonly #mostParsedBytes: number | undefined;
  readonly #parsed = new Map<string, JsonValue>();
  /** Undefined stands for a member that is removed. */
  readonly #changed = new Map<string, JsonValue | undefined>();

  constructor(body: Buffer, envelope: ReadableEnvelope, mostParsedBytes: number | undefined) {
    this.#mostParsedBytes = mostParsedBytes;
    this.#body = body;
    this.#envelope = envelope;
  }

  get(name: string): JsonValue | undefined {
    if (this.#changed.has(name)) return this.#changed.get(name);
    const known = this.#parsed.get(name);
    if (known !== undefined) return known;
    const member = memberNamed(this.#envelope, name);
    if (member === undefined) return undefined;
    refuseHeavy(member.valueEnd - member.valueStart, this.#mostParsedBytes);
    const value = parseMember(this.#body, member);
    this.#parsed.set(name, value);
    return value;
  }

  countOf(name: string, text: string): number {
    const member = memberNamed(this.#envelope, name);
    if (member === undefined) return 0;
    const bytes = valueBytes(this.#body, member);
    const quoted = `"${text}"`;
    let count = 0;
    for (let at = findText(bytes, quoted); at !== -1; at = findText(bytes, quoted, at + quoted.length)) count++;
    return count;
  }

  beginOf(name: string): string | undefined {
    const member = memberNamed(this.#envelope, name);
    return member === undefined ? undefined : valueBytes(this.#body, member).toString('latin1', 0, BEGIN_BYTES);
  }

  set(name: string, value: JsonValue): void {
    this.#changed.set(name, value);
  }

  remove(name: string): void {
    this.#changed.set(name, undefined);
  }

  edits(): Edit[] {
    const edits: Edit[] = [];
    for (const [name, value] of this.#changed) {
      const isSent = memberNamed(this.#envelope, name) !== undefined;
      if (value === undefined) {
        if (isSent) edits.push({ edit: 'remove', name });
      } else edits.push({ edit: isSent ? 'replace' : 'add', name, json: JSON.stringify(value) });
    }
    return edits;
  }
}
