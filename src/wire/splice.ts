/** Edits the top-level members of a JSON object in its bytes; every byte that no edit names stays as it was. */
import { asBuffer, type Member, type ReadableEnvelope } from './envelope.ts';

/** One edit. `json` is the new value as JSON text. Names are those the body had before any edit. */
export type Edit =
  | { readonly edit: 'replace'; readonly name: string; readonly json: string }
  | { readonly edit: 'rename'; readonly name: string; readonly to: string }
  /** Removes the member, and one comma with it. */
  | { readonly edit: 'remove'; readonly name: string }
  /** Adds a member behind the last one. */
  | { readonly edit: 'add'; readonly name: string; readonly json: string };

/**
 * The body with the edits made. A member may be both renamed and replaced; any other two edits of one member, an edit of a
 * member that is absent, and one that would leave a name twice are mistakes of the caller and throw a RangeError.
 */
export function splice(body: Uint8Array, envelope: ReadableEnvelope, edits: readonly Edit[]): Buffer {
  const bytes = asBuffer(body);
  if (edits.length === 0) return bytes;
  const [only] = edits;
  if (edits.length === 1 && only !== undefined && only.edit === 'replace') return replaceOne(bytes, envelope, only);
  return new Splicer(bytes, envelope).run(edits);
}

/** The common case of the relay lane, the group's name for the provider's: one copy, no bookkeeping. */
function replaceOne(bytes: Buffer, envelope: ReadableEnvelope, edit: { name: string; json: string }): Buffer {
  const member = envelope.members.find((candidate) => candidate.name === edit.name);
  if (member === undefined) throw new RangeError(`no member ${edit.name} to replace`);
  const size = Buffer.byteLength(edit.json);
  const result = Buffer.allocUnsafe(bytes.length - (member.valueEnd - member.valueStart) + size);
  bytes.copy(result, 0, 0, member.valueStart);
  result.write(edit.json, member.valueStart);
  bytes.copy(result, member.valueStart + size, member.valueEnd);
  return result;
}

interface Change {
  name?: string;
  json?: string;
  removed?: true;
}

class Splicer {
  readonly #bytes: Buffer;
  readonly #envelope: ReadableEnvelope;
  readonly #changes = new Map<Member, Change>();
  readonly #added: { name: string; json: string }[] = [];
  readonly #pieces: Buffer[] = [];
  #copiedTo = 0;

  constructor(bytes: Buffer, envelope: ReadableEnvelope) {
    this.#bytes = bytes;
    this.#envelope = envelope;
  }

  run(edits: readonly Edit[]): Buffer {
    for (const edit of edits) {
      if (edit.edit === 'add') this.#added.push(edit);
      else this.#note(edit);
    }
    this.#refuseNamesTwice();

    const { members, start } = this.#envelope;
    let lastKept = members.length - 1;
    while (lastKept >= 0 && this.#isRemoved(lastKept)) lastKept -= 1;

    for (let index = 0; index <= lastKept; index += 1) this.#writeMember(index);
    // What is removed behind the last member that stays goes with the comma before it.
    const tailStart = members[lastKept]?.valueEnd ?? members[0]?.nameStart ?? start + 1;
    const tailEnd = members.at(-1)?.valueEnd ?? start + 1;
    this.#replaceSpan(tailStart, tailEnd, this.#addedText(lastKept >= 0));
    this.#pieces.push(this.#bytes.subarray(this.#copiedTo));
    return Buffer.concat(this.#pieces);
  }

  #note(edit: Exclude<Edit, { edit: 'add' }>): void {
    const member = this.#envelope.members.find((candidate) => candidate.name === edit.name);
    if (member === undefined) throw new RangeError(`no member ${edit.name} to ${edit.edit}`);
    const earlier = this.#changes.get(member) ?? {};
    const isAgain =
      edit.edit === 'replace' ? earlier.json !== undefined : edit.edit === 'rename' && earlier.name !== undefined;
    if (isAgain || earlier.removed || (edit.edit === 'remove' && this.#changes.has(member))) {
      throw new RangeError(`two edits of member ${edit.name}`);
    }
    if (edit.edit === 'replace') this.#changes.set(member, { ...earlier, json: edit.json });
    else if (edit.edit === 'rename') this.#changes.set(member, { ...earlier, name: edit.to });
    else this.#changes.set(member, { removed: true });
  }

  #refuseNamesTwice(): void {
    const names = new Set<string>();
    const claim = (name: string): void => {
      if (names.has(name)) throw new RangeError(`two members would be named ${name}`);
      names.add(name);
    };
    for (const member of this.#envelope.members) {
      const change = this.#changes.get(member);
      if (change?.removed !== true) claim(change?.name ?? member.name);
    }
    for (const { name } of this.#added) claim(name);
  }

  #isRemoved(index: number): boolean {
    const member = this.#envelope.members[index];
    return member !== undefined && this.#changes.get(member)?.removed === true;
  }

  #writeMember(index: number): void {
    const { members } = this.#envelope;
    const member = members[index];
    if (member === undefined) return;
    const change = this.#changes.get(member);
    if (change === undefined) return;
    if (change.removed) {
      // There is a member behind it that stays, so the comma between the two goes as well.
      this.#replaceSpan(member.nameStart, members[index + 1]?.nameStart ?? member.valueEnd, '');
      return;
    }
    if (change.name !== undefined) this.#replaceSpan(member.nameStart, member.nameEnd, JSON.stringify(change.name));
    if (change.json !== undefined) this.#replaceSpan(member.valueStart, member.valueEnd, change.json);
  }

  #addedText(followsMember: boolean): string {
    const text = this.#added.map(({ name, json }) => `${JSON.stringify(name)}:${json}`).join(',');
    return followsMember && text !== '' ? `,${text}` : text;
  }

  #replaceSpan(start: number, end: number, text: string): void {
    this.#pieces.push(this.#bytes.subarray(this.#copiedTo, start));
    if (text !== '') this.#pieces.push(Buffer.from(text));
    this.#copiedTo = end;
  }
}
