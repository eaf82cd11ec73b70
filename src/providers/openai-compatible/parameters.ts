import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { type ParameterRules, UNSUPPORTED } from '../provider.ts';

type ValueRule = (value: JsonValue) => JsonValue | undefined | typeof UNSUPPORTED;

/** Joins tables of rules; where two say something of the same member, the later one wins. */
export function joinRules(...tables: readonly ParameterRules[]): ParameterRules {
  return {
    rename: Object.assign({}, ...tables.map((table) => table.rename)),
    unsupported: [...new Set(tables.flatMap((table) => table.unsupported ?? []))],
    values: Object.assign({}, ...tables.map((table) => table.values)),
    mayNeedRewrite: Object.assign({}, ...tables.map((table) => table.mayNeedRewrite)),
  };
}

/** Takes only the default: the default spelled out is left away, anything else cannot be taken. Null means default. */
export function onlyDefault(standard: JsonValue): ValueRule {
  return (value) => (value === standard || value === null ? undefined : UNSUPPORTED);
}

/** Takes a member silently away: what it asks for is given anyway, or it is a hint without effect on the answer. */
export const leaveAway: ValueRule = () => undefined;

/** Exchanges one spelling of a scalar for another; other values stay. */
export function respell(spellings: Readonly<Record<string, JsonValue>>): ValueRule {
  return (value) => (typeof value === 'string' && Object.hasOwn(spellings, value) ? spellings[value] : value);
}

/** Keeps a number inside what the provider takes. */
export function atMost(largest: number): ValueRule {
  return (value) => (typeof value === 'number' && value > largest ? largest : value);
}

/** `response_format` for providers without structured output by schema: `text` is the default, a schema cannot be taken. */
export const withoutJsonSchema: ValueRule = (value) =>
  isJsonObject(value) && value.type === 'json_schema' ? UNSUPPORTED : value;

/** Whether the bytes hold `"developer"`: a role spelled with escapes is left to the provider to refuse. */
function holdsDeveloper(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"developer"');
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
  mayNeedRewrite: { messages: holdsDeveloper },
};

/** The limit of the answer is known by its older name only. */
export const OLD_MAX_TOKENS: ParameterRules = { rename: { max_completion_tokens: 'max_tokens' } };

/** The limit of the answer is known by its newer name only. */
export const NEW_MAX_TOKENS: ParameterRules = { rename: { max_tokens: 'max_completion_tokens' } };

/**
 * What every server of the family takes that is not listed otherwise: OpenAI's chat parameters of 2023, the role `system` and
 * `max_tokens`. Servers skip members they do not know; those that refuse them have a list in their own folder.
 */
export const FAMILY_CHAT_RULES: ParameterRules = joinRules(OLD_MAX_TOKENS, NO_DEVELOPER_ROLE);
