import {
  membersAt,
  type NotedValues,
  type ObjectShape,
  type Span,
  valueAt,
  walkObjects,
} from '../../wire/json-walk.ts';
import type { Edit } from '../../wire/splice.ts';
import { BodyOutline, type MediaRules, USUAL_SEARCHES } from '../body-outline.ts';
import type { MediumKind } from '../media-signature.ts';
import { type Medium, readBlockSource, readFile, readMedium } from '../medium.ts';
import type { AskedLimit } from '../outline.ts';

/** The largest number of choices that is believed; only here so that a count stays one. */
const MOST_CHOICES = 1_000_000;

/** The outline of a request in OpenAI's format for chat; its older formats share most of it. */
export class OpenAiChatOutline extends BodyOutline {
  protected get mediaRules(): MediaRules | undefined {
    return MEDIA;
  }

  protected get conversationMembers(): readonly string[] {
    return CONVERSATION;
  }

  override get streamUsage(): boolean {
    const options = this.member('stream_options');
    const usage = options?.kind === 'object' ? valueAt(this.body, options.valueStart, ['include_usage']) : undefined;
    return usage !== undefined && this.body[usage.start] === TRUE;
  }

  protected readLimit(): AskedLimit {
    return this.limitOf(LIMITS);
  }

  limitEdits(cap: number): readonly Edit[] {
    return this.lowered(LIMITS, cap);
  }

  protected readChoices(): number {
    let each = 1;
    for (const name of CHOICES) {
      const count = this.count(name);
      if (typeof count === 'number' && count > each) each = count;
    }
    return Math.min(Math.ceil(each) * this.prompts, MOST_CHOICES);
  }

  /** How many prompts the request has: each gets answers of its own. */
  protected get prompts(): number {
    return 1;
  }

  override get hasTools(): boolean {
    return this.hasItems('tools') || this.hasItems('functions');
  }

  get asksForJsonSchema(): boolean {
    return (
      this.textAt('response_format', 'type') === 'json_schema' ||
      this.textAt('text', 'format', 'type') === 'json_schema'
    );
  }

  /** OpenAI's `reasoning_effort`, OpenRouter's `reasoning` and LiteLLM's `thinking`; each of them can also ask for none. */
  get asksForReasoning(): boolean {
    const effort = this.text('reasoning_effort') ?? 'none';
    const reasoning = this.textAt('reasoning', 'effort') ?? 'none';
    const thinking = this.textAt('thinking', 'type') ?? 'disabled';
    return effort !== 'none' || reasoning !== 'none' || thinking !== 'disabled';
  }

  get asksForAudio(): boolean {
    return this.member('audio') !== undefined || this.member('modalities') !== undefined;
  }

  get serviceTier(): string | undefined {
    return this.text('service_tier');
  }

  override get webSearches(): number {
    const options = this.member('web_search_options');
    const own = options === undefined || options.kind === 'null' ? 0 : USUAL_SEARCHES;
    return this.searches(own);
  }

  get cacheMarks(): number {
    return this.marksIn(['messages', 'tools'], ['cache_control', 'prompt_cache_breakpoint']);
  }
}

const TRUE = 0x74;
const CONVERSATION = ['messages', 'input', 'prompt'];
const LIMITS = ['max_completion_tokens', 'max_tokens'] as const;
const CHOICES = ['n', 'best_of'] as const;

/** Members of a part that hold one medium: a string, or an object with its address. */
const ADDRESSED: readonly (readonly [name: string, kind: MediumKind])[] = [
  ['image_url', 'image'],
  ['video_url', 'video'],
  ['audio_url', 'audio'],
];

const PART_MEMBERS = [
  'type',
  'image_url',
  'video_url',
  'audio_url',
  'input_audio',
  'file',
  'source',
  'file_data',
  'file_url',
  'file_id',
];

const FILE_MEMBERS = ['file_data', 'file_url', 'file_id', 'format'];

/**
 * A part with a medium's member brings that medium, whatever its `type` says: some servers look at the members only, and no
 * server takes text from them.
 */
export function readPart(part: NotedValues, found: Medium[]): void {
  const content = readBlockSource(part, found);
  if (content !== undefined) walkObjects(part.bytes, content.start, PART, readInnerPart, found);
  readOwnMedia(part, found);
}

/** A part in a document: it holds no further document. */
function readInnerPart(part: NotedValues, found: Medium[]): void {
  readBlockSource(part, found);
  readOwnMedia(part, found);
}

function readOwnMedia(part: NotedValues, found: Medium[]): void {
  const { bytes } = part;
  const add = (medium: Medium | undefined): void => {
    if (medium !== undefined) found.push(medium);
  };
  for (const [name, kind] of ADDRESSED)
    add(readMedium(bytes, stringOrMember(part, name, 'url'), kind, undefined, 'address'));
  const audio = part.span('input_audio');
  if (audio !== undefined) {
    const values = membersAt(bytes, audio.start, ['data', 'format']);
    add(readMedium(bytes, values?.span('data'), 'audio'));
  }
  const file = part.span('file');
  if (file !== undefined) add(fileIn(membersAt(bytes, file.start, FILE_MEMBERS), 'document'));
  add(fileIn(part, part.string('type') === 'input_image' ? 'image' : 'document'));
}

function readMessage(message: NotedValues, found: Medium[]): void {
  const sound = message.span('audio');
  const values = sound === undefined ? undefined : membersAt(message.bytes, sound.start, ['id']);
  const medium = values === undefined ? undefined : readFile(values, 'id', 'audio');
  if (medium !== undefined) found.push(medium);
  readPart(message, found);
}

function fileIn(values: NotedValues | undefined, kind: MediumKind): Medium | undefined {
  if (values === undefined) return undefined;
  const given = values.string('format');
  return (
    readMedium(values.bytes, values.span('file_data'), kind, given) ??
    readMedium(values.bytes, values.span('file_url'), kind, given, 'address') ??
    readFile(values, 'file_id', kind, given)
  );
}

function stringOrMember(part: NotedValues, name: string, member: string): Span | undefined {
  const span = part.span(name);
  if (span === undefined || !part.isObject(name)) return span;
  return membersAt(part.bytes, span.start, [member])?.span(member);
}

/** A part of a message. */
export const PART: ObjectShape = { noted: PART_MEMBERS, inner: { name: 'content' } };
/** A message may name a sound that the model made before: the provider has it, and counts it again. */
const MESSAGE: ObjectShape = { noted: ['audio'], inner: { name: 'content', shape: PART } };

const MEDIA: MediaRules = {
  members: new Map([
    ['messages', { isList: true, leastDepth: 3, shape: MESSAGE }],
    // Embeddings are made of parts, or of messages.
    ['input', { leastDepth: 1, shape: PART }],
  ]),
  marks: ['_url"', 'audio"', '"file', '"source"'].map((mark) => Buffer.from(mark)),
  read: readMessage,
};
