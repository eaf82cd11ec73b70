import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { countTokens } from '../../answering/tokens.ts';
import { invalid } from '../errors.ts';

/** What the messages of a chat say. */
interface Messages {
  readonly prompt: string;
  readonly promptTokens: number;
  readonly lastUserText: string;
  readonly toolResults: readonly string[];
  readonly lastRole: string;
  /** Where messages end, and where parts with a breakpoint do, in characters. */
  readonly ends: readonly number[];
  readonly breakpoints: readonly number[];
}

const ROLES = ['developer', 'system', 'user', 'assistant', 'tool', 'function'];
/** An image counts a flat sum, as low-detail images do with OpenAI. */
const IMAGE_TOKENS = 85;
const MESSAGE_TOKENS = 4;

/** Reads and checks the messages of a chat as OpenAI does, with its error messages. */
export function readMessages(value: JsonValue | undefined): Messages {
  if (value === undefined)
    throw invalid("Missing required parameter: 'messages'.", { param: 'messages', code: 'missing_required_parameter' });
  if (!Array.isArray(value)) {
    throw invalid(`Invalid type for 'messages': expected an array of objects, but got ${typeName(value)} instead.`, {
      param: 'messages',
      code: 'invalid_type',
    });
  }
  if (value.length === 0) {
    throw invalid(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      {
        param: 'messages',
        code: 'empty_array',
      },
    );
  }
  const reader = new MessagesReader();
  value.forEach((message, index) => {
    reader.read(message, index);
  });
  return reader.finish();
}

class MessagesReader {
  #prompt = '';
  #tokens = 0;
  #lastUserText = '';
  #lastRole = '';
  #results: string[] = [];
  readonly #ends: number[] = [];
  readonly #breakpoints: number[] = [];
  #open = new Map<string, number>();

  read(message: JsonValue, index: number): void {
    const at = `messages[${index}]`;
    if (!isJsonObject(message)) {
      throw invalid(`Invalid type for '${at}': expected an object, but got ${typeName(message)} instead.`, {
        param: at,
        code: 'invalid_type',
      });
    }
    const { role } = message;
    if (role === undefined)
      throw invalid(`Missing required parameter: '${at}.role'.`, {
        param: `${at}.role`,
        code: 'missing_required_parameter',
      });
    if (typeof role !== 'string' || !ROLES.includes(role)) {
      throw invalid(
        `Invalid value: '${String(role)}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`,
        { param: `${at}.role`, code: 'invalid_value' },
      );
    }
    if (role !== 'tool') this.#requireResults(index);
    const breakpoints: number[] = [];
    const text = this.#content(message, role, at, breakpoints);
    if (role === 'tool') this.#result(message, text, index);
    else this.#results = [];
    if (role === 'assistant') this.#calls(message, at);
    if (role === 'user') this.#lastUserText = text;
    this.#lastRole = role;
    const begin = this.#prompt.length + role.length + 2;
    for (const characters of breakpoints) this.#breakpoints.push(begin + characters);
    this.#add(`${role}: ${text}\n`);
    this.#ends.push(this.#prompt.length);
    this.#tokens += MESSAGE_TOKENS;
  }

  finish(): Messages {
    this.#requireResults(Number.POSITIVE_INFINITY);
    return {
      prompt: this.#prompt,
      promptTokens: this.#tokens + countTokens(this.#prompt),
      lastUserText: this.#lastUserText,
      toolResults: this.#results,
      lastRole: this.#lastRole,
      ends: this.#ends,
      breakpoints: this.#breakpoints,
    };
  }

  #content(message: JsonObject, role: string, at: string, breakpoints: number[]): string {
    const { content } = message;
    if (typeof content === 'string') return content;
    if (content === null || content === undefined) {
      if (role === 'assistant') return '';
      throw invalid(`Invalid value for 'content': expected a string, got null.`, { param: `${at}.content` });
    }
    if (!Array.isArray(content)) {
      throw invalid(
        `Invalid type for '${at}.content': expected one of a string or array of objects, but got ${typeName(content)} instead.`,
        {
          param: `${at}.content`,
          code: 'invalid_type',
        },
      );
    }
    let text = '';
    content.forEach((part, index) => {
      text += this.#part(part, role, `${at}.content[${index}]`);
      if (isJsonObject(part) && isJsonObject(part.prompt_cache_breakpoint)) breakpoints.push(text.length);
    });
    return text;
  }

  #part(part: JsonValue, role: string, at: string): string {
    const type = isJsonObject(part) ? part.type : undefined;
    if (!isJsonObject(part) || typeof type !== 'string') {
      throw invalid(`Missing required parameter: '${at}.type'.`, {
        param: `${at}.type`,
        code: 'missing_required_parameter',
      });
    }
    switch (type) {
      case 'text':
        if (typeof part.text === 'string') return part.text;
        throw invalid(`Missing required parameter: '${at}.text'.`, {
          param: `${at}.text`,
          code: 'missing_required_parameter',
        });
      case 'refusal':
        return typeof part.refusal === 'string' ? part.refusal : '';
      case 'image_url':
        if (role !== 'user') {
          throw invalid(
            `Invalid 'messages'. Image URLs are only allowed for messages with role 'user', but this message with role '${role}' contains an image URL.`,
            { param: at, code: 'invalid_value' },
          );
        }
        if (!isJsonObject(part.image_url) || typeof part.image_url.url !== 'string') {
          throw invalid(
            `Invalid type for '${at}.image_url': expected an object, but got ${typeName(part.image_url)} instead.`,
            {
              param: `${at}.image_url`,
              code: 'invalid_type',
            },
          );
        }
        this.#tokens += IMAGE_TOKENS;
        return `[image ${part.image_url.url.slice(0, 64)}]`;
      case 'input_audio':
      case 'file':
      case 'video_url':
        this.#tokens += IMAGE_TOKENS;
        return `[${type}]`;
      default:
        throw invalid(
          `Invalid value: '${type}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'.`,
          { param: `${at}.type`, code: 'invalid_value' },
        );
    }
  }

  #calls(message: JsonObject, at: string): void {
    const calls = message.tool_calls;
    if (calls === undefined || calls === null) {
      if (message.content === null || message.content === undefined) {
        if (message.function_call === undefined && message.audio === undefined && message.refusal === undefined) {
          throw invalid(`Invalid value for 'content': expected a string, got null.`, { param: `${at}.content` });
        }
      }
      return;
    }
    if (!Array.isArray(calls) || calls.length === 0) {
      throw invalid(
        `Invalid '${at}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
        {
          param: `${at}.tool_calls`,
          code: 'empty_array',
        },
      );
    }
    calls.forEach((call, index) => {
      const place = `${at}.tool_calls[${index}]`;
      if (!isJsonObject(call) || typeof call.id !== 'string') {
        throw invalid(`Missing required parameter: '${place}.id'.`, {
          param: `${place}.id`,
          code: 'missing_required_parameter',
        });
      }
      const called = isJsonObject(call.function) ? call.function : call.custom;
      if (!isJsonObject(called) || typeof called.name !== 'string') {
        throw invalid(`Missing required parameter: '${place}.function'.`, {
          param: `${place}.function`,
          code: 'missing_required_parameter',
        });
      }
      const given = called.arguments ?? called.input;
      if (typeof given !== 'string') {
        throw invalid(
          `Invalid type for '${place}.function.arguments': expected a string, but got ${typeName(given)} instead.`,
          {
            param: `${place}.function.arguments`,
            code: 'invalid_type',
          },
        );
      }
      this.#open.set(call.id, index);
      this.#add(`call ${called.name} ${given}\n`);
    });
  }

  #result(message: JsonObject, text: string, index: number): void {
    const id = message.tool_call_id;
    if (typeof id !== 'string') {
      throw invalid(`Missing required parameter: 'messages[${index}].tool_call_id'.`, {
        param: `messages[${index}].tool_call_id`,
        code: 'missing_required_parameter',
      });
    }
    if (!this.#open.delete(id)) {
      throw invalid(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        {
          param: `messages.[${index}].role`,
        },
      );
    }
    this.#results.push(text);
  }

  #requireResults(index: number): void {
    if (this.#open.size === 0) return;
    throw invalid(
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...this.#open.keys()].join(', ')}`,
      { param: Number.isFinite(index) ? `messages.[${index}].role` : 'messages' },
    );
  }

  #add(text: string): void {
    this.#prompt += text;
  }
}

/** A JSON value's type as OpenAI's error messages call it. */
export function typeName(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'an array';
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'an integer' : 'a decimal number';
    case 'string':
      return 'a string';
    case 'boolean':
      return 'a boolean';
    default:
      return 'an object';
  }
}
