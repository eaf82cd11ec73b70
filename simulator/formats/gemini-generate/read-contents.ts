import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { isMinted } from '../../answering/signature.ts';
import { countTokens } from '../../answering/tokens.ts';
import { invalid } from '../errors.ts';
import { MEMBERS, readMembers, violation } from './proto.ts';

/** What the contents of a generate request say. */
interface Contents {
  readonly prompt: string;
  readonly promptTokens: number;
  readonly lastUserText: string;
  readonly toolResults: readonly string[];
}

/** Google's documented stand-ins for a signature that a client does not have (guide to thought signatures, 2025-12). */
const STAND_INS = ['context_engineering_is_the_way_to_go', 'skip_thought_signature_validator'];
/** Also as the bytes that the member is made of: pydantic-ai 2.68 sends them so. */
const isStandIn = (text: string): boolean =>
  STAND_INS.includes(text) || STAND_INS.includes(Buffer.from(text, 'base64').toString());
const IMAGE_TOKENS = 258;
const CONTENT_TOKENS = 4;

/** Reads and checks the turns of a conversation as Gemini does. */
export function readContents(value: JsonValue | undefined, model: string): Contents {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    throw violation('contents', '* GenerateContentRequest.contents: contents is not specified\n');
  }
  const list = Array.isArray(value) ? value : [value];
  const reader = new ContentsReader(model);
  list.forEach((content, index) => {
    reader.read(content, index);
  });
  return reader.finish();
}

class ContentsReader {
  readonly #needsSignatures: boolean;
  #prompt = '';
  #tokens = 0;
  #lastUserText = '';
  #toolResults: string[] = [];
  #openCalls = 0;
  #previous: 'none' | 'user' | 'model' | 'calls' | 'results' = 'none';
  /** Unsigned calls of the turn that is still going on; a new question of the user's ends it. */
  #unsigned: { name: string; position: number } | undefined;

  constructor(model: string) {
    this.#needsSignatures = /gemini-3/.test(model);
  }

  read(value: JsonValue, index: number): void {
    const at = `contents[${index}]`;
    const { role = 'user', parts } = readMembers(value, MEMBERS.content, at);
    if (role !== 'user' && role !== 'model' && role !== 'function')
      throw invalid('Please use a valid role: user, model.');
    const list = Array.isArray(parts) ? parts : parts === undefined ? [] : [parts];
    if (list.length === 0)
      throw violation(at, `* GenerateContentRequest.${at}.parts: contents.parts must not be empty.\n`);
    const read = list.map((part, place) => this.#part(part, `${at}.parts[${place}]`));
    const calls = read.filter((part) => part.functionCall !== undefined);
    const results = read.filter((part) => part.functionResponse !== undefined);
    this.#checkOrder(calls.length, results.length);
    this.#checkSignatures(calls, index);
    if (role !== 'model') this.#toolResults = results.map((part) => resultText(part));
    const text = read.map((part) => (typeof part.text === 'string' && part.thought !== true ? part.text : '')).join('');
    if (role === 'user' && results.length === 0) {
      this.#lastUserText = text;
      this.#unsigned = undefined;
    }
    this.#previous = calls.length > 0 ? 'calls' : results.length > 0 ? 'results' : role === 'model' ? 'model' : 'user';
    this.#prompt += `${role}: ${text}${calls.map((part) => JSON.stringify(part.functionCall)).join('')}${this.#toolResults.join('')}\n`;
    this.#tokens += CONTENT_TOKENS;
  }

  finish(): Contents {
    if (this.#unsigned !== undefined) {
      throw invalid(
        `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${this.#unsigned.name}\` , position ${this.#unsigned.position}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
      );
    }
    return {
      prompt: this.#prompt,
      promptTokens: this.#tokens + countTokens(this.#prompt),
      lastUserText: this.#lastUserText,
      toolResults: this.#toolResults,
    };
  }

  #part(value: JsonValue, at: string): JsonObject {
    const part = readMembers(value, MEMBERS.part, at);
    const data = [
      'text',
      'inlineData',
      'fileData',
      'functionCall',
      'functionResponse',
      'executableCode',
      'codeExecutionResult',
    ];
    const held = data.filter((name) => part[name] !== undefined);
    if (held.length === 0) {
      throw violation(
        at,
        `* GenerateContentRequest.${at}.data: required oneof field 'data' must have one initialized field\n`,
      );
    }
    if (held.length > 1)
      throw violation(
        at,
        `Invalid value at '${at}' (oneof), oneof field 'data' is already set. Cannot set '${held[1]}'`,
      );
    if (part.inlineData !== undefined) this.#inlineData(part.inlineData, at);
    if (part.fileData !== undefined) this.#tokens += IMAGE_TOKENS;
    // Bytes of protobuf may be spelled in both alphabets of base64; Python's package uses the other one.
    const { thoughtSignature: spelled } = part;
    const signature = typeof spelled === 'string' ? spelled.replaceAll('-', '+').replaceAll('_', '/') : spelled;
    if (typeof signature === 'string' && !isStandIn(String(spelled)) && !isMinted(signature))
      throw invalid('Corrupted thought signature.');
    return part;
  }

  #inlineData(value: JsonValue, at: string): void {
    const { mimeType, data } = readMembers(value, new Set(['mimeType', 'data', 'displayName']), `${at}.inline_data`);
    if (typeof mimeType !== 'string')
      throw invalid(
        'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
      );
    if (typeof data !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(data)) {
      throw violation(
        `${at}.inline_data.data`,
        `Invalid value at '${at}.inline_data.data' (TYPE_BYTES), Base64 decoding failed for ${JSON.stringify(String(data).slice(0, 40))}`,
      );
    }
    this.#tokens += IMAGE_TOKENS;
  }

  #checkOrder(calls: number, results: number): void {
    if (calls > 0 && this.#previous !== 'user' && this.#previous !== 'results') {
      throw invalid(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      );
    }
    if (results > 0 && this.#previous !== 'calls') {
      throw invalid('Please ensure that function response turn comes immediately after a function call turn.');
    }
    if (this.#openCalls > 0 && results !== this.#openCalls) {
      throw invalid(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    }
    this.#openCalls = calls;
  }

  #checkSignatures(calls: readonly JsonObject[], index: number): void {
    const [first] = calls;
    if (!this.#needsSignatures || first === undefined || typeof first.thoughtSignature === 'string') return;
    // Of several calls at once only the first one carries the signature.
    const name = isJsonObject(first.functionCall) ? String(first.functionCall.name) : '';
    this.#unsigned ??= { name, position: index + 1 };
  }
}

function resultText(part: JsonObject): string {
  const response = isJsonObject(part.functionResponse) ? part.functionResponse.response : undefined;
  if (!isJsonObject(response))
    throw invalid('function_response.response: expected an object (google.protobuf.Struct).');
  const values = Object.values(response);
  const [only] = values;
  return values.length === 1 && typeof only === 'string' ? only : JSON.stringify(response);
}
