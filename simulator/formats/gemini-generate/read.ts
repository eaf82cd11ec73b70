import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import type { Ask, AskedChoice, AskedOutput, AskedTool } from '../../answering/ask.ts';
import { countTokens } from '../../answering/tokens.ts';
import { geminiAutomatic } from '../../prompt-cache/model-facts.ts';
import { invalid } from '../errors.ts';
import type { Call } from '../operation.ts';
import { checkEnum, checkSchema, MEMBERS, readMembers, violation } from './proto.ts';
import { readContents } from './read-contents.ts';
import { readSearch } from './web-search.ts';

/** What a generate request says about thinking. */
export interface Thinking {
  readonly isOn: boolean;
  /** Whether the thoughts are to be seen. */
  readonly isShown: boolean;
  readonly budget?: number;
}

/** Reads and checks a generate request as Gemini does. */
export function readGenerate(call: Call): { ask: Ask; thinking: Thinking; config: JsonObject } {
  const body = readMembers(call.body, MEMBERS.request, '');
  const config =
    body.generationConfig === undefined
      ? {}
      : readMembers(body.generationConfig, MEMBERS.generationConfig, 'generation_config');
  checkConfig(config);
  checkSafety(body.safetySettings);
  const tools = readTools(body.tools);
  const search = readSearch(body.tools, body.toolConfig, call.model);
  const system = body.systemInstruction === undefined ? '' : systemText(body.systemInstruction);
  const contents = readContents(body.contents, call.model);
  const thinking = readThinking(config, call.model);
  const stop = Array.isArray(config.stopSequences)
    ? config.stopSequences.filter((entry) => typeof entry === 'string')
    : [];
  if (stop.length > 5)
    throw violation(
      'generation_config.stop_sequences',
      `* GenerateContentRequest.generation_config.stop_sequences: the number of stop_sequences must be at most 5\n`,
    );
  const head =
    tools.map((tool) => `tool ${tool.name}: ${tool.description} ${JSON.stringify(tool.schema)}\n`).join('') + system;
  const ask: Ask = {
    model: call.model,
    prompt: head + contents.prompt,
    promptTokens: contents.promptTokens + countTokens(head),
    lastUserText: contents.lastUserText,
    tools,
    toolChoice: readChoice(body.toolConfig, tools),
    ...(search !== undefined && { search }),
    parallelTools: true,
    toolResults: contents.toolResults,
    ...(typeof config.maxOutputTokens === 'number' ? { maxTokens: config.maxOutputTokens } : {}),
    stop,
    output: readOutput(config),
    wantsReasoning: thinking.isOn,
    ...(thinking.budget === undefined || thinking.budget < 0 ? {} : { reasoningTokens: thinking.budget }),
    choices: typeof config.candidateCount === 'number' ? config.candidateCount : 1,
    seed: call.seed,
    caching: { kind: 'automatic', ...geminiAutomatic(call.model) },
  };
  return { ask, thinking, config };
}

function checkConfig(config: JsonObject): void {
  const bounds = { temperature: [0, 2], topP: [0, 1], candidateCount: [1, 8], maxOutputTokens: [1, 65_536] } as const;
  for (const [name, [lowest, highest]] of Object.entries(bounds)) {
    const value = config[name];
    if (value === undefined) continue;
    const at = `generation_config.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    if (typeof value !== 'number')
      throw violation(at, `Invalid value at '${at}' (TYPE_FLOAT), ${JSON.stringify(value)}`);
    if (value < lowest || value > highest) {
      throw violation(
        at,
        `* GenerateContentRequest.${at}: ${at.split('.')[1]} must be in the range [${lowest.toFixed(1)}, ${highest.toFixed(1)}]\n`,
      );
    }
  }
  const { responseMimeType: mime, responseSchema, responseJsonSchema } = config;
  if (mime !== undefined && !['text/plain', 'application/json', 'text/x.enum'].includes(String(mime))) {
    throw violation(
      'generation_config.response_mime_type',
      `* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are \`text/plain\`, \`application/json\`, \`application/xml\`, \`application/yaml\` and \`text/x.enum\`.\n`,
    );
  }
  if (responseSchema !== undefined) checkSchema(responseSchema, 'generation_config.response_schema');
  if ((responseSchema ?? responseJsonSchema) !== undefined && (mime === undefined || mime === 'text/plain')) {
    throw violation(
      'generation_config.response_schema',
      `* GenerateContentRequest.generation_config.response_schema: only allowed when response_mime_type is \`application/json\` or \`text/x.enum\`.\n`,
    );
  }
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    throw invalid('`response_schema` and `response_json_schema` cannot both be set.');
  }
}

function checkSafety(settings: JsonValue | undefined): void {
  if (settings === undefined) return;
  if (!Array.isArray(settings))
    throw violation('safety_settings', `Invalid value at 'safety_settings', expected a list.`);
  const categories = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT', 'JAILBREAK'].map(
    (name) => `HARM_CATEGORY_${name}`,
  );
  categories.push('HARM_CATEGORY_CIVIC_INTEGRITY');
  settings.forEach((setting, index) => {
    const at = `safety_settings[${index}]`;
    if (!isJsonObject(setting)) throw violation(at, `Invalid value at '${at}', expected an object.`);
    checkEnum(setting.category, categories, `${at}.category`, 'HarmCategory');
    checkEnum(
      setting.threshold,
      [
        'HARM_BLOCK_THRESHOLD_UNSPECIFIED',
        'BLOCK_LOW_AND_ABOVE',
        'BLOCK_MEDIUM_AND_ABOVE',
        'BLOCK_ONLY_HIGH',
        'BLOCK_NONE',
        'OFF',
      ],
      `${at}.threshold`,
      'SafetySetting.HarmBlockThreshold',
    );
  });
}

function readThinking(config: JsonObject, model: string): Thinking {
  const isNamed = /think|reason/.test(model);
  if (config.thinkingConfig === undefined) return { isOn: isNamed, isShown: isNamed };
  const at = 'generation_config.thinking_config';
  const thinking = readMembers(config.thinkingConfig, MEMBERS.thinkingConfig, at);
  checkEnum(
    thinking.thinkingLevel,
    ['THINKING_LEVEL_UNSPECIFIED', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'minimal', 'low', 'medium', 'high'],
    `${at}.thinking_level`,
    'ThinkingLevel',
  );
  if (thinking.thinkingBudget !== undefined && thinking.thinkingLevel !== undefined) {
    throw invalid('You can only set only one of thinking budget and thinking level.');
  }
  const budget = thinking.thinkingBudget;
  if (typeof budget === 'number' && budget < -1)
    throw invalid(`The thinking budget ${budget} is invalid. Please choose a value between 1 and 24576.`);
  return {
    isOn: budget !== 0,
    isShown: thinking.includeThoughts === true,
    ...(typeof budget === 'number' ? { budget } : {}),
  };
}

function readTools(value: JsonValue | undefined): AskedTool[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw violation('tools', `Invalid value at 'tools', expected a list.`);
  return value.flatMap((tool, index) => {
    const at = `tools[${index}]`;
    const { functionDeclarations } = readMembers(tool, MEMBERS.tool, at);
    if (!Array.isArray(functionDeclarations)) return [];
    return functionDeclarations.map((declaration, place) =>
      readDeclaration(declaration, `${at}.function_declarations[${place}]`),
    );
  });
}

function readDeclaration(value: JsonValue, at: string): AskedTool {
  const { name, description, parameters, parametersJsonSchema } = readMembers(value, MEMBERS.functionDeclaration, at);
  if (typeof name !== 'string' || !/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(name)) {
    throw violation(
      at,
      `* GenerateContentRequest.${at}.name: Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.\n`,
    );
  }
  if (parameters !== undefined) {
    checkSchema(parameters, `${at}.parameters`);
    if (
      isJsonObject(parameters) &&
      String(parameters.type).toUpperCase() === 'OBJECT' &&
      isJsonObject(parameters.properties)
    ) {
      if (Object.keys(parameters.properties).length === 0) {
        throw violation(
          `${at}.parameters`,
          `* GenerateContentRequest.${at}.parameters.properties: should be non-empty for OBJECT type\n`,
        );
      }
    }
  }
  const schema = parameters ?? parametersJsonSchema;
  return {
    name,
    description: typeof description === 'string' ? description : '',
    schema: isJsonObject(schema) ? schema : { type: 'object' },
  };
}

function readChoice(value: JsonValue | undefined, tools: readonly AskedTool[]): AskedChoice {
  if (value === undefined) return 'auto';
  const { functionCallingConfig } = readMembers(
    value,
    new Set(['functionCallingConfig', 'retrievalConfig', 'includeServerSideToolInvocations']),
    'tool_config',
  );
  if (!isJsonObject(functionCallingConfig)) return 'auto';
  const at = 'tool_config.function_calling_config';
  const config = readMembers(
    functionCallingConfig,
    new Set(['mode', 'allowedFunctionNames', 'streamFunctionCallArguments']),
    at,
  );
  checkEnum(
    config.mode,
    ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'],
    `${at}.mode`,
    'FunctionCallingConfig.Mode',
  );
  const names = Array.isArray(config.allowedFunctionNames) ? config.allowedFunctionNames : [];
  if (names.length > 0 && config.mode !== 'ANY' && config.mode !== 'VALIDATED') {
    throw violation(
      at,
      `Function calling config is set without function_calling_mode ANY: allowed_function_names should only be set when mode is ANY.`,
    );
  }
  for (const name of names) {
    if (!tools.some((tool) => tool.name === name))
      throw violation(at, `allowed_function_names: function '${String(name)}' is not declared.`);
  }
  if (config.mode === 'NONE') return 'none';
  if (config.mode !== 'ANY') return 'auto';
  const [only] = names;
  return names.length === 1 && typeof only === 'string' ? { name: only } : 'required';
}

function readOutput(config: JsonObject): AskedOutput {
  const schema = config.responseSchema ?? config.responseJsonSchema;
  if (isJsonObject(schema)) return { kind: 'schema', schema };
  return config.responseMimeType === 'application/json' ? { kind: 'json' } : { kind: 'text' };
}

function systemText(value: JsonValue): string {
  const { parts } = readMembers(value, MEMBERS.content, 'system_instruction');
  const list = Array.isArray(parts) ? parts : [parts];
  return `system: ${list.map((part) => (isJsonObject(part) && typeof part.text === 'string' ? part.text : '')).join('')}\n`;
}
