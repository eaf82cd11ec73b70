/** The body of a Gemini client's `generateContent` as a neutral request. */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import type { ReadRequest } from '../format.ts';
import type { OutputFormat, Sampling, ToolChoice, ToolDefinition } from '../neutral/conversation.ts';
import { readerOf } from './fields.ts';
import { readTurns } from './read-contents.ts';
import { fromOpenApiSchema } from './schema.ts';
import { readThinking } from './thinking.ts';

/**
 * Reads a request. The model and whether to stream stand in the URL: `model` is empty where the body does not name it, `stream`
 * is false, and the caller sets both. Throws `FormatError`.
 */
export function readRequest(body: JsonObject): ReadRequest {
  const top = readerOf(body, '');
  const model = top.string('model') ?? '';
  const turns = readTurns(top);
  const tools = readTools(top);
  const toolChoice = readToolChoice(top);
  const config = top.object('generationConfig');
  const serviceTier = top.string('serviceTier');
  const generation = config === undefined ? undefined : readGenerationConfig(config);
  // What of the configuration has no neutral form travels on under its own name.
  const unread = config?.rest();
  const unreadTools = top.object('toolConfig')?.ignore('functionCallingConfig').rest();
  const fields: JsonObject = {
    ...top.rest(),
    ...(unread === undefined ? {} : { generationConfig: unread }),
    ...(unreadTools === undefined ? {} : { toolConfig: unreadTools }),
  };
  return {
    request: {
      model: model.replace(/^models\//, ''),
      turns,
      ...(tools.length === 0 ? {} : { tools }),
      ...(toolChoice === undefined ? {} : { toolChoice }),
      ...(generation?.rest ?? {}),
      sampling: generation?.sampling ?? {},
      stream: false,
      streamUsage: true,
      ...(serviceTier === undefined ? {} : { serviceTier }),
      extensions: { format: 'gemini-generate', fields },
    },
    dropped: [],
  };
}

function readGenerationConfig(config: JsonReader) {
  const temperature = config.number('temperature');
  const topP = config.number('topP');
  const topK = config.number('topK');
  const presencePenalty = config.number('presencePenalty');
  const frequencyPenalty = config.number('frequencyPenalty');
  const seed = config.integer('seed');
  const stop = config.strings('stopSequences');
  const logprobs = config.boolean('responseLogprobs');
  const topLogprobs = config.integer('logprobs');
  const choices = config.integer('candidateCount');
  const sampling: Sampling = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop === undefined ? {} : { stop }),
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(topLogprobs === undefined ? {} : { topLogprobs }),
    ...(choices === undefined ? {} : { choices }),
  };
  const maxOutputTokens = config.integer('maxOutputTokens');
  const modalities = config.strings('responseModalities');
  const output = readOutput(config);
  const thinking = config.object('thinkingConfig');
  return {
    sampling,
    rest: {
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      ...(modalities === undefined ? {} : { modalities: modalities.map((modality) => modality.toLowerCase()) }),
      ...(output === undefined ? {} : { output }),
      ...(thinking === undefined ? {} : { reasoning: readThinking(thinking) }),
    },
  };
}

function readOutput(config: JsonReader): OutputFormat | undefined {
  const mediaType = config.string('responseMimeType');
  const jsonSchema = config.object('responseJsonSchema')?.value;
  const openApiSchema = config.object('responseSchema')?.value;
  const schema = jsonSchema ?? (openApiSchema === undefined ? undefined : fromOpenApiSchema(openApiSchema));
  if (schema !== undefined) {
    const { title } = schema;
    // OpenAI wants a name of these letters for a schema; Gemini has only the title.
    const name = typeof title === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(title) ? title : 'response';
    return { type: 'json-schema', name, schema };
  }
  if (mediaType === 'application/json') return { type: 'json-object' };
  if (mediaType === undefined || mediaType === 'text/plain') return undefined;
  throw config.wrongChoice('responseMimeType', ['application/json', 'text/plain']);
}

function readTools(top: JsonReader): ToolDefinition[] {
  const value = top.get('tools');
  const list = isJsonObject(value) ? [readerOf(value, top.pathOf('tools'))] : (top.objects('tools') ?? []);
  return list.flatMap((tool) => {
    const functions = (tool.objects('functionDeclarations') ?? []).map(readFunction);
    const others = tool.rest();
    return others === undefined
      ? functions
      : [...functions, { type: 'opaque', format: 'gemini-generate', value: others }];
  });
}

function readFunction(declaration: JsonReader): ToolDefinition {
  const name = declaration.requiredName('name');
  const description = declaration.string('description');
  const jsonSchema = declaration.object('parametersJsonSchema')?.value;
  const openApiSchema = declaration.object('parameters')?.value;
  const parameters = jsonSchema ?? (openApiSchema === undefined ? undefined : fromOpenApiSchema(openApiSchema));
  const fields = declaration.rest();
  return {
    type: 'function',
    name,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(fields === undefined ? {} : { extra: { format: 'gemini-generate', fields } }),
  };
}

function readToolChoice(top: JsonReader): ToolChoice | undefined {
  const config = top.object('toolConfig')?.object('functionCallingConfig');
  if (config === undefined) return undefined;
  const mode = config.string('mode')?.toUpperCase();
  const names = config.strings('allowedFunctionNames') ?? [];
  const [only] = names;
  switch (mode) {
    case undefined:
    case 'MODE_UNSPECIFIED':
    case 'AUTO':
      return { type: 'auto' };
    case 'NONE':
      return { type: 'none' };
    case 'ANY':
      if (only === undefined) return { type: 'required' };
      return names.length === 1 ? { type: 'tool', name: only } : { type: 'allowed', mode: 'required', names };
    case 'VALIDATED':
      return only === undefined ? { type: 'auto' } : { type: 'allowed', mode: 'auto', names };
    default:
      throw config.wrongChoice('mode', ['AUTO', 'ANY', 'NONE', 'VALIDATED']);
  }
}
