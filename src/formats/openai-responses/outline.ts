import { type NotedValues, type ObjectShape, walkObjects } from '../../wire/json-walk.ts';
import type { Edit } from '../../wire/splice.ts';
import { BodyOutline, type MediaRules } from '../body-outline.ts';
import { type Medium, readFile, readMedium } from '../medium.ts';
import { PART, readPart } from '../openai-chat/outline.ts';
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
    return this.lowered(LIMITS, cap);
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
/** An item holds parts, or is a part itself: an image that a model made, or what a tool puts out. */
const ITEM: ObjectShape = { noted: [...PART.noted, 'output', 'result', 'id'], inner: { name: 'content', shape: PART } };

function readItem(item: NotedValues, found: Medium[]): void {
  const output = item.span('output');
  if (output !== undefined) walkObjects(item.bytes, output.start, PART, readPart, found);
  if (item.string('type') === 'image_generation_call') {
    // Without its result the provider takes the image that it has.
    const image = readMedium(item.bytes, item.span('result'), 'image') ?? readFile(item, 'id', 'image');
    if (image !== undefined) found.push(image);
  }
  readPart(item, found);
}

/** The parts of an item are visited before it: what is a part has none of an item's members. */
const MEDIA: MediaRules = {
  members: new Map([['input', { leastDepth: 1, shape: ITEM }]]),
  marks: ['_url"', '"input_audio"', '"file', '"source"', '"result"', '"image_generation_call"'].map((mark) =>
    Buffer.from(mark),
  ),
  read: readItem,
};
