import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { type ParameterRules, UNSUPPORTED } from '../provider.ts';

type ValueRule = (value: JsonValue) => JsonValue | undefined | typeof UNSUPPORTED;

/** Joins tables of rules; if two say something of the same member, the later one wins. */
export function joinRules(...tables: readonly ParameterRules[]): ParameterRules {
  return {
    rename: Object.assign({}, ...tables.map((table) => table.rename)),
    unsupported: [...new Set(tables.flatMap((table) => table.unsupported ?? []))],
    values: Object.assign({}, ...tables.map((table) => table.values)),
    mayNeedRewrite: Object.assign({}, ...tables.map((table) => table.mayNeedRewrite)),
  };
}

/** Takes only the default: the default spelled out is removed, any other value is unsupported. Null means default. */
export function onlyDefault(standard: JsonValue): ValueRule {
  return (value) => (value === standard || value === null ? undefined : UNSUPPORTED);
}

/** Removes a member silently: the provider does what it asks for anyway, or it is a hint without effect on the answer. */
export const omit: ValueRule = () => undefined;

/** Exchanges one spelling of a scalar for another; other values stay. */
export function respell(spellings: Readonly<Record<string, JsonValue>>): ValueRule {
  return (value) => (typeof value === 'string' && Object.hasOwn(spellings, value) ? spellings[value] : value);
}

/** Cannot take these values; all others stay. */
export function refuse(...values: readonly JsonValue[]): ValueRule {
  return (value) => (values.includes(value) ? UNSUPPORTED : value);
}

/** `response_format` for providers without structured output by schema: `text` is the default, a schema cannot be taken. */
export const withoutJsonSchema: ValueRule = (value) =>
  isJsonObject(value) && value.type === 'json_schema' ? UNSUPPORTED : value;

/** A test whether the bytes hold one of these JSON strings. What is spelled with escapes is left to the provider to refuse. */
function holdsAnyOf(words: readonly string[]): (bytes: Uint8Array) => boolean {
  const quoted = words.map((word) => `"${word}"`);
  return (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return quoted.some((word) => buffer.includes(word));
  };
}

/** Messages of role `developer` become `system`: OpenAI's newer name, unknown to most others. */
function developerToSystem(messages: JsonValue): JsonValue {
  if (!Array.isArray(messages)) return messages;
  if (!messages.some((message) => isJsonObject(message) && message.role === 'developer')) return messages;
  return messages.map((message) =>
    isJsonObject(message) && message.role === 'developer' ? { ...message, role: 'system' } : message,
  );
}

/** The role `developer` is not known. */
export const NO_DEVELOPER_ROLE: ParameterRules = {
  values: { messages: developerToSystem },
  mayNeedRewrite: { messages: holdsAnyOf(['developer']) },
};

/** The placeholder for reasoning that the client does not have. To Moonshot an empty text means none. */
const NO_REASONING = ' ';

/**
 * For models that want the reasoning back beside the tool calls it led to, and answer 400 if it is missing: DeepSeek ("Missing
 * `reasoning_content` field in the assistant message", https://api-docs.deepseek.com/guides/thinking_mode#tool-calls) and Kimi
 * ("thinking is enabled but reasoning_content is missing", https://github.com/earendil-works/pi/pull/4178; both 2026-11-23). Most
 * client libraries lose it, and a conversation that began at another provider never had it.
 */
export const REASONING_BESIDE_CALLS: ParameterRules = {
  values: {
    messages: (messages) => {
      const renamed = developerToSystem(messages);
      return Array.isArray(renamed) ? renamed.map(withReasoning) : renamed;
    },
  },
  mayNeedRewrite: {
    messages: (bytes) => holdsDeveloper(bytes) || countOf('tool_calls', bytes) > countOf('reasoning_content', bytes),
  },
};

function withReasoning(message: JsonValue): JsonValue {
  if (!isJsonObject(message) || message.role !== 'assistant' || !Array.isArray(message.tool_calls)) return message;
  if (typeof message.reasoning_content === 'string' && message.reasoning_content !== '') return message;
  return { ...message, reasoning_content: NO_REASONING };
}

const holdsDeveloper = holdsAnyOf(['developer']);

function countOf(member: string, bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const quoted = `"${member}"`;
  let count = 0;
  for (let at = buffer.indexOf(quoted); at !== -1; at = buffer.indexOf(quoted, at + quoted.length)) count++;
  return count;
}

/**
 * For servers that refuse messages with members they do not know: removes what other providers' answers put into a
 * conversation (`reasoning_content`, `annotations`), none of which a model reads. `name` stays on tool results.
 */
export function strictMessages(unknown: readonly string[]): ParameterRules {
  const isUnknown = (message: JsonObject, member: string): boolean =>
    unknown.includes(member) && !(member === 'name' && message.role === 'tool');
  return {
    values: {
      messages: (messages) => {
        const renamed = developerToSystem(messages);
        if (!Array.isArray(renamed)) return renamed;
        return renamed.map((message) =>
          isJsonObject(message) && Object.keys(message).some((member) => isUnknown(message, member))
            ? Object.fromEntries(Object.entries(message).filter(([member]) => !isUnknown(message, member)))
            : message,
        );
      },
    },
    mayNeedRewrite: { messages: holdsAnyOf(['developer', ...unknown]) },
  };
}

/** The limit of the answer is known by its older name only. */
export const OLD_MAX_TOKENS: ParameterRules = { rename: { max_completion_tokens: 'max_tokens' } };

/** The limit of the answer is known by its newer name only. */
export const NEW_MAX_TOKENS: ParameterRules = { rename: { max_tokens: 'max_completion_tokens' } };

/**
 * What every server of the family takes that is not listed otherwise: OpenAI's chat parameters of 2023, the role `system` and
 * `max_tokens`. Servers skip members they do not know; those that refuse them have a list in their own folder.
 */
export const FAMILY_CHAT_RULES: ParameterRules = joinRules(OLD_MAX_TOKENS, NO_DEVELOPER_ROLE);
