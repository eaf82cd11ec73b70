/**
 * Structured output over providers that have no `json_schema`: JSON mode, the schema as an instruction, and an answer that is checked.
 * DeepSeek and Z.AI document JSON mode alone (their `parameters.ts` and `index.ts` name the pages).
 */
import type { JsonObject } from '../core/json.ts';
import type { Dropped } from '../formats/format.ts';
import type { ConversationRequest, Turn } from '../formats/neutral/conversation.ts';
import { type ParameterRules, UNSUPPORTED } from './provider.ts';

/** An answer that did not match its schema, and why: the model is shown both, once. */
export interface Misfit {
  readonly text: string;
  readonly why: string;
}

const SCHEMA_WORD = Buffer.from('"json_schema"');

/** Whether a provider refuses a schema as `response_format`. */
export function lacksSchema({ unsupported, values }: ParameterRules): boolean {
  return unsupported?.includes('response_format') === true || refuses(values, { type: 'json_schema', json_schema: {} });
}

/** Whether a body in OpenAI's format may ask for a schema. */
export function mayAskForSchema(body: Buffer): boolean {
  return body.includes(SCHEMA_WORD);
}

function refuses(values: ParameterRules['values'], format: JsonObject): boolean {
  return values?.response_format?.(format) === UNSUPPORTED;
}

/** The request with the schema as an instruction, and with the answer that has to be repaired. */
export function instructed(
  request: ConversationRequest,
  rules: ParameterRules,
  misfit: Misfit | undefined,
):
  | { readonly request: ConversationRequest; readonly schema: JsonObject; readonly dropped: readonly Dropped[] }
  | undefined {
  const { output, turns, ...rest } = request;
  if (output?.type !== 'json-schema' || !lacksSchema(rules)) return undefined;
  const hasJsonMode =
    rules.unsupported?.includes('response_format') !== true && !refuses(rules.values, { type: 'json_object' });
  const why = `the provider takes no schema: it is asked for ${hasJsonMode ? 'JSON mode' : 'JSON'} with the schema as an instruction, and the answer is checked`;
  const repaired =
    misfit === undefined ? [] : [{ field: 'response_format.repair', why: misfit.why, kind: 'fitted' as const }];
  return {
    request: {
      ...rest,
      turns: [...withInstruction(turns, output.schema, output.description), ...repairTurns(misfit)],
      ...(hasJsonMode && { output: { type: 'json-object' as const } }),
    },
    schema: output.schema,
    dropped: [{ field: 'response_format', why, kind: 'fitted' }, ...repaired],
  };
}

/** Behind the client's own instructions, in their turn: servers of the family take one system message, at the beginning. */
function withInstruction(turns: readonly Turn[], schema: JsonObject, description: string | undefined): Turn[] {
  const about = description === undefined ? '' : ` ${description}`;
  const text = `Answer with one JSON object and nothing else, without a code fence. It must conform to this JSON Schema:${about}\n${JSON.stringify(schema)}`;
  const [first, ...others] = turns;
  const part = { type: 'text' as const, text };
  if (first?.role === 'system' || first?.role === 'developer') {
    return [{ ...first, parts: [...first.parts, part] }, ...others];
  }
  return [{ role: 'system', parts: [part] }, ...turns];
}

function repairTurns(misfit: Misfit | undefined): Turn[] {
  if (misfit === undefined) return [];
  const text = `This does not conform to the JSON Schema: ${misfit.why}. Answer again with the whole corrected JSON object.`;
  return [
    { role: 'assistant', parts: [{ type: 'text', text: misfit.text }] },
    { role: 'user', parts: [{ type: 'text', text }] },
  ];
}
