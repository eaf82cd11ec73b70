/** The object that every answer of this format is, whole or in the events of a stream: it repeats most of the request. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, itemsOf, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { AnswerFacts } from '../format.ts';
import type { Finish, Usage } from '../neutral/conversation.ts';
import { writeServiceTier } from '../openai-chat/write-response.ts';
import { writeToolUsage, writeUsage } from './usage.ts';

/** What is known of an answer when its object is written. */
interface ResponseState {
  readonly id: string | undefined;
  readonly createdSeconds: number | undefined;
  readonly output: readonly JsonObject[];
  readonly usage: Usage | undefined;
  readonly serviceTier: string | undefined;
  /** Undefined while the answer is being written. */
  readonly ending: Ending | undefined;
}

/** How an answer ended, in OpenAI's words. */
export type Ending =
  | { readonly status: 'completed' }
  | { readonly status: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' }
  | { readonly status: 'failed'; readonly error: JsonObject };

/** How an answer with this finish ended. */
export function endingOf(finish: Finish | undefined): Ending {
  switch (finish?.reason) {
    case 'length':
    case 'context-window':
    case 'error':
    // Claude paused in a long turn of its own tools, and would go on if it was asked again.
    case 'pause':
      return { status: 'incomplete', reason: 'max_output_tokens' };
    case 'content-filter':
      return { status: 'incomplete', reason: 'content_filter' };
    default:
      return { status: 'completed' };
  }
}

/** The id of an answer: the provider's if it is one of this format's shape, ours otherwise. */
function responseId(id: string | undefined, facts: AnswerFacts): string {
  if (facts.sentId !== undefined) return facts.sentId;
  if (id?.startsWith('resp_')) return id;
  return facts.id.startsWith('resp_') ? facts.id : `resp_${facts.id}`;
}

/** Writes the response object. */
export function writeResponseObject(state: ResponseState, facts: AnswerFacts, asked: JsonObject): JsonObject {
  const { ending, output, usage } = state;
  const created = state.createdSeconds ?? facts.createdSeconds;
  const tier = writeServiceTier(state.serviceTier) ?? (ending === undefined ? asked.service_tier : 'default') ?? 'auto';
  return {
    id: responseId(state.id, facts),
    object: 'response',
    created_at: created,
    status: ending?.status ?? 'in_progress',
    background: asked.background ?? false,
    completed_at: ending?.status === 'completed' ? Math.max(created, facts.createdSeconds) : null,
    error: ending?.status === 'failed' ? ending.error : null,
    incomplete_details: ending?.status === 'incomplete' ? { reason: ending.reason } : null,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    max_tool_calls: asked.max_tool_calls ?? null,
    model: facts.model,
    output: [...output],
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    previous_response_id: asked.previous_response_id ?? null,
    prompt_cache_key: asked.prompt_cache_key ?? null,
    reasoning: reasoningOf(asked.reasoning),
    safety_identifier: asked.safety_identifier ?? null,
    service_tier: tier,
    store: asked.store ?? false,
    temperature: asked.temperature ?? 1,
    text: textOf(asked.text),
    tool_choice: asked.tool_choice ?? 'auto',
    tools: itemsOf(asked.tools).map(toolOf),
    top_logprobs: asked.top_logprobs ?? 0,
    top_p: asked.top_p ?? 1,
    truncation: asked.truncation ?? 'disabled',
    // OpenAI itself writes `null` for what is absent here, which its own schema does not allow.
    ...defined({ usage: usage && writeUsage(usage), user: asked.user ?? undefined }),
    ...(usage !== undefined && writeToolUsage(usage)),
    metadata: asked.metadata ?? {},
  };
}

function reasoningOf(asked: JsonValue | undefined): JsonObject {
  const { effort = null, summary = null } = isJsonObject(asked) ? asked : {};
  return { effort, summary };
}

function textOf(asked: JsonValue | undefined): JsonObject {
  const { format, verbosity } = isJsonObject(asked) ? asked : {};
  return { format: format ?? { type: 'text' }, verbosity: verbosity ?? 'medium' };
}

/** A function with the members that OpenAI's schema requires. */
function toolOf(tool: JsonValue): JsonValue {
  if (!isJsonObject(tool) || tool.type !== 'function') return tool;
  return { ...tool, parameters: tool.parameters ?? null, strict: tool.strict ?? null };
}
