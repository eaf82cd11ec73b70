/** The neutral conversation → a request to OpenAI's Responses API. */
import { defined } from '../../core/defined.ts';
import { type JsonObject, type JsonValue, objectOf, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { Dropped, WriteRequestOptions, WrittenRequest } from '../format.ts';
import type { ConversationRequest, OutputFormat, ReasoningRequest, ToolChoice } from '../neutral/conversation.ts';
import { effortOfBudgetTokens } from '../neutral/reasoning.ts';
import { membersOf } from '../request-members.ts';
import { fitRequest, OWN } from './fit-request.ts';
import { ItemsWriter } from './write-items.ts';
import { type WrittenTools, writeTools } from './write-tools.ts';

/** "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16" (https://github.com/vectorize-io/hindsight/issues/58, 2026-11-29). */
const LEAST_OUTPUT_TOKENS = 16;

/** Writes a request. Nothing of it is kept by the provider: the reasoning comes back encrypted, for the next turn. */
export function writeRequest(request: ConversationRequest, options: WriteRequestOptions): WrittenRequest {
  const dropped: Dropped[] = [];
  const { sampling } = request;
  const tools = writeTools(request.tools ?? [], dropped);
  const body: JsonObject = {
    model: options.model,
    input: new ItemsWriter(tools.customNames, tools.namespaces, dropped).write(request.turns),
    ...(tools.written.length > 0 && {
      tools: tools.written,
      ...defined({
        tool_choice: writeChoice(request.toolChoice, tools),
        parallel_tool_calls: request.parallelToolCalls,
      }),
    }),
    store: false,
    ...(options.traits.reasoning !== false && { include: ['reasoning.encrypted_content'] }),
    ...defined({
      text: writeText(request),
      reasoning: options.traits.reasoning === false ? undefined : writeReasoning(request.reasoning),
      temperature: sampling.temperature,
      top_p: sampling.topP,
      top_logprobs: sampling.logprobs === true ? (sampling.topLogprobs ?? 0) : undefined,
      max_output_tokens: writeLimit(request, dropped),
      stream: request.stream ? true : undefined,
      service_tier: request.serviceTier,
      metadata: request.extensions.format === 'openai-responses' ? request.metadata : undefined,
      prompt_cache_key: request.promptCacheKey,
      safety_identifier: request.userId?.slice(0, 64),
    }),
  };
  if (sampling.logprobs === true)
    body.include = [...((body.include as JsonValue[]) ?? []), 'message.output_text.logprobs'];
  reportUnsupported(request, dropped);
  const { abilities } = options.traits;
  if (abilities !== undefined) {
    fitRequest(membersOf(body), abilities, options.model, (one) => dropped.push(one), askedOf(request));
  }
  writeExtensions(request, body, dropped);
  return { body, dropped };
}

/** Clients of other formats do not know the least limit. */
function writeLimit({ maxOutputTokens, extensions }: ConversationRequest, dropped: Dropped[]): number | undefined {
  if (maxOutputTokens === undefined || maxOutputTokens >= LEAST_OUTPUT_TOKENS) return maxOutputTokens;
  if (extensions.format === 'openai-responses') return maxOutputTokens;
  const why = `raised to ${LEAST_OUTPUT_TOKENS}, the least that the Responses API takes`;
  dropped.push({ field: 'max_tokens', why, kind: 'fitted' });
  return LEAST_OUTPUT_TOKENS;
}

/** An effort is a hint in formats whose clients send one with every request. */
function askedOf({ reasoning, extensions: { format } }: ConversationRequest) {
  if (format === 'openai-responses') return OWN;
  const isEffortOnly = reasoning?.mode === undefined && reasoning?.budgetTokens === undefined;
  return {
    field: format === 'openai-chat' || isEffortOnly ? 'reasoning_effort' : 'thinking',
    isHint: format !== 'openai-chat' && (isEffortOnly || reasoning?.mode === 'adaptive'),
  };
}

function writeText({ output, verbosity }: ConversationRequest): JsonObject | undefined {
  const format = output === undefined ? undefined : writeOutput(output);
  const text = defined({ format, verbosity });
  return Object.keys(text).length === 0 ? undefined : text;
}

function writeOutput(output: OutputFormat): JsonObject {
  switch (output.type) {
    case 'text':
      return { type: 'text' };
    case 'json-object':
      return { type: 'json_object' };
    case 'json-schema':
      return {
        type: 'json_schema',
        ...defined({
          name: output.name,
          description: output.description,
          schema: output.schema,
          strict: output.strict,
        }),
      };
  }
}

/** Thoughts are shown as a summary; other formats show them unless the client says otherwise. */
function writeReasoning(reasoning: ReasoningRequest | undefined): JsonObject | undefined {
  if (reasoning === undefined) return undefined;
  if (reasoning.mode === 'disabled') return { effort: 'none' };
  const effort =
    reasoning.effort ??
    (reasoning.budgetTokens === undefined ? undefined : effortOfBudgetTokens(reasoning.budgetTokens));
  if (effort === 'none') return { effort };
  return defined({ effort, summary: reasoning.include === false ? undefined : 'auto' });
}

function writeChoice(choice: ToolChoice | undefined, { customNames, namespaces }: WrittenTools): JsonValue | undefined {
  const pointTo = (name: string): JsonObject => ({
    type: customNames.has(name) ? 'custom' : 'function',
    ...(namespaces.get(name) ?? { name }),
  });
  if (choice === undefined) return undefined;
  switch (choice.type) {
    case 'tool':
      return pointTo(choice.name);
    case 'allowed':
      return { type: 'allowed_tools', mode: choice.mode, tools: choice.names.map(pointTo) };
    default:
      return choice.type;
  }
}

/** What the older format has and this one has not. Values that ask for nothing are no loss. */
function reportUnsupported({ sampling, modalities }: ConversationRequest, dropped: Dropped[]): void {
  const lost: readonly (readonly [string, boolean])[] = [
    ['presence_penalty', (sampling.presencePenalty ?? 0) !== 0],
    ['frequency_penalty', (sampling.frequencyPenalty ?? 0) !== 0],
    ['seed', sampling.seed !== undefined],
    ['stop', (sampling.stop ?? []).length > 0],
    ['top_k', sampling.topK !== undefined],
    ['logit_bias', Object.keys(sampling.logitBias ?? {}).length > 0],
    ['n', (sampling.choices ?? 1) > 1],
    ['modalities', (modalities ?? []).some((modality) => modality !== 'text')],
  ];
  for (const [field, isLost] of lost) {
    if (isLost) dropped.push({ field, why: 'the Responses API has no such parameter', kind: 'unsupported' });
  }
}

function writeExtensions({ extensions }: ConversationRequest, body: JsonObject, dropped: Dropped[]): void {
  for (const [name, value] of Object.entries(extensions.fields)) {
    if (extensions.format !== 'openai-responses') {
      dropped.push({
        field: name,
        why: `a field of ${extensions.format} that this format does not have`,
        kind: 'unknown',
      });
    } else if (name === 'text') body.text = { ...objectOf(value), ...objectOf(body.text) };
    else if (name === 'reasoning') body.reasoning = { ...objectOf(value), ...objectOf(body.reasoning) };
    else if (ownValue(body, name) === undefined) setMember(body, name, value);
  }
}
