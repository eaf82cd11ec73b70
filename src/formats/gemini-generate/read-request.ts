/** The body of a Gemini client's `generateContent` as a neutral request. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import type { ReadRequest } from '../format.ts';
import type { OutputFormat, Sampling, ToolChoice, ToolDefinition } from '../neutral/conversation.ts';
import { readerOf } from './fields.ts';
import { readTurns } from './read-contents.ts';
import { fromOpenApiSchema } from './schema.ts';
import { readThinking } from './thinking.ts';
import { readServerTools } from './web-search.ts';

/**
 * Reads a request. The URL says the model and whether to stream: `model` is empty if the body does not name it, `stream` is false,
 * and the caller sets both. Throws `FormatError`.
 */
export function readRequest(value: JsonObject): ReadRequest {
  const body = readerOf(value, '');
  const model = body.string('model') ?? '';
  const turns = readTurns(body);
  const tools = readTools(body);
  const config = body.object('generationConfig');
  const request = {
    model: model.replace(/^models\//, ''),
    turns,
    ...defined({ tools: tools.length === 0 ? undefined : tools, toolChoice: readToolChoice(body) }),
    ...(config && readGenerationConfig(config)),
    sampling: config === undefined ? {} : readSampling(config),
    stream: false,
    streamUsage: true,
    ...defined({ serviceTier: body.string('serviceTier') }),
  };
  // What of the configuration has no neutral form travels on under its own name.
  const generationConfig = config?.rest();
  const toolConfig = body.object('toolConfig')?.ignore('functionCallingConfig').rest();
  const fields: JsonObject = { ...body.rest(), ...defined({ generationConfig, toolConfig }) };
  return { request: { ...request, extensions: { format: 'gemini-generate', fields } }, dropped: [] };
}

function readSampling(config: JsonReader): Sampling {
  return defined({
    temperature: config.number('temperature'),
    topP: config.number('topP'),
    topK: config.number('topK'),
    presencePenalty: config.number('presencePenalty'),
    frequencyPenalty: config.number('frequencyPenalty'),
    seed: config.integer('seed'),
    stop: config.strings('stopSequences'),
    logprobs: config.boolean('responseLogprobs'),
    topLogprobs: config.integer('logprobs'),
    choices: config.integer('candidateCount'),
  });
}

function readGenerationConfig(config: JsonReader) {
  const thinking = config.object('thinkingConfig');
  return defined({
    maxOutputTokens: config.integer('maxOutputTokens'),
    modalities: config.strings('responseModalities')?.map((modality) => modality.toLowerCase()),
    output: readOutput(config),
    reasoning: thinking && readThinking(thinking),
  });
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
    const { hosted, rest } = readServerTools(tool.rest() ?? {});
    const others: ToolDefinition[] =
      Object.keys(rest).length === 0 ? [] : [{ type: 'opaque', format: 'gemini-generate', value: rest }];
    return [...functions, ...hosted, ...others];
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
    ...defined({ description, parameters }),
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
