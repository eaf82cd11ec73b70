/** The neutral conversation → a request to OpenAI's Responses API. */
import { defined } from '../../core/defined.ts';
import { type JsonObject, type JsonValue, objectOf, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { modelAbilities } from '../../models/model-table.ts';
import type { Dropped, WriteRequestOptions, WrittenRequest } from '../format.ts';
import type { ConversationRequest, OutputFormat, ReasoningRequest, ToolChoice } from '../neutral/conversation.ts';
import { effortOfBudgetTokens } from '../neutral/reasoning.ts';
import { placeOf } from '../neutral/web-search.ts';
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
  const tools = writeTools(request.tools ?? [], options.traits.abilities ?? modelAbilities(options.model), dropped);
  const body: JsonObject = {
    model: options.model,
    input: new ItemsWriter(tools.customNames, tools.namespaces, dropped).write(request.turns),
    ...(tools.written.length > 0 && {
      tools: tools.written,
      ...defined({
        tool_choice: writeChoice(request.toolChoice, tools),
        parallel_tool_calls: request.parallelToolCalls,
        max_tool_calls: mostHostedCalls(request, tools, dropped),
      }),
    }),
    store: false,
    ...defined({
      include: writeInclude(request, options, tools),
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
  reportUnsupported(request, dropped);
  searchWithThoughts(body, request, tools, dropped);
  const { abilities } = options.traits;
  if (abilities !== undefined) {
    fitRequest(membersOf(body), abilities, options.model, (one) => dropped.push(one), askedOf(request));
  }
  writeExtensions(request, body, dropped);
  return { body, dropped };
}

const INCLUDED: ReadonlyMap<string, string> = new Map([
  ['web_search', 'web_search_call.action.sources'],
  ['code_interpreter', 'code_interpreter_call.outputs'],
]);

/** What an answer must hold beyond the usual: other formats show the pages that a search found, and what code printed. */
function writeInclude(
  { sampling, extensions }: ConversationRequest,
  { traits }: WriteRequestOptions,
  { hosted }: WrittenTools,
): JsonValue[] | undefined {
  const include = [
    ...(traits.reasoning === false ? [] : ['reasoning.encrypted_content']),
    ...(sampling.logprobs === true ? ['message.output_text.logprobs'] : []),
    ...(extensions.format === 'openai-responses'
      ? []
      : [...hosted.values()].flatMap(({ type }) => INCLUDED.get(String(type)) ?? [])),
  ];
  return include.length === 0 ? undefined : include;
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

/** https://developers.openai.com/api/docs/guides/tools-web-search: GPT-5 does not search with minimal reasoning (2026-11-29). */
function searchWithThoughts(
  body: JsonObject,
  { extensions }: ConversationRequest,
  { hosted }: WrittenTools,
  dropped: Dropped[],
): void {
  const reasoning = objectOf(body.reasoning);
  if (extensions.format === 'openai-responses' || reasoning?.effort !== 'minimal' || hosted.size === 0) return;
  body.reasoning = { ...reasoning, effort: 'low' };
  dropped.push({ field: 'reasoning_effort', why: 'the model does not search with minimal reasoning', kind: 'fitted' });
}

/** Clients of other formats limit the searches; here all calls of tools that OpenAI runs are counted together. */
function mostHostedCalls({ tools = [] }: ConversationRequest, { hosted }: WrittenTools, dropped: Dropped[]) {
  const index = tools.findIndex((tool) => tool.type === 'server' && tool.tool === 'web-search');
  const tool = tools[index];
  if (tool?.type !== 'server' || tool.tool !== 'web-search' || tool.search.mostSearches === undefined) return undefined;
  if (!hosted.has(tool.name) || tool.raw.format === 'openai-responses') return undefined;
  if (hosted.size === 1) return tool.search.mostSearches;
  const field = `${placeOf(tool, index)}.max_uses`;
  dropped.push({ field, why: 'OpenAI counts the calls of all its tools together', kind: 'unsupported' });
  return undefined;
}

function writeChoice(choice: ToolChoice | undefined, tools: WrittenTools): JsonValue | undefined {
  const { customNames, namespaces, hosted, written } = tools;
  const pointTo = (name: string): JsonObject => {
    const own = hosted.get(name);
    if (own !== undefined) return { type: own.type, ...defined({ server_label: own.server_label }) };
    return { type: customNames.has(name) ? 'custom' : 'function', ...(namespaces.get(name) ?? { name }) };
  };
  if (choice === undefined) return undefined;
  switch (choice.type) {
    case 'tool': {
      const { raw, name } = choice;
      if (raw?.format === 'openai-responses') return raw.value;
      if (!hosted.has(name)) return pointTo(name);
      // OpenAI's document names few of its tools in a plain choice, and all of them in a list of those allowed.
      return written.length === 1 ? 'required' : { type: 'allowed_tools', mode: 'required', tools: [pointTo(name)] };
    }
    case 'allowed': {
      const entries = choice.names
        .filter((name) => !tools.gone.has(name))
        .map((name) => choice.hosted?.get(name)?.value ?? pointTo(name));
      return { type: 'allowed_tools', mode: choice.mode, tools: entries };
    }
    default:
      return choice.type;
  }
}

/** What the older format has and this one has not. Values that ask for nothing are not a loss. */
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
