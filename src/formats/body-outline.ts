/** What the outlines of all formats have in common: members at the top of a body, and media found by a format's rules. */
import type { JsonValue } from '../core/json.ts';
import { wordsIn } from '../core/words-in.ts';
import { type Member, memberNamed, parseMember, type ReadableEnvelope } from '../wire/envelope.ts';
import {
  itemsOf,
  type ObjectShape,
  parseSpan,
  type ReadObject,
  type Span,
  valueAt,
  walkObjects,
} from '../wire/json-walk.ts';
import type { Edit } from '../wire/splice.ts';
import { countOf, largestLimit, loweredLimit } from './asked-limit.ts';
import { bytesOfMedium, isTextFile, type Medium } from './medium.ts';
import type { AskedLimit, Expected, RequestOutline } from './outline.ts';
import { piecesOf, spansBeside } from './prompt-pieces.ts';
import { toolKindsIn } from './tool-kinds.ts';
import { withoutMarks } from './without-marks.ts';

/**
 * The members that a model reads, in any format: a lenient provider may read what another one's format names, and no part of a
 * prompt may go uncounted.
 */
const READ_BY_MODEL: ReadonlySet<string> = new Set([
  'messages',
  'system',
  'tools',
  'functions',
  'prompt',
  'input',
  'instructions',
  'suffix',
  'response_format',
  'output_format',
  'output_config',
  'text',
  'tool_choice',
  'contents',
  'content',
  'requests',
  'generateContentRequest',
  'generate_content_request',
  'systemInstruction',
  'system_instruction',
  'generationConfig',
  'generation_config',
  // What a vector is of besides its content, and from where a search is made.
  'title',
  'web_search_options',
]);

/** What providers read before the conversation, in their order. */
const CACHED_FIRST: readonly string[] = [
  'tools',
  'functions',
  'system',
  'instructions',
  'systemInstruction',
  'system_instruction',
];

/** How a format has media. */
export interface MediaRules {
  /** The top-level members that may hold media, by their names. */
  readonly members: ReadonlyMap<string, MediaMember>;
  /** Bytes of which every medium has one, if its names are written without escapes. */
  readonly marks: readonly Buffer[];
  readonly read: ReadObject<Medium>;
}

/** A top-level member that may hold media. */
interface MediaMember {
  /** Set if it holds none unless it is a list. */
  readonly isList?: boolean;
  /** How deep it is nested at the least if it holds any. */
  readonly leastDepth: number;
  readonly shape: ObjectShape;
}

/** How ASCII characters are spelled in an escape: without one, names are what their bytes say. */
const ESCAPED_ASCII = Buffer.from('\\u00');

const NO_MEDIA: readonly Medium[] = [];
const NO_KINDS: readonly string[] = [];

/** The outline of a body whose envelope was read. */
export abstract class BodyOutline implements RequestOutline {
  readonly body: Buffer;
  readonly envelope: ReadableEnvelope;
  #media: readonly Medium[] | undefined;
  #limit: AskedLimit | undefined;
  #choices: number | undefined;

  constructor(body: Buffer, envelope: ReadableEnvelope) {
    this.body = body;
    this.envelope = envelope;
  }

  protected abstract readonly mediaRules: MediaRules | undefined;
  /** The members that hold the conversation. */
  protected abstract readonly conversationMembers: readonly string[];
  protected abstract readLimit(): AskedLimit;
  protected abstract readChoices(): number;
  abstract limitEdits(cap: number): readonly Edit[];
  abstract readonly asksForJsonSchema: boolean;
  abstract readonly asksForReasoning: boolean;
  abstract readonly asksForAudio: boolean;
  abstract readonly serviceTier: string | undefined;
  abstract readonly cacheMarks: number;

  get model(): Expected<string> {
    return this.#expected('model', 'string') as Expected<string>;
  }

  get stream(): Expected<boolean> {
    return this.#expected('stream', 'boolean') as Expected<boolean>;
  }

  get streamUsage(): boolean {
    return false;
  }

  get limit(): AskedLimit {
    this.#limit ??= this.readLimit();
    return this.#limit;
  }

  get choices(): number {
    this.#choices ??= this.readChoices();
    return this.#choices;
  }

  get promptBytes(): number {
    let bytes = 0;
    for (const { name, valueStart, valueEnd } of this.envelope.members) {
      if (READ_BY_MODEL.has(name)) bytes += valueEnd - valueStart;
    }
    return bytes;
  }

  get media(): readonly Medium[] {
    this.#media ??= this.mediaRules === undefined ? NO_MEDIA : this.#findMedia(this.mediaRules);
    return this.#media;
  }

  get inlineBytes(): number {
    let bytes = 0;
    for (const { start, end } of this.media) bytes += end - start;
    return bytes;
  }

  get choosesFrames(): boolean {
    return FRAME_MARKS.some((mark) => this.body.includes(mark));
  }

  get textFileBytes(): number {
    let bytes = 0;
    for (const medium of this.media) if (isTextFile(medium)) bytes += medium.decodedBytes;
    return bytes;
  }

  promptText(): string {
    const words: string[] = [];
    for (const member of this.envelope.members) {
      if (READ_BY_MODEL.has(member.name)) words.push(wordsIn(JSON.parse(this.#withoutMedia(member)) as JsonValue));
    }
    for (const medium of this.media) {
      if (isTextFile(medium)) words.push(bytesOfMedium(this.body, medium).toString('utf8'));
    }
    return words.join(' ');
  }

  promptPieces(count: number, bytes: number, random: () => number): readonly Buffer[] {
    const spans: Span[] = [];
    for (const { name, valueStart: start, valueEnd: end } of this.envelope.members) {
      if (!READ_BY_MODEL.has(name)) continue;
      if (this.media.length === 0) spans.push({ start, end });
      else spans.push(...spansBeside(this.media, start, end));
    }
    return piecesOf(this.body, spans, { count, bytes, random });
  }

  promptInOrder(): readonly Buffer[] {
    return [...CACHED_FIRST, ...this.conversationMembers].flatMap((name) => {
      const member = this.member(name);
      return member === undefined ? [] : withoutMarks(this.body.subarray(member.valueStart, member.valueEnd));
    });
  }

  get hasTools(): boolean {
    return this.hasItems('tools');
  }

  get speed(): string | undefined {
    return this.text('speed');
  }

  get region(): string | undefined {
    return this.text('inference_geo');
  }

  get searchContextSize(): string | undefined {
    return this.textAt('web_search_options', 'search_context_size') ?? this.#contextSizeOfTools();
  }

  get toolKinds(): readonly string[] {
    const tools = this.member('tools');
    return tools === undefined || tools.kind === 'null' ? NO_KINDS : toolKindsIn(this.body, tools.valueStart);
  }

  get webSearches(): number {
    return this.searches(0);
  }

  get user(): string | undefined {
    return this.text('user');
  }

  get endUser(): string | undefined {
    return this.user ?? this.textAt('metadata', 'user_id');
  }

  get session(): string | undefined {
    return this.text('litellm_session_id') ?? this.textAt('metadata', 'session_id');
  }

  value(name: string, longestBytes = Number.POSITIVE_INFINITY): JsonValue | undefined {
    const member = this.member(name);
    if (member === undefined || member.valueEnd - member.valueStart > longestBytes) return undefined;
    return parseMember(this.body, member);
  }

  has(path: readonly string[]): boolean {
    const member = this.member(path[0] ?? '');
    if (member === undefined) return false;
    const span = valueAt(this.body, member.valueStart, path.slice(1));
    return span !== undefined && this.body[span.start] !== NULL;
  }

  protected member(name: string): Member | undefined {
    return memberNamed(this.envelope, name);
  }

  /** The string that a top-level member holds. */
  protected text(name: string): string | undefined {
    const member = this.member(name);
    return member?.kind === 'string' ? (parseMember(this.body, member) as string) : undefined;
  }

  /** The string at a path below a top-level member. */
  protected textAt(name: string, ...path: readonly string[]): string | undefined {
    const member = this.member(name);
    if (member?.kind !== 'object') return undefined;
    const span = valueAt(this.body, member.valueStart, path);
    return span !== undefined && this.body[span.start] === QUOTE ? (parseSpan(this.body, span) as string) : undefined;
  }

  /** Whether a member is a list with something in it. */
  protected hasItems(name: string): boolean {
    const member = this.member(name);
    return member !== undefined && (itemsOf(this.body, member.valueStart)?.count ?? 0) > 0;
  }

  /** The number that a member holds, also in quotes, which lenient providers read as one; undefined: there is something else. */
  protected count(name: string): number | 'absent' | undefined {
    const member = this.member(name);
    if (member === undefined || member.kind === 'null') return 'absent';
    return member.kind === 'number' || member.kind === 'string' ? countOf(parseMember(this.body, member)) : undefined;
  }

  /** The limit that some of these members set. Which of several counts is the provider's to say: the largest is assumed. */
  protected limitOf(names: readonly string[]): AskedLimit {
    return largestLimit(names.map((name) => this.count(name)));
  }

  /** The edits that lower each of these members that sets a limit; if none does, the last of them gets one. */
  protected lowered(names: readonly [...string[], string], cap: number): readonly Edit[] {
    const edits: Edit[] = [];
    for (const name of names) {
      const count = this.count(name);
      if (count !== 'absent') edits.push({ edit: 'replace', name, json: String(loweredLimit(count, cap)) });
    }
    return edits.length > 0 ? edits : [this.set(names[names.length - 1] as string, String(cap))];
  }

  /** The edit that gives a member this value, whether it is there or not. */
  protected set(name: string, json: string): Edit {
    return { edit: this.member(name) === undefined ? 'add' : 'replace', name, json };
  }

  /** The most searches of the web: those of tools, and those asked for otherwise. */
  protected searches(otherwise: number): number {
    return Math.min(MOST_SEARCHES, otherwise + this.#searchesOfTools());
  }

  /** How many objects in these members carry a cache mark; `inner` holds further objects. */
  protected marksIn(names: readonly string[], marks: readonly string[]): number {
    const shape: ObjectShape = { noted: marks, inner: { name: 'content' } };
    const found: true[] = [];
    for (const name of names) {
      const member = this.member(name);
      // A mark is an object in an object.
      if (member === undefined || member.depth < 2) continue;
      const read: ReadObject<true> = (values, into) => {
        if (marks.some((mark) => values.isObject(mark))) into.push(true);
      };
      walkObjects(this.body, member.valueStart, shape, read, found);
    }
    return found.length;
  }

  #expected(name: string, kind: 'string' | 'boolean'): JsonValue | undefined {
    const member = this.member(name);
    if (member === undefined || member.kind === 'null') return undefined;
    return member.kind === kind ? parseMember(this.body, member) : null;
  }

  #findMedia({ members, marks, read }: MediaRules): readonly Medium[] {
    let found: Medium[] | undefined;
    for (const member of this.envelope.members) {
      // A prompt of plain texts is not nested deep enough: most requests end here.
      const rule = member.depth === 0 ? undefined : members.get(member.name);
      if (rule === undefined || member.depth < rule.leastDepth) continue;
      if (rule.isList === true && member.kind !== 'array') continue;
      const bytes = this.body.subarray(member.valueStart, member.valueEnd);
      if (!marks.some((mark) => bytes.includes(mark)) && !bytes.includes(ESCAPED_ASCII)) continue;
      found ??= [];
      walkObjects(this.body, member.valueStart, rule.shape, read, found);
    }
    return found ?? NO_MEDIA;
  }

  /** A member's JSON with the base64 of media cut out: what is left of each is an empty string. */
  #withoutMedia({ valueStart, valueEnd }: Member): string {
    let json = '';
    let position = valueStart;
    const cuts = this.media.filter(({ start, end }) => end > start && start >= valueStart && end <= valueEnd);
    for (const { start, end } of cuts.sort((first, second) => first.start - second.start)) {
      json += this.body.toString('utf8', position, start);
      position = end;
    }
    return json + this.body.toString('utf8', position, valueEnd);
  }

  /** The largest that a tool asks for. */
  #contextSizeOfTools(): string | undefined {
    const tools = this.member('tools');
    if (tools === undefined || tools.depth === 0) return undefined;
    const found: string[] = [];
    walkObjects(this.body, tools.valueStart, SIZED_TOOL, readContextSize, found);
    return CONTEXT_SIZES.find((size) => found.includes(size)) ?? found[0];
  }

  #searchesOfTools(): number {
    const tools = this.member('tools');
    if (tools === undefined || tools.depth === 0) return 0;
    const bytes = this.body.subarray(tools.valueStart, tools.valueEnd);
    // Most tools are functions: they are not walked for this.
    if (!SEARCH_MARKS.some((mark) => bytes.includes(mark))) return 0;
    const found: number[] = [];
    walkObjects(this.body, tools.valueStart, TOOL, readSearches, found);
    return found.reduce((sum, each) => sum + each, 0);
  }
}

/** `fps` in any spelling: a lenient provider may read it in another format's place too. */
const FRAME_MARKS = [Buffer.from('fps"'), ESCAPED_ASCII];
const NULL = 0x6e;
const QUOTE = 0x22;

/** Of a tool without a limit of its own. Models rarely make more in one answer. */
export const USUAL_SEARCHES = 10;
const MOST_SEARCHES = 100;
const SEARCH_MARKS = [Buffer.from('_search'), Buffer.from('googleSearch'), ESCAPED_ASCII];
const TOOL: ObjectShape = { noted: ['type', 'max_uses', 'google_search', 'googleSearch'] };

const SIZED_TOOL: ObjectShape = { noted: ['type', 'search_context_size'] };
const CONTEXT_SIZES: readonly string[] = ['high', 'medium', 'low'];
const readContextSize: ReadObject<string> = (tool, found) => {
  const size = tool.string('search_context_size');
  if (size !== undefined && tool.string('type')?.startsWith('web_search') === true) found.push(size);
};

const readSearches: ReadObject<number> = (tool, found) => {
  if (tool.span('google_search') !== undefined || tool.span('googleSearch') !== undefined) {
    found.push(USUAL_SEARCHES);
    return;
  }
  if (tool.string('type')?.startsWith('web_search') !== true) return;
  const uses = tool.number('max_uses');
  found.push(uses !== undefined && uses >= 0 ? Math.ceil(uses) : USUAL_SEARCHES);
};
