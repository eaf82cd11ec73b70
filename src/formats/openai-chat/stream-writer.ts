/**
 * Writes a client's stream of chunks.
 *
 * This runs once for every event of a translated stream, so a chunk of text is one string put together from a cached
 * beginning, the escaped delta and a cached end; objects are built only for rare events.
 */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { AnswerFacts, ClientError, StreamWriter } from '../format.ts';
import type { Citation, StreamEvent, Usage } from '../neutral/conversation.ts';
import { writeAnnotation } from './citations.ts';
import { writeError } from './errors.ts';
import { writeFinishReason } from './finish-reasons.ts';
import { writeLogprobs } from './logprobs.ts';
import { writeUrl } from './media.ts';
import { writeGoogleSignature, writeThinkingBlock } from './thinking-blocks.ts';
import { writeUsage } from './usage.ts';
import { completionId, writeAudio, writeServiceTier } from './write-response.ts';

type Of<Type extends StreamEvent['type']> = Extract<StreamEvent, { readonly type: Type }>;

const NOT_FINISHED = '},"finish_reason":null}]}\n\n';

/** What is remembered of one choice while it is written. */
interface OpenChoice {
  /** `data: {…,"choices":[{"index":0,"delta":{`, to which members of the delta are added. */
  readonly beginning: string;
  readonly textBeginning: string;
  readonly reasoningBeginning: string;
  isFinished: boolean;
  hasCalls: boolean;
  images: number;
  textLength: number;
  /** Where the passage begins that is being written, and its sources whose place is not known before its end. */
  passage: number;
  pending: Citation[];
  /** The reasoning since the last signature: it is repeated whole in the block that carries the signature. */
  reasoning: string;
}

/** The writer of one stream. The first chunk of a choice leaves with its first content, so an early failure is still clean. */
export class OpenAiChatStreamWriter implements StreamWriter {
  readonly #facts: AnswerFacts;
  readonly #choices = new Map<number, OpenChoice>();
  /** Calls of custom tools, as `choice.call`: their arguments have another member. */
  readonly #customCalls = new Set<string>();
  #head: string | undefined;
  #start: Of<'start'> | undefined;
  #usage: Usage | undefined;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
  }

  write(event: StreamEvent): string {
    switch (event.type) {
      case 'text':
        return this.#writeText(event);
      case 'tool-arguments':
        return this.#writeArguments(event);
      case 'reasoning':
        return this.#writeReasoning(event);
      case 'start':
        this.#start = event;
        this.#usage = event.usage ?? this.#usage;
        return '';
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'finish':
        return this.#writeFinish(event);
      case 'tool-call':
        return this.#writeCall(event);
      case 'refusal':
        return this.#writeDelta(event.choice, { refusal: event.text });
      case 'reasoning-signature':
        return this.#writeSignature(event);
      case 'reasoning-redacted':
        return this.#writeDelta(event.choice, {
          thinking_blocks: [{ type: 'redacted_thinking', data: event.data }],
        });
      case 'citation':
        return this.#writeCitation(event);
      case 'media':
        return this.#writeMedia(event);
      case 'server-call':
        // Chat completions tell only the result of a search, as annotations.
        return '';
      case 'opaque':
        return this.#writeOpaque(event);
      case 'error':
      case 'end':
        // The caller answers these with fail() and end(): only it knows whether another deployment may continue the stream.
        return '';
    }
  }

  end(): string {
    let text = '';
    if (this.#choices.size === 0) text += this.#open(0).opening;
    for (const choice of this.#choices.values()) {
      if (!choice.isFinished) text += this.#finishChunk(choice, writeFinishReason('stop', choice.hasCalls), undefined);
    }
    if (this.#facts.streamUsage && this.#usage !== undefined) {
      text += `${this.#headOf()}"choices":[],"usage":${JSON.stringify(writeUsage(this.#usage))}}\n\n`;
    }
    return `${text}data: [DONE]\n\n`;
  }

  fail(error: ClientError): string {
    return `data: ${JSON.stringify(writeError(error))}\n\n`;
  }

  #writeText(event: Of<'text'>): string {
    const known = this.#choices.get(event.choice);
    const { choice, opening: opened } = known === undefined ? this.#open(event.choice) : { choice: known, opening: '' };
    const opening = event.startsPart === true ? opened + this.#endPassage(choice) : opened;
    choice.textLength += event.text.length;
    if (event.signature === undefined && event.logprobs === undefined) {
      return `${opening}${choice.textBeginning}${JSON.stringify(event.text)}${NOT_FINISHED}`;
    }
    const delta: JsonObject = { content: event.text, ...writeGoogleSignature(event.signature) };
    const logprobs = writeLogprobs(event.logprobs);
    const said = logprobs === null ? '' : `,"logprobs":${JSON.stringify(logprobs)}`;
    return `${opening}${choice.beginning}${membersOf(delta)}}${said},"finish_reason":null}]}\n\n`;
  }

  #writeReasoning(event: Of<'reasoning'>): string {
    const { choice, opening } = this.#open(event.choice);
    choice.reasoning += event.text;
    return `${opening}${choice.reasoningBeginning}${JSON.stringify(event.text)}${NOT_FINISHED}`;
  }

  #writeArguments(event: Of<'tool-arguments'>): string {
    const { choice, opening } = this.#open(event.choice);
    const member = this.#customCalls.has(`${event.choice}.${event.call}`)
      ? '"custom":{"input":'
      : '"function":{"arguments":';
    return `${opening}${choice.beginning}"tool_calls":[{"index":${event.call},${member}${JSON.stringify(event.text)}}}]${NOT_FINISHED}`;
  }

  #writeCall(event: Of<'tool-call'>): string {
    const { choice, opening } = this.#open(event.choice);
    choice.hasCalls = true;
    const call: JsonObject = event.custom
      ? { index: event.call, id: event.id, type: 'custom', custom: { name: event.name, input: '' } }
      : { index: event.call, id: event.id, type: 'function', function: { name: event.name, arguments: '' } };
    if (event.custom) this.#customCalls.add(`${event.choice}.${event.call}`);
    const signature = writeGoogleSignature(event.signature);
    return opening + this.#writeDelta(event.choice, { tool_calls: [{ ...call, ...signature }] });
  }

  #writeSignature(event: Of<'reasoning-signature'>): string {
    const { choice, opening } = this.#open(event.choice);
    const block = writeThinkingBlock({ type: 'reasoning', text: choice.reasoning, signature: event.signature });
    choice.reasoning = '';
    return opening + (block === undefined ? '' : this.#writeDelta(event.choice, { thinking_blocks: [block] }));
  }

  #writeCitation(event: Of<'citation'>): string {
    const { choice, opening } = this.#open(event.choice);
    const ended = event.startsPart === true ? this.#endPassage(choice) : '';
    // Claude names the sources of a passage before it; the others say where in the text they belong, or name them at the end.
    if (event.citation.end === undefined) choice.pending.push(event.citation);
    return opening + ended + (event.citation.end === undefined ? '' : this.#annotate(choice, [event.citation]));
  }

  #endPassage(choice: OpenChoice): string {
    const { pending } = choice;
    choice.pending = [];
    const written = this.#annotate(choice, pending);
    choice.passage = choice.textLength;
    return written;
  }

  #annotate(choice: OpenChoice, citations: readonly Citation[]): string {
    const span = { start: choice.passage, end: choice.textLength };
    const annotations = citations.map((citation) => writeAnnotation(citation, span));
    const known = annotations.filter((annotation) => annotation !== undefined);
    if (known.length === 0) return '';
    return `${choice.beginning}${membersOf({ annotations: known })}${NOT_FINISHED}`;
  }

  #writeMedia(event: Of<'media'>): string {
    const { choice, opening } = this.#open(event.choice);
    if (event.part.type === 'audio') return opening + this.#writeDelta(event.choice, { audio: writeAudio(event.part) });
    const url = writeUrl(event.part.source);
    if (url === undefined) return opening;
    const image = { type: 'image_url', image_url: { url }, index: choice.images++ };
    return opening + this.#writeDelta(event.choice, { images: [image] });
  }

  #writeOpaque(event: Of<'opaque'>): string {
    if (event.format !== 'openai-chat') return '';
    const { value } = event;
    if (value.type === 'audio') return this.#writeDelta(event.choice, { audio: value.audio });
    if (value.type === 'reasoning_details') {
      return this.#writeDelta(event.choice, { reasoning_details: value.reasoning_details });
    }
    return '';
  }

  #writeFinish(event: Of<'finish'>): string {
    const { choice, opening } = this.#open(event.choice);
    if (choice.isFinished) return opening;
    return opening + this.#finishChunk(choice, writeFinishReason(event.finish.reason, choice.hasCalls), event.logprobs);
  }

  #finishChunk(choice: OpenChoice, reason: string, logprobs: JsonValue | undefined): string {
    const cited = this.#endPassage(choice);
    choice.isFinished = true;
    const written = writeLogprobs(logprobs);
    const said = written === null ? '' : `,"logprobs":${JSON.stringify(written)}`;
    return `${cited}${choice.beginning}}${said},"finish_reason":"${reason}"}]}\n\n`;
  }

  /** A chunk with any delta: for events that are rare. */
  #writeDelta(index: number, delta: JsonObject): string {
    const { choice, opening } = this.#open(index);
    return `${opening}${choice.beginning}${membersOf(delta)}${NOT_FINISHED}`;
  }

  /** The choice, and, on its first event, the chunk that opens it. */
  #open(index: number): { readonly choice: OpenChoice; readonly opening: string } {
    const known = this.#choices.get(index);
    if (known !== undefined) return { choice: known, opening: '' };
    const beginning = `${this.#headOf()}"choices":[{"index":${index},"delta":{`;
    const choice: OpenChoice = {
      beginning,
      textBeginning: `${beginning}"content":`,
      reasoningBeginning: `${beginning}"reasoning_content":`,
      isFinished: false,
      hasCalls: false,
      images: 0,
      textLength: 0,
      passage: 0,
      pending: [],
      reasoning: '',
    };
    this.#choices.set(index, choice);
    return { choice, opening: `${beginning}"role":"assistant","content":""${NOT_FINISHED}` };
  }

  #headOf(): string {
    if (this.#head !== undefined) return this.#head;
    const members: JsonObject = {
      id: completionId(this.#start?.id, this.#facts),
      object: 'chat.completion.chunk',
      created: this.#start?.createdSeconds ?? this.#facts.createdSeconds,
      model: this.#facts.model,
    };
    const tier = writeServiceTier(this.#start?.serviceTier);
    if (tier !== undefined) members.service_tier = tier;
    if (this.#start?.systemFingerprint !== undefined) members.system_fingerprint = this.#start.systemFingerprint;
    this.#head = `data: {${membersOf(members)},`;
    return this.#head;
  }
}

/** The members of an object as JSON, without its braces. */
function membersOf(object: JsonObject): string {
  return JSON.stringify(object).slice(1, -1);
}
