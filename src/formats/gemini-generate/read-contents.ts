/** A Gemini client's `systemInstruction` and `contents` as turns. */
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { wrongKind } from '../body-reader.ts';
import { FormatError } from '../format.ts';
import { AwaitedCalls } from '../neutral/awaited-calls.ts';
import type { DocumentPart, ImagePart, Part, TextPart, ToolResultPart, Turn } from '../neutral/conversation.ts';
import { readerOf } from './fields.ts';
import { readFileData, readInlineData } from './media.ts';
import { readSignature } from './signatures.ts';
import { textOfResponse } from './write-contents.ts';

/** Reads all turns of a body. Throws `FormatError`. */
export function readTurns(body: JsonReader): Turn[] {
  const reader = new ContentsReader();
  const system = body.get('systemInstruction');
  if (system !== undefined) reader.readSystem(system, body.pathOf('systemInstruction'));
  const contents = body.get('contents');
  if (contents === undefined) throw wrongKind('contents', 'an array', undefined);
  const path = body.pathOf('contents');
  if (!Array.isArray(contents)) reader.readContent(contents, path);
  else for (const [index, content] of contents.entries()) reader.readContent(content, `${path}[${index}]`);
  return reader.turns;
}

class ContentsReader {
  readonly turns: Turn[] = [];
  readonly #awaited = new AwaitedCalls();
  #calls = 0;
  /** The turn of results that is being read, and what it holds already. */
  #results: { readonly parts: ToolResultPart[]; readonly said: Set<string> } | undefined;

  readSystem(value: JsonValue, path: string): void {
    const content = readerOf(value, path);
    const parts = this.#parts(content).map((part) => this.#readPart(part));
    if (parts.length > 0) this.turns.push({ role: 'system', parts });
  }

  readContent(value: JsonValue, path: string): void {
    const content = readerOf(value, path);
    const role = content.oneOf('role', ['user', 'model', 'function']) ?? 'user';
    const parts: Part[] = [];
    for (const part of this.#parts(content)) {
      const read = this.#readPart(part);
      // A result stands in a turn of its own, so it ends the one that is being read.
      if (read.type !== 'tool-result') addPart(parts, read);
      else {
        this.#addTurn(role, parts.splice(0));
        this.#addResult(read);
      }
    }
    this.#addTurn(role, parts);
  }

  #addTurn(role: string, parts: readonly Part[]): void {
    if (parts.length === 0) return;
    this.#results = undefined;
    this.turns.push({ role: role === 'model' ? 'assistant' : 'user', parts });
  }

  /** Gemini CLI 0.61 sends the result of a call twice when it resumes a conversation; no other format takes two. */
  #addResult(result: ToolResultPart): void {
    if (this.#results === undefined) {
      this.#results = { parts: [], said: new Set() };
      this.turns.push({ role: 'tool', parts: this.#results.parts });
    }
    const { parts, said } = this.#results;
    const words = JSON.stringify(result);
    if (said.has(words)) return;
    said.add(words);
    parts.push(result);
  }

  /** The parts of a content; the SDKs let a text stand for them, the API does not. */
  #parts(content: JsonReader): readonly JsonReader[] {
    const value = content.get('parts');
    if (isJsonObject(value)) return [readerOf(value, content.pathOf('parts'))];
    return content.objects('parts') ?? [];
  }

  #readPart(part: JsonReader): Part {
    const signatureText = part.string('thoughtSignature');
    const carried = signatureText === undefined || signatureText === '' ? undefined : readSignature(signatureText);
    const signed = carried !== undefined && 'signature' in carried ? { signature: carried.signature } : {};
    const isThought = part.boolean('thought') === true;
    const call = part.object('functionCall');
    if (call !== undefined) return { ...this.#readCall(call), ...signed };
    const result = part.object('functionResponse');
    if (result !== undefined) return this.#readResult(result);
    const text = part.string('text');
    if (text !== undefined || carried !== undefined || isThought) {
      if (carried !== undefined && 'redacted' in carried)
        return { type: 'reasoning', text: '', redacted: carried.redacted };
      if (text !== undefined && isThought) return { type: 'reasoning', text, ...signed };
      if (text !== undefined) return { type: 'text', text, ...signed };
    }
    const media = isThought ? undefined : this.#readMedia(part);
    if (media !== undefined) return media;
    if (Object.keys(part.value).length === 0)
      throw new FormatError(part.path, `'${part.path}' is a part without content.`);
    if (Object.keys(part.value).every((key) => /^thought/.test(key))) return { type: 'text', text: '', ...signed };
    return { type: 'opaque', format: 'gemini-generate', value: part.value };
  }

  #readMedia(part: JsonReader): Part | undefined {
    const inline = part.object('inlineData');
    const file = part.object('fileData');
    if (inline === undefined && file === undefined) return undefined;
    const media =
      inline !== undefined
        ? readInlineData(inline.requiredString('mimeType'), inline.requiredString('data'))
        : file !== undefined
          ? readFileData(file.requiredString('fileUri'), file.string('mimeType'))
          : undefined;
    if (media === undefined) return undefined;
    const name = (inline ?? file)?.string('displayName');
    if (media.type === 'document' && name !== undefined) return { ...media, filename: name };
    if (media.type !== 'image') return media;
    const fields: JsonObject = {};
    for (const [key, value] of Object.entries(part.value)) {
      if (value !== undefined && !/^(?:inline|file)_?[dD]ata$/.test(key)) setMember(fields, key, value);
    }
    return Object.keys(fields).length === 0 ? media : { ...media, extra: { format: 'gemini-generate', fields } };
  }

  #readCall(call: JsonReader): Part {
    const name = call.requiredString('name');
    const id = call.string('id') || `call_${this.#calls}`;
    this.#calls += 1;
    this.#awaited.add(id, name);
    const args = call.object('args');
    return { type: 'tool-call', id, name, arguments: args === undefined ? '{}' : JSON.stringify(args.value) };
  }

  #readResult(result: JsonReader): ToolResultPart {
    const name = result.requiredString('name');
    const told = result.string('id') || undefined;
    if (told !== undefined) this.#awaited.answer(told);
    const response = result.object('response')?.value ?? {};
    const text = textOfResponse(response);
    const content: (TextPart | ImagePart | DocumentPart)[] = [
      { type: 'text', text: text === undefined ? JSON.stringify(response) : text.text },
    ];
    for (const part of result.objects('parts') ?? []) {
      const media = this.#readMedia(part);
      if (media?.type === 'image' || media?.type === 'document') content.push(media);
    }
    return {
      type: 'tool-result',
      callId: told ?? this.#awaited.answerFirst(name) ?? name,
      name,
      content,
      ...(text?.isError ? { isError: true } : {}),
    };
  }
}

/** Adds a part. A thought that was streamed comes back in pieces, the last of which is signed for all. */
function addPart(parts: Part[], part: Part): void {
  const last = parts.at(-1);
  const isPiece = last?.type === 'reasoning' && last.signature === undefined && last.redacted === undefined;
  if (part.type !== 'reasoning' || part.redacted !== undefined || !isPiece) parts.push(part);
  else parts[parts.length - 1] = { ...part, text: last.text + part.text };
}
