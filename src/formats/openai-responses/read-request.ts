/** A request as OpenAI's SDKs, Codex and others write it → the neutral conversation. */
import { defined } from '../../core/defined.ts';
import { type JsonObject, setMember } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { readerOf } from '../body-reader.ts';
import type { ReadRequest } from '../format.ts';
import type { OutputFormat, ReasoningRequest, Sampling } from '../neutral/conversation.ts';
import { askForSummary, asksForCompaction } from './compaction.ts';
import { ItemsReader, toolsOf } from './read-items.ts';
import { readToolChoice, readTools } from './read-tools.ts';
import { ClientTools } from './tool-names.ts';

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/**
 * Members that ask nothing of another provider: what shall be stored and shown is answered here, `client_metadata` is for OpenAI's
 * logs, and `auto` truncation is a last resort for prompts that are too long.
 */
const HARMLESS = ['store', 'include', 'truncation', 'client_metadata', 'stream_options', 'background'];

/** Reads the body of `POST /v1/responses`. Throws `FormatError` if it is not one. */
export function readRequest(value: JsonObject): ReadRequest {
  const body = readerOf(value);
  const givenTools = toolsOf(value);
  body.array('tools');
  const own = new ClientTools(givenTools);
  const tools = readTools(givenTools, own);
  const items = new ItemsReader(own);
  items.begin(body.string('instructions'));
  const request = {
    model: body.requiredName('model'),
    turns: items.read(body),
    ...defined({
      tools,
      toolChoice: readToolChoice(body, own, tools),
      parallelToolCalls: body.boolean('parallel_tool_calls'),
      output: readOutput(body),
    }),
    sampling: readSampling(body),
    ...defined({
      maxOutputTokens: body.integer('max_output_tokens', 1),
      reasoning: readReasoning(body),
      verbosity: body.object('text')?.string('verbosity'),
    }),
    stream: body.boolean('stream') ?? false,
    streamUsage: true,
    ...defined({
      userId: body.string('safety_identifier') ?? body.string('user'),
      serviceTier: body.string('service_tier'),
      metadata: body.object('metadata')?.value,
      promptCacheKey: body.string('prompt_cache_key'),
    }),
  };
  const whole = { ...request, extensions: { format: 'openai-responses' as const, fields: readExtensions(body) } };
  return { request: asksForCompaction(value) ? askForSummary(whole) : whole, dropped: [] };
}

/** The members that no other format has; a `null` says what its absence says. */
function readExtensions(body: JsonReader): JsonObject {
  body.ignore('user', 'text', 'reasoning', '__proto__', ...HARMLESS);
  const fields: JsonObject = {};
  for (const [name, value] of Object.entries(body.rest() ?? {})) if (value !== null) setMember(fields, name, value);
  const text = body.object('text')?.ignore('format', 'verbosity').rest();
  const reasoning = body.object('reasoning')?.ignore('effort', 'summary', 'generate_summary').rest();
  return { ...fields, ...defined({ text, reasoning }) };
}

function readSampling(body: JsonReader): Sampling {
  const topLogprobs = body.integer('top_logprobs', 0);
  const wantsLogprobs = body.strings('include')?.includes('message.output_text.logprobs') === true;
  return defined({
    temperature: body.number('temperature'),
    topP: body.number('top_p'),
    logprobs: wantsLogprobs ? true : undefined,
    topLogprobs: wantsLogprobs && topLogprobs !== undefined && topLogprobs > 0 ? topLogprobs : undefined,
  });
}

function readReasoning(body: JsonReader): ReasoningRequest | undefined {
  const asked = body.object('reasoning');
  if (asked === undefined) return undefined;
  const effort = asked.oneOf('effort', EFFORTS);
  const summary = asked.string('summary') ?? asked.string('generate_summary');
  if (effort === undefined && summary === undefined) return undefined;
  return defined({ effort, include: summary === undefined ? undefined : true });
}

function readOutput(body: JsonReader): OutputFormat | undefined {
  const format = body.object('text')?.object('format');
  if (format === undefined) return undefined;
  switch (format.oneOf('type', ['text', 'json_object', 'json_schema'])) {
    case 'text':
      return { type: 'text' };
    case 'json_object':
      return { type: 'json-object' };
    case 'json_schema':
      return {
        type: 'json-schema',
        name: format.string('name') ?? 'response',
        schema: format.requiredObject('schema').value,
        ...defined({ description: format.string('description'), strict: format.boolean('strict') }),
      };
    case undefined:
      throw format.wrongChoice('type', ['text', 'json_object', 'json_schema']);
  }
}
