import { type NotedValues, type ObjectShape, walkObjects } from '../../wire/json-walk.ts';
import type { Edit } from '../../wire/splice.ts';
import { BodyOutline, type MediaRules } from '../body-outline.ts';
import { type Medium, readFile, readMedium } from '../medium.ts';
import type { AskedLimit } from '../outline.ts';

/** The outline of a request in OpenAI's format for responses. */
export class OpenAiResponsesOutline extends BodyOutline {
  protected get mediaRules(): MediaRules {
    return MEDIA;
  }

  protected get conversationMembers(): readonly string[] {
    return CONVERSATION;
  }

  protected readLimit(): AskedLimit {
    return this.limitOf(LIMITS);
  }

  limitEdits(cap: number): readonly Edit[] {
    return this.lowered(LIMITS, Math.max(cap, SMALLEST_LIMIT));
  }

  protected readChoices(): number {
    return 1;
  }

  get asksForJsonSchema(): boolean {
    return this.textAt('text', 'format', 'type') === 'json_schema';
  }

  get asksForReasoning(): boolean {
    return (this.textAt('reasoning', 'effort') ?? 'none') !== 'none';
  }

  get asksForAudio(): boolean {
    return false;
  }

  get serviceTier(): string | undefined {
    return this.text('service_tier');
  }

  override get user(): string | undefined {
    return this.text('safety_identifier') ?? this.text('user');
  }

  override get session(): string | undefined {
    return super.session ?? this.text('prompt_cache_key');
  }

  get cacheMarks(): number {
    return this.marksIn(['input'], ['prompt_cache_breakpoint']);
  }
}

const CONVERSATION = ['input'];
const LIMITS = ['max_output_tokens'] as const;
/** OpenAI refuses a lower one (API reference, 2026-11). */
const SMALLEST_LIMIT = 16;

const PART_MEMBERS = ['type', 'image_url', 'file_data', 'file_url', 'file_id', 'input_audio', 'result'];
const PART: ObjectShape = { noted: PART_MEMBERS };
/** An item holds parts, or is a part itself: an image that was made, or the screen of a computer in its output. */
const ITEM: ObjectShape = { noted: [...PART_MEMBERS, 'output'], inner: { name: 'content', shape: PART } };

function readItem(item: NotedValues, found: Medium[]): void {
  const output = item.span('output');
  if (output !== undefined) walkObjects(item.bytes, output.start, PART, readPart, found);
  readPart(item, found);
}

/** A part with a medium's member brings that medium, whatever its `type` says. */
function readPart(part: NotedValues, found: Medium[]): void {
  const { bytes } = part;
  const add = (medium: Medium | undefined): void => {
    if (medium !== undefined) found.push(medium);
  };
  const image = part.span('image_url');
  if (image !== undefined && !part.isObject('image_url')) add(readMedium(bytes, image, 'image', undefined, 'address'));
  const audio = part.span('input_audio');
  if (audio !== undefined && part.isObject('input_audio')) {
    walkObjects(bytes, audio.start, AUDIO, readAudio, found);
  }
  const kind = part.string('type') === 'input_image' ? 'image' : 'document';
  add(
    readMedium(bytes, part.span('file_data'), kind) ??
      readMedium(bytes, part.span('file_url'), kind, undefined, 'address') ??
      readFile(part, 'file_id', kind),
  );
  if (part.string('type') === 'image_generation_call') add(readMedium(bytes, part.span('result'), 'image'));
}

const AUDIO: ObjectShape = { noted: ['data'] };
function readAudio(audio: NotedValues, found: Medium[]): void {
  const medium = readMedium(audio.bytes, audio.span('data'), 'audio');
  if (medium !== undefined) found.push(medium);
}

const MEDIA: MediaRules = {
  members: new Map([['input', { isList: true, leastDepth: 2, shape: ITEM }]]),
  marks: ['"image_url"', '"input_audio"', '"file', '"result"'].map((mark) => Buffer.from(mark)),
  read: readItem,
};
