/** The turns of a conversation as Gemini's `systemInstruction` and `contents`. */
import { isJsonObject, type JsonObject, type JsonValue, withMembers } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { isGemini3 } from '../../models/gemini-models.ts';
import type { Dropped } from '../format.ts';
import { imageTypeOf } from '../image-type.ts';
import type {
  ConversationRequest,
  FormatExtra,
  Part,
  ReasoningPart,
  ReasoningSignature,
  ToolCallPart,
  ToolResultPart,
  Turn,
} from '../neutral/conversation.ts';
import { parseArguments } from '../parse-arguments.ts';
import { isMediaPart, type MediaPart, writeMedia } from './media.ts';
import { carrySignature, NO_SIGNATURE } from './signatures.ts';

/** What the turns come to on the wire. */
interface WrittenContents {
  readonly contents: JsonObject[];
  readonly systemInstruction?: JsonObject;
}

interface Content {
  readonly role: 'user' | 'model';
  readonly parts: JsonObject[];
}

/** Writes the turns of one request. Everything that cannot be said goes to `dropped`. */
export function writeContents(request: ConversationRequest, model: string, dropped: Dropped[]): WrittenContents {
  return new ContentsWriter(request, model, dropped).write();
}

class ContentsWriter {
  readonly #request: ConversationRequest;
  readonly #dropped: Dropped[];
  readonly #isGemini3: boolean;
  readonly #system: JsonObject[] = [];
  readonly #contents: Content[] = [];
  /** The names of the calls so far by id, for results that do not say whose they are. */
  readonly #callNames = new Map<string, string>();

  constructor(request: ConversationRequest, model: string, dropped: Dropped[]) {
    this.#request = request;
    this.#dropped = dropped;
    this.#isGemini3 = isGemini3(model);
  }

  write(): WrittenContents {
    for (const [index, turn] of this.#request.turns.entries()) this.#writeTurn(turn, `messages[${index}]`);
    if (this.#isGemini3) this.#signFirstCalls();
    // Google refuses a request without contents; a system prompt alone is a valid request elsewhere.
    if (this.#contents.length === 0) this.#contents.push({ role: 'user', parts: [{ text: ' ' }] });
    return {
      contents: this.#contents.map(({ role, parts }) => ({ role, parts })),
      ...(this.#system.length === 0 ? {} : { systemInstruction: { parts: this.#system } }),
    };
  }

  #writeTurn(turn: Turn, path: string): void {
    if (turn.name !== undefined) this.#drop(`${path}.name`, 'Gemini has no names for speakers');
    this.#dropExtra(turn.extra, path);
    const written = turn.parts.flatMap((part, index) => {
      const place = `${path}.content[${index}]`;
      if ('cacheMark' in part && part.cacheMark !== undefined) {
        this.#drop(`${place}.cache_control`, 'Gemini caches prompts by itself and takes no marks');
      }
      return this.#writePart(part, turn, place);
    });
    if (written.length === 0) return;
    if (turn.role === 'system' || turn.role === 'developer') {
      if (this.#contents.length === 0) {
        this.#system.push(...written);
        return;
      }
      // What comes later stays at its place: moved to the front it would change the beginning of the prompt, and nothing were cached.
      this.#dropped.push({
        field: path,
        why: 'Gemini takes instructions only at the beginning; this one is in the turn of the user',
        kind: 'fitted',
      });
      this.#push('user', written.map(wrapInstruction));
      return;
    }
    this.#push(turn.role === 'assistant' ? 'model' : 'user', written);
  }

  #push(role: Content['role'], parts: JsonObject[]): void {
    const last = this.#contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else this.#contents.push({ role, parts });
  }

  #writePart(part: Part, turn: Turn, path: string): JsonObject[] {
    if (isMediaPart(part)) return this.#writeMediaPart(part, path);
    switch (part.type) {
      case 'text': {
        const signature = this.#signatureOf(part.signature);
        return part.text === '' && signature === undefined ? [] : [signed({ text: part.text }, signature)];
      }
      case 'refusal':
        return part.text === '' ? [] : [{ text: part.text }];
      case 'reasoning':
        return this.#writeReasoning(part, turn, path);
      case 'tool-call':
        this.#callNames.set(part.id, part.name);
        this.#dropExtra(part.extra, path);
        return [this.#writeCall(part)];
      case 'tool-result':
        this.#dropExtra(part.extra, path);
        return this.#writeResult(part, path);
      case 'server-call':
        this.#drop(path, 'Gemini cannot be given what was searched or run before');
        return [];
      case 'opaque':
        if (part.format === 'gemini-generate') return [part.value];
        this.#dropped.push({
          field: path,
          why: `only ${part.format} has this kind of content`,
          // Of an answer that another model gave, it can be left out.
          kind: turn.role === 'assistant' ? 'unknown' : 'refused',
        });
        return [];
    }
  }

  #writeMediaPart(part: MediaPart, path: string): JsonObject[] {
    const told = 'mediaType' in part.source ? part.source.mediaType : undefined;
    const actual = part.type === 'image' && part.source.kind === 'data' ? imageTypeOf(part.source.data) : undefined;
    if (actual !== undefined && told !== undefined && told !== '' && actual !== told) {
      this.#dropped.push({ field: path, why: `the image is of type ${actual}, not ${told}`, kind: 'fitted' });
    }
    const written = writeMedia(part);
    if (written === undefined) {
      this.#dropped.push({
        field: path,
        why: 'the file is stored at another provider; send its content or a URL',
        kind: 'refused',
      });
      return [];
    }
    const extra = part.type === 'image' ? part.extra : undefined;
    if (extra?.format === 'gemini-generate') return [withMembers(written, extra.fields)];
    this.#dropExtra(extra, path);
    return [written];
  }

  /** Thoughts go back only to the family that had them; unsigned ones only if the client speaks this format itself. */
  #writeReasoning(part: ReasoningPart, turn: Turn, path: string): JsonObject[] {
    const signature = this.#signatureOf(part.signature);
    const isOurs = signature !== undefined || (part.signature === undefined && this.#speaksGemini);
    if (
      turn.role === 'assistant' &&
      isOurs &&
      part.redacted === undefined &&
      (part.text !== '' || signature !== undefined)
    ) {
      return [signed({ text: part.text, thought: true }, signature)];
    }
    if (part.text !== '' || part.redacted !== undefined)
      this.#drop(path, 'thoughts of another provider mean nothing to Gemini');
    return [];
  }

  #writeCall(part: ToolCallPart): JsonObject {
    const functionCall: JsonObject = { id: part.id, name: part.name, args: argumentsObject(part) };
    return signed({ functionCall }, this.#signatureOf(part.signature));
  }

  #writeResult(part: ToolResultPart, path: string): JsonObject[] {
    const texts: string[] = [];
    const media: JsonObject[] = [];
    part.content.forEach((item, index) => {
      if (item.type === 'text') texts.push(item.text);
      else if (item.source.kind === 'text') texts.push(item.source.text);
      else media.push(...this.#writeMediaPart(item, `${path}.content[${index}]`));
    });
    const functionResponse: JsonObject = {
      id: part.callId,
      name: part.name ?? this.#callNames.get(part.callId) ?? part.callId,
      response: responseObject(texts.join('\n'), part.isError === true),
      // Media inside a function response came with Gemini 3; before, it goes beside it.
      ...(this.#isGemini3 && media.length > 0 ? { parts: media } : {}),
    };
    return [{ functionResponse }, ...(this.#isGemini3 ? [] : media)];
  }

  /**
   * Gemini 3 wants the first call of every step signed, its parallel siblings not. Done for the whole history and not only for
   * the current turn, which alone is checked, so that the prompt's beginning stays the same from turn to turn and stays cached.
   */
  #signFirstCalls(): void {
    for (const { role, parts } of this.#contents) {
      const first = role === 'model' ? parts.find((part) => part.functionCall !== undefined) : undefined;
      if (first !== undefined) first.thoughtSignature ??= NO_SIGNATURE;
    }
  }

  #signatureOf(signature: ReasoningSignature | undefined): string | undefined {
    return signature?.origin === 'google' ? carrySignature(signature) : undefined;
  }

  get #speaksGemini(): boolean {
    return this.#request.extensions.format === 'gemini-generate';
  }

  #dropExtra(extra: FormatExtra | undefined, path: string): void {
    if (extra === undefined) return;
    for (const key of Object.keys(extra.fields)) this.#drop(`${path}.${key}`, `only ${extra.format} has this member`);
  }

  #drop(field: string, why: string): void {
    this.#dropped.push({ field, why, kind: 'unknown' });
  }
}

function wrapInstruction(part: JsonObject): JsonObject {
  return typeof part.text === 'string' ? { ...part, text: `<system>\n${part.text}\n</system>` } : part;
}

function signed(part: JsonObject, thoughtSignature: string | undefined): JsonObject {
  return thoughtSignature === undefined ? part : { ...part, thoughtSignature };
}

/** `args` must be an object: text that is not one, or that was cut, goes back under one name. */
export function argumentsObject(part: ToolCallPart): JsonObject {
  const value = part.custom === true ? undefined : parseArguments(part.arguments);
  return value ?? (part.arguments.trim() === '' ? {} : { input: part.arguments });
}

/**
 * A tool's result as the object Gemini wants: an object the tool wrote itself, or its text under `output`, or `error`, the two
 * names Google documents for them (FunctionResponse.response, 2026-11-23).
 */
function responseObject(text: string, isError: boolean): JsonObject {
  if (isError) return { error: text };
  const value = parseObject(text);
  return value === undefined || textOfResponse(value) !== undefined || holdsReference(value) ? { output: text } : value;
}

/**
 * Whether a member is named like a reference of JSON Schema: Google takes `$ref` in a response for a reference to media and refuses the
 * request (https://github.com/router-for-me/CLIProxyAPI/issues/6065 and https://github.com/vercel/ai/issues/14369, 2026-11-28).
 */
function holdsReference(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(holdsReference);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([name, member]) => name.startsWith('$') || holdsReference(member ?? null));
}

/** The text in `{output: "…"}` or `{error: "…"}`; undefined for any other object. */
export function textOfResponse(response: JsonObject): { readonly text: string; readonly isError: boolean } | undefined {
  const [key, ...others] = Object.keys(response);
  if (others.length > 0 || (key !== 'output' && key !== 'error')) return undefined;
  const value = response[key];
  return typeof value === 'string' ? { text: value, isError: key === 'error' } : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Not JSON: the caller passes it on as text.
    return undefined;
  }
}
