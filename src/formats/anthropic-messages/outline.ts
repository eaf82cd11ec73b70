import { type NotedValues, type ObjectShape, walkObjects } from '../../wire/json-walk.ts';
import type { Edit } from '../../wire/splice.ts';
import { BodyOutline, type MediaRules } from '../body-outline.ts';
import { type Medium, readBlockSource, readFile } from '../medium.ts';
import type { AskedLimit } from '../outline.ts';

/** The outline of a request in Anthropic's format. */
export class AnthropicMessagesOutline extends BodyOutline {
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
    return (
      this.textAt('output_config', 'format', 'type') === 'json_schema' ||
      this.textAt('output_format', 'type') === 'json_schema'
    );
  }

  get asksForReasoning(): boolean {
    return (this.textAt('thinking', 'type') ?? 'disabled') !== 'disabled';
  }

  get asksForAudio(): boolean {
    return false;
  }

  get serviceTier(): string | undefined {
    return this.text('service_tier');
  }

  get cacheMarks(): number {
    const whole = this.member('cache_control')?.kind === 'object' ? 1 : 0;
    return whole + this.marksIn(['system', 'messages', 'tools'], ['cache_control']);
  }
}

const CONVERSATION = ['messages'];
const LIMITS = ['max_tokens'] as const;
const BLOCK: ObjectShape = { noted: ['type', 'source', 'file_id'], inner: { name: 'content' } };
const MESSAGE: ObjectShape = { noted: [], inner: { name: 'content', shape: BLOCK } };

/** A block of media, also in the result of a tool. What a tool is called with, and what a block says, is text. */
function readBlock(block: NotedValues, found: Medium[]): void {
  const content = readBlockSource(block, found);
  if (content !== undefined) walkObjects(block.bytes, content.start, BLOCK, readInnerBlock, found);
  readUpload(block, found);
}

/** A block in a document: it holds no further document. */
function readInnerBlock(block: NotedValues, found: Medium[]): void {
  readBlockSource(block, found);
  readUpload(block, found);
}

function readUpload(block: NotedValues, found: Medium[]): void {
  const upload = readFile(block, 'file_id', 'document');
  if (upload !== undefined) found.push(upload);
}

const MEDIA: MediaRules = {
  members: new Map([['messages', { isList: true, leastDepth: 3, shape: MESSAGE }]]),
  marks: ['"source"', '"file_id"'].map((mark) => Buffer.from(mark)),
  read: readBlock,
};
