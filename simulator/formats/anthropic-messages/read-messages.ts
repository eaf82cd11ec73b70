import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { isSignatureOf } from '../../answering/signature.ts';
import { countTokens } from '../../answering/tokens.ts';
import { type CacheMark, isOutOfOrder, lookBack } from '../../prompt-cache/caching.ts';
import { invalid } from '../errors.ts';
import { checkBlock, checkCacheControl, checkSource } from './blocks.ts';
import { checkSearchBlock, checkSearchPairs } from './web-search.ts';

/** What a prompt says, gathered in Anthropic's own order: tools, system, messages. */
interface Prompt {
  readonly text: string;
  readonly tokens: number;
  readonly marks: readonly CacheMark[];
  /** Where entries of a cache may be found, in characters. */
  readonly foundAt: readonly number[];
  /** Where tools and system end and messages begin, in characters. */
  readonly headCharacters: number;
  readonly lastUserText: string;
  readonly toolResults: readonly string[];
}

const IMAGE_TOKENS = 85;
const MESSAGE_TOKENS = 4;
const MOST_MARKS = 4;

/** Gathers a prompt and refuses what Anthropic refuses, in its words. */
export class PromptReader {
  #text = '';
  #tokens = 0;
  #marks: CacheMark[] = [];
  /** Where blocks end: entries of a cache lie there. */
  readonly #blocks: number[] = [];
  #headCharacters = 0;
  #lastUserText = '';
  #toolResults: string[] = [];
  /** Tool calls of the previous assistant turn that wait for their results. */
  #open = new Set<string>();

  add(text: string): void {
    this.#text += text;
  }

  /** A block of the prompt that may be marked. */
  block(text: string, control: JsonValue | undefined): void {
    this.add(text);
    this.#blocks.push(this.#text.length);
    this.mark(control);
  }

  /** A mark at the end of the last block. */
  mark(control: JsonValue | undefined): void {
    if (!isJsonObject(control)) return;
    this.#marks.push({ characters: this.#blocks.at(-1) ?? 0, ttl: control.ttl === '1h' ? '1h' : '5m' });
    if (this.#marks.length > MOST_MARKS) {
      throw invalid(
        `A maximum of ${MOST_MARKS} blocks with cache_control may be provided. Found ${this.#marks.length}.`,
      );
    }
    // As Anthropic says it (https://github.com/BerriAI/litellm/issues/14063, read 2026-11-29).
    if (isOutOfOrder(this.#marks)) {
      throw invalid(
        "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
      );
    }
  }

  readSystem(system: JsonValue | undefined): void {
    if (system === undefined || system === null) return;
    if (typeof system === 'string') {
      this.block(`system: ${system}\n`, undefined);
      return;
    }
    if (!Array.isArray(system)) throw invalid('system: Input should be a valid string');
    system.forEach((block, index) => {
      const checked = checkBlock(block, `system.${index}`);
      if (checked.type !== 'text') throw invalid(`system.${index}.type: Input should be 'text'`);
      if (typeof checked.text !== 'string') throw invalid(`system.${index}.text.text: Field required`);
      if (checked.text === '') throw invalid('system: text content blocks must be non-empty');
      this.block(`system: ${checked.text}\n`, checked.cache_control);
    });
  }

  readMessages(messages: JsonValue | undefined, isThinking: boolean): void {
    this.#headCharacters = this.#text.length;
    if (messages === undefined) throw invalid('messages: Field required');
    if (!Array.isArray(messages)) throw invalid('messages: Input should be a valid list');
    if (messages.length === 0) throw invalid('messages: at least one message is required');
    messages.forEach((message, index) => {
      this.#readMessage(message, index, index === messages.length - 1);
    });
    if (this.#open.size > 0) this.#missingResults(messages.length);
    if (isThinking) requireThinking(messages);
  }

  finish(): Prompt {
    return {
      text: this.#text,
      tokens: this.#tokens + countTokens(this.#text),
      marks: this.#marks,
      foundAt: lookBack(this.#marks, this.#blocks),
      headCharacters: this.#headCharacters,
      lastUserText: this.#lastUserText,
      toolResults: this.#toolResults,
    };
  }

  #readMessage(message: JsonValue, index: number, isLast: boolean): void {
    const at = `messages.${index}`;
    if (!isJsonObject(message))
      throw invalid(`${at}: Input should be a valid dictionary or object to extract fields from`);
    const { role, content } = message;
    if (role === undefined) throw invalid(`${at}.role: Field required`);
    if (role === 'system' && index === 0) {
      throw invalid(
        `messages: Unexpected role "system". The Messages API accepts a top-level \`system\` parameter, not "system" as an input message role.`,
      );
    }
    if (role !== 'user' && role !== 'assistant' && role !== 'system') {
      throw invalid(`messages: Unexpected role "${String(role)}". Allowed roles are "user" or "assistant"`);
    }
    if (index === 0 && role !== 'user') throw invalid('messages: first message must use the "user" role');
    const extra = Object.keys(message).find((name) => name !== 'role' && name !== 'content');
    if (extra !== undefined) throw invalid(`${at}.${extra}: Extra inputs are not permitted`);
    if (content === undefined || content === null) throw invalid(`${at}.content: Field required`);
    if (this.#open.size > 0 && role === 'user' && !holdsResults(content)) this.#missingResults(index);
    this.#tokens += MESSAGE_TOKENS;
    this.add(`${role}: `);
    if (role === 'user') this.#toolResults = [];
    const text = this.#content(content, role, at, isLast);
    if (role === 'user') {
      // Turns of one role after another are joined into one, as Anthropic has done since 2024.
      if (this.#open.size > 0) this.#missingResults(index);
      this.#lastUserText = text !== '' || this.#toolResults.length === 0 ? text : this.#lastUserText;
    }
    this.add('\n');
  }

  #content(content: JsonValue, role: string, at: string, isLast: boolean): string {
    const mayBeEmpty = isLast && role === 'assistant';
    if (typeof content === 'string') {
      if (content === '' && !mayBeEmpty) throw this.#emptyContent(at);
      if (mayBeEmpty && /\s$/.test(content))
        throw invalid('messages: final assistant content cannot end with trailing whitespace');
      // The same as one block of text.
      this.block(`${content} `, undefined);
      return content;
    }
    if (!Array.isArray(content)) throw invalid(`${at}.content: Input should be a valid list`);
    if (content.length === 0 && !mayBeEmpty) throw this.#emptyContent(at);
    checkSearchPairs(content, at);
    return content.map((block, index) => this.#block(block, role, `${at}.content.${index}`)).join('');
  }

  #emptyContent(at: string): Error {
    return invalid(`${at}: all messages must have non-empty content except for the optional final assistant message`);
  }

  #block(value: JsonValue, role: string, at: string): string {
    const block = checkBlock(value, at);
    checkSearchBlock(block, at);
    const text = this.#blockText(block, role, at);
    this.block(`${text} `, block.cache_control);
    return block.type === 'text' ? text : '';
  }

  #blockText(block: JsonObject & { type: string }, role: string, at: string): string {
    switch (block.type) {
      case 'text':
        if (typeof block.text !== 'string') throw invalid(`${at}.text.text: Field required`);
        if (block.text === '') throw invalid('messages: text content blocks must be non-empty');
        if (block.text.trim() === '') throw invalid('messages: text content blocks must contain non-whitespace text');
        return block.text;
      case 'image':
      case 'document':
        if (role !== 'user') throw invalid(`${at}: \`${block.type}\` blocks can only be in \`user\` messages`);
        checkSource(block.source, `${at}.${block.type}`, block.type);
        this.#tokens += IMAGE_TOKENS;
        return `[${block.type}]`;
      case 'thinking':
        return this.#thinking(block, role, at);
      case 'tool_use':
        return this.#toolUse(block, role, at);
      case 'tool_result':
        return this.#toolResult(block, role, at);
      default:
        return JSON.stringify(block);
    }
  }

  #thinking(block: JsonObject, role: string, at: string): string {
    if (role !== 'assistant') throw invalid(`${at}: \`thinking\` blocks can only be in \`assistant\` messages`);
    if (typeof block.thinking !== 'string') throw invalid(`${at}.thinking.thinking: Field required`);
    if (typeof block.signature !== 'string') throw invalid(`${at}.thinking.signature: Field required`);
    if (!isSignatureOf(block.thinking, block.signature))
      throw invalid(`${at}: Invalid \`signature\` in \`thinking\` block`);
    return block.thinking;
  }

  #toolUse(block: JsonObject, role: string, at: string): string {
    if (role !== 'assistant') throw invalid(`${at}: \`tool_use\` blocks can only be in \`assistant\` messages`);
    if (typeof block.id !== 'string') throw invalid(`${at}.tool_use.id: Field required`);
    if (!/^[a-zA-Z0-9_-]+$/.test(block.id))
      throw invalid(`${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
    if (typeof block.name !== 'string') throw invalid(`${at}.tool_use.name: Field required`);
    if (!isJsonObject(block.input)) throw invalid(`${at}.tool_use.input: Input should be a valid dictionary`);
    if (this.#open.has(block.id)) throw invalid(`messages: \`tool_use\` ids must be unique`);
    this.#open.add(block.id);
    return `call ${block.name} ${JSON.stringify(block.input)}`;
  }

  #toolResult(block: JsonObject, role: string, at: string): string {
    if (role !== 'user') throw invalid(`${at}: \`tool_result\` blocks can only be in \`user\` messages`);
    const id = block.tool_use_id;
    if (typeof id !== 'string') throw invalid(`${at}.tool_result.tool_use_id: Field required`);
    if (!this.#open.delete(id)) {
      throw invalid(
        `${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    const { content } = block;
    let text = '';
    if (typeof content === 'string') text = content;
    else if (Array.isArray(content)) {
      text = content.map((part, index) => this.#resultPart(part, `${at}.tool_result.content.${index}`)).join('');
    } else if (content !== undefined && content !== null) {
      throw invalid(`${at}.tool_result.content: Input should be a valid string`);
    }
    this.#toolResults.push(text);
    return text;
  }

  #resultPart(value: JsonValue, at: string): string {
    const block = checkBlock(value, at);
    if (block.type === 'text') return typeof block.text === 'string' ? block.text : '';
    if (block.type === 'image' || block.type === 'document')
      checkSource(block.source, `${at}.${block.type}`, block.type);
    this.#tokens += IMAGE_TOKENS;
    return `[${block.type}]`;
  }

  #missingResults(index: number): never {
    throw invalid(
      `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${[...this.#open].join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    );
  }
}

const holdsResults = (content: JsonValue): boolean =>
  Array.isArray(content) && content.some((block) => isJsonObject(block) && block.type === 'tool_result');

/** With thinking on, a turn that calls tools must still begin with its thinking when the results come back. */
function requireThinking(messages: readonly JsonValue[]): void {
  const last = messages.at(-1);
  const previous = messages.at(-2);
  if (!isJsonObject(last) || !isJsonObject(previous) || last.content === undefined || previous.role !== 'assistant')
    return;
  if (!holdsResults(last.content) || !Array.isArray(previous.content)) return;
  const [first] = previous.content;
  const type = isJsonObject(first) ? String(first.type) : '';
  if (type === 'thinking' || type === 'redacted_thinking') return;
  throw invalid(
    `messages.${messages.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). To avoid this requirement, disable \`thinking\`.`,
  );
}

/** Checks the one mark that may stand at the top of a request. */
export function topMark(body: JsonObject): JsonValue | undefined {
  checkCacheControl(body.cache_control, 'root');
  return body.cache_control;
}
