/** The stream of a Gemini client: every event an answer of its own that holds what is new; the last one tells why it ended. */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { AnswerFacts, ClientError, StreamWriter } from '../format.ts';
import type { Citation, Finish, StreamEvent, ToolCallPart, Usage } from '../neutral/conversation.ts';
import type { ServerCallPart } from '../neutral/server-tools.ts';
import { withSignature, writeAnswerPart, writeFunctionCall, writeRedacted } from './answer-writer.ts';
import { ofPassage, writeGrounding } from './citations.ts';
import { writeCodeStep } from './code-execution.ts';
import { writeError } from './errors.ts';
import { writeFinish } from './finish.ts';
import { joinLogprobs, writeLogprobs } from './logprobs.ts';
import { carrySignature } from './signatures.ts';
import { writeUsage } from './usage.ts';
import { writeTime } from './write-response.ts';

/** What is held back for one candidate until it can be said whole. */
interface OpenCandidate {
  readonly calls: Map<number, ToolCallPart>;
  readonly citations: Citation[];
  /** Whether the client has a part of it. */
  isBegun: boolean;
  readonly queries: string[];
  /** Where the passage begins that is being written, and its sources. */
  passage: number;
  pending: Citation[];
  text: string;
  finish: Finish | undefined;
  logprobs: JsonValue | undefined;
}

/** Opens a writer for one stream. */
export function openStreamWriter(facts: AnswerFacts): StreamWriter {
  return new GeminiStreamWriter(facts);
}

class GeminiStreamWriter implements StreamWriter {
  readonly #facts: AnswerFacts;
  readonly #candidates = new Map<number, OpenCandidate>();
  #id: string;
  #createTime: string;
  #usage: Usage | undefined;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
    this.#id = facts.id;
    this.#createTime = writeTime(facts.createdSeconds);
  }

  write(event: StreamEvent): string {
    switch (event.type) {
      case 'start':
        if (event.id !== undefined && event.id !== '') this.#id = event.id;
        if (event.createdSeconds !== undefined) this.#createTime = writeTime(event.createdSeconds);
        this.#usage = event.usage;
        return '';
      case 'text':
        return this.#writeText(event);
      case 'refusal':
        return this.#part(event.choice, { text: event.text });
      case 'reasoning':
        return this.#part(event.choice, { text: event.text, thought: true });
      case 'reasoning-signature':
        return this.#part(event.choice, { text: '', thought: true, thoughtSignature: carrySignature(event.signature) });
      case 'reasoning-redacted':
        return this.#part(event.choice, writeRedacted(event.data));
      case 'tool-call': {
        const { choice, call, id, name, signature, custom } = event;
        this.#candidate(choice).calls.set(call, {
          type: 'tool-call',
          id,
          name,
          arguments: '',
          ...(signature === undefined ? {} : { signature }),
          ...(custom === undefined ? {} : { custom }),
        });
        return '';
      }
      case 'tool-arguments': {
        const { calls } = this.#candidate(event.choice);
        const call = calls.get(event.call);
        if (call !== undefined) calls.set(event.call, { ...call, arguments: call.arguments + event.text });
        return '';
      }
      case 'citation': {
        const candidate = this.#candidate(event.choice);
        if (event.startsPart === true) endPassage(candidate);
        candidate.pending.push(event.citation);
        return '';
      }
      case 'media': {
        const media = writeAnswerPart(event.part);
        return media === undefined ? '' : this.#part(event.choice, media);
      }
      case 'server-call':
        return this.#writeServerCall(event.choice, event.part);
      case 'opaque':
        return event.format === 'gemini-generate' ? this.#part(event.choice, event.value) : '';
      case 'finish': {
        const candidate = this.#candidate(event.choice);
        candidate.finish = event.finish;
        candidate.logprobs = joinLogprobs(candidate.logprobs, event.logprobs);
        return '';
      }
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'error':
      case 'end':
        // The caller says how the stream closes, by `fail` or `end`.
        return '';
    }
  }

  end(): string {
    const candidates = [...this.#candidates].map(([index, candidate]): JsonObject => {
      endPassage(candidate);
      const grounding = writeGrounding(candidate.citations, candidate.text, candidate.queries);
      return {
        content: { parts: lastParts(candidate, this.#takeCalls(candidate)), role: 'model' },
        ...(candidate.finish === undefined ? {} : writeFinish(candidate.finish)),
        index,
        ...(grounding === undefined ? {} : { groundingMetadata: grounding }),
        ...writeLogprobs(candidate.logprobs),
      };
    });
    return this.#frame(candidates);
  }

  fail(error: ClientError): string {
    return `data: ${JSON.stringify(writeError(error))}\n\n`;
  }

  #writeText(event: Extract<StreamEvent, { type: 'text' }>): string {
    const candidate = this.#candidate(event.choice);
    if (event.startsPart === true) endPassage(candidate);
    candidate.text += event.text;
    candidate.logprobs = joinLogprobs(candidate.logprobs, event.logprobs);
    if (event.text === '' && event.signature === undefined) return '';
    return this.#part(event.choice, withSignature({ text: event.text }, event.signature));
  }

  /** Searches stand beside the parts, code among them. */
  #writeServerCall(choice: number, part: ServerCallPart): string {
    if (part.tool === 'web-search') {
      this.#candidate(choice).queries.push(...(part.queries ?? []));
      return '';
    }
    return writeCodeStep(part)
      .map((written) => this.#part(choice, written))
      .join('');
  }

  #candidate(index: number): OpenCandidate {
    let candidate = this.#candidates.get(index);
    if (candidate === undefined) {
      candidate = {
        calls: new Map(),
        citations: [],
        isBegun: false,
        queries: [],
        passage: 0,
        pending: [],
        text: '',
        finish: undefined,
        logprobs: undefined,
      };
      this.#candidates.set(index, candidate);
    }
    return candidate;
  }

  /** Gemini clients get a call whole, so it waits for its arguments: other formats may write those of several calls in turn. */
  #takeCalls({ calls }: OpenCandidate): JsonObject[] {
    const parts = [...calls.values()].map(writeFunctionCall);
    calls.clear();
    return parts;
  }

  #part(choice: number, part: JsonObject): string {
    const candidate = this.#candidate(choice);
    candidate.isBegun = true;
    const parts = [...this.#takeCalls(candidate), part];
    return this.#frame([{ content: { parts, role: 'model' }, index: choice }]);
  }

  #frame(candidates: JsonObject[]): string {
    const body: JsonObject = {
      candidates,
      ...(this.#usage === undefined ? {} : { usageMetadata: writeUsage(this.#usage) }),
      modelVersion: this.#facts.model,
      createTime: this.#createTime,
      responseId: this.#id,
    };
    return `data: ${JSON.stringify(body)}\n\n`;
  }
}

/**
 * An empty text at the end of what was said, as Gemini writes it: Google's packages take an event without parts for a broken answer, and
 * leave the whole turn out of what their chats send next (@google/genai 3.1.0, 2026-11-29).
 */
function lastParts({ isBegun }: OpenCandidate, calls: JsonObject[]): JsonObject[] {
  return calls.length === 0 && isBegun ? [{ text: '' }] : calls;
}

/** Claude names the sources of a passage before it: where they belong is known when it is over. */
function endPassage(candidate: OpenCandidate): void {
  const { pending, passage, text } = candidate;
  candidate.citations.push(...pending.map((citation) => ofPassage(citation, passage, text.length)));
  candidate.pending = [];
  candidate.passage = text.length;
}
