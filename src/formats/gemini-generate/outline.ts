import { isJsonObject, type JsonObject, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { membersAt, type NotedValues, type ObjectShape, walkObjects } from '../../wire/json-walk.ts';
import type { Edit } from '../../wire/splice.ts';
import { countOf, largestLimit, loweredLimit } from '../asked-limit.ts';
import { BodyOutline, type MediaRules } from '../body-outline.ts';
import { type Medium, readMedium } from '../medium.ts';
import type { AskedLimit } from '../outline.ts';
import { UNKNOWN_TOOL } from '../tool-kinds.ts';

/** The outline of a request in Gemini's format. The API takes every name in camel case and in snake case. */
export class GeminiGenerateOutline extends BodyOutline {
  #settings: readonly JsonObject[] | undefined;

  protected get mediaRules(): MediaRules {
    return MEDIA;
  }

  protected get conversationMembers(): readonly string[] {
    return CONVERSATION;
  }

  /** The generation settings: small in earnest, and read as a whole. */
  get #generation(): readonly JsonObject[] {
    this.#settings ??= SETTINGS.map((name) => this.value(name)).filter(isJsonObject);
    return this.#settings;
  }

  #counts(names: readonly string[]): (number | 'absent' | undefined)[] {
    return this.#generation.flatMap((settings) => names.map((name) => countIn(settings, name)));
  }

  protected readLimit(): AskedLimit {
    return largestLimit(this.#counts(LIMITS));
  }

  limitEdits(cap: number): readonly Edit[] {
    const members = SETTINGS.map((name) => ({ name, settings: this.value(name) }));
    const limited = members.filter(({ settings }) => isJsonObject(settings) && limitsIn(settings).length > 0);
    // Without a limit anywhere, the settings that are there get one.
    const [first = { name: SETTINGS[0], settings: undefined }] = members.filter(({ settings }) =>
      isJsonObject(settings),
    );
    return (limited.length > 0 ? limited : [first]).map(({ name, settings }) =>
      this.set(name, JSON.stringify(withLimit(isJsonObject(settings) ? settings : {}, cap))),
    );
  }

  protected readChoices(): number {
    const counts = this.#counts(['candidateCount', 'candidate_count']).filter((count) => typeof count === 'number');
    return Math.ceil(Math.max(1, ...counts));
  }

  override get hasTools(): boolean {
    return this.hasItems('tools') || this.member('tools')?.kind === 'object';
  }

  /** A tool is named by its members. */
  override get toolKinds(): readonly string[] {
    const tools = this.value('tools') ?? null;
    if (tools === null) return [];
    return (Array.isArray(tools) ? tools : [tools]).flatMap((tool) =>
      isJsonObject(tool) ? Object.keys(tool) : [UNKNOWN_TOOL],
    );
  }

  get asksForJsonSchema(): boolean {
    return this.#generation.some((settings) => SCHEMAS.some((name) => isJsonObject(settings[name])));
  }

  get asksForReasoning(): boolean {
    return this.#generation.some((settings) => {
      const thinking = settings.thinkingConfig ?? settings.thinking_config;
      if (!isJsonObject(thinking)) return false;
      return (thinking.thinkingBudget ?? thinking.thinking_budget) !== 0;
    });
  }

  get asksForAudio(): boolean {
    return this.#generation.length > 0;
  }

  get serviceTier(): string | undefined {
    return this.text('serviceTier') ?? this.text('service_tier');
  }

  /** Gemini caches by itself, or by the name of a cache: a prompt has no marks. */
  get cacheMarks(): number {
    return 0;
  }
}

const CONVERSATION = ['contents'];
const SETTINGS = ['generationConfig', 'generation_config'] as const;
const LIMITS = ['maxOutputTokens', 'max_output_tokens'] as const;
const SCHEMAS = ['responseSchema', 'responseJsonSchema', 'response_schema', 'response_json_schema'] as const;

function countIn(settings: JsonObject, name: string): number | 'absent' | undefined {
  const value = ownValue(settings, name);
  return value === undefined || value === null ? 'absent' : countOf(value);
}

function limitsIn(settings: JsonObject): readonly string[] {
  return LIMITS.filter((name) => countIn(settings, name) !== 'absent');
}

function withLimit(settings: JsonObject, cap: number): JsonObject {
  const names = limitsIn(settings);
  const lowered: JsonObject = {};
  for (const name of names.length > 0 ? names : [LIMITS[0]]) {
    setMember(lowered, name, loweredLimit(countIn(settings, name), cap));
  }
  return { ...settings, ...lowered };
}

const PART_MEMBERS = ['inlineData', 'inline_data', 'fileData', 'file_data', 'functionResponse', 'function_response'];
const PART: ObjectShape = { noted: PART_MEMBERS };
const CONTENT: ObjectShape = { noted: [], inner: { name: 'parts', shape: PART } };

/** A part with media, also in the answer of a function. */
function readPart(part: NotedValues, found: Medium[]): void {
  readMedia(part, found);
  for (const name of ['functionResponse', 'function_response']) {
    const response = part.span(name);
    const parts = response === undefined ? undefined : membersAt(part.bytes, response.start, ['parts'])?.span('parts');
    if (parts !== undefined) walkObjects(part.bytes, parts.start, PART, readMedia, found);
  }
}

function readMedia(part: NotedValues, found: Medium[]): void {
  for (const name of ['inlineData', 'inline_data', 'fileData', 'file_data']) {
    const span = part.span(name);
    const values = span === undefined ? undefined : membersAt(part.bytes, span.start, DATA_MEMBERS);
    if (values === undefined) continue;
    const mediaType = values.string('mimeType') ?? values.string('mime_type');
    const data = values.span('data');
    const place = data ?? values.span('fileUri') ?? values.span('file_uri');
    const holds = data === undefined ? 'address' : 'data';
    const medium = readMedium(part.bytes, place, 'document', mediaType, holds);
    if (medium !== undefined) found.push(medium);
  }
}

const DATA_MEMBERS = ['mimeType', 'mime_type', 'data', 'fileUri', 'file_uri'];

const REQUEST: ObjectShape = { noted: [], inner: { name: 'content', shape: CONTENT } };

const MEDIA: MediaRules = {
  members: new Map([
    ['contents', { leastDepth: 3, shape: CONTENT }],
    ['systemInstruction', { leastDepth: 3, shape: CONTENT }],
    ['system_instruction', { leastDepth: 3, shape: CONTENT }],
    // What vectors are of.
    ['content', { leastDepth: 3, shape: CONTENT }],
    ['requests', { leastDepth: 4, shape: REQUEST }],
  ]),
  marks: ['Data"', '_data"'].map((mark) => Buffer.from(mark)),
  read: readPart,
};
