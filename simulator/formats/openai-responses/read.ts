import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import type { Ask, AskedChoice, AskedOutput, AskedTool } from '../../answering/ask.ts';
import { isMinted } from '../../answering/signature.ts';
import { countTokens } from '../../answering/tokens.ts';
import { invalid } from '../errors.ts';
import { cachingOf } from '../openai-chat/caching.ts';
import { checkResponsesModel } from '../openai-chat/model-rules.ts';
import { checkRange, checkStrictSchema, numberIn } from '../openai-chat/read.ts';
import { typeName } from '../openai-chat/read-messages.ts';
import type { Call } from '../operation.ts';
import { readSearch } from './web-search.ts';

/** Every parameter of `POST /v1/responses` (API reference, 2026-09), and `client_metadata`, which Codex 0.171 sends. */
const PARAMETERS = new Set(
  `access_programs background client_metadata context_management conversation image include input instructions max_output_tokens max_tool_calls
  metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options
  prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools
  top_logprobs top_p truncation user`.split(/\s+/),
);
const ROLES = ['assistant', 'system', 'developer', 'user'];
const IMAGE_TOKENS = 85;
/** What a call of a custom tool is made up from; only the text is sent. */
const FREE_TEXT = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };

/** Reads and checks a Responses request as OpenAI does. */
export function readResponse(call: Call): Ask {
  const { body, model } = call;
  const unknown = Object.keys(body).find((name) => !PARAMETERS.has(name));
  if (unknown !== undefined)
    throw invalid(`Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' });
  if (body.input === undefined && body.prompt === undefined && body.previous_response_id === undefined) {
    throw invalid("Missing required parameter: 'input'.", { param: 'input', code: 'missing_required_parameter' });
  }
  checkResponsesModel(body, model);
  checkRange(body, 'temperature', 0, 2);
  checkRange(body, 'top_p', 0, 1);
  checkRange(body, 'max_output_tokens', 16, Number.MAX_SAFE_INTEGER);
  const tools = readTools(body.tools);
  const search = readSearch(body, model);
  const reader = new InputReader();
  if (typeof body.instructions === 'string') reader.add(`developer: ${body.instructions}\n`);
  for (const item of earlier(call)) reader.read(item, 'previous');
  readInput(body.input, reader);
  const input = reader.finish();
  const head = tools.map((tool) => `tool ${tool.name}: ${tool.description} ${JSON.stringify(tool.schema)}\n`).join('');
  const maxTokens = numberIn(body.max_output_tokens);
  return {
    model,
    prompt: head + input.prompt,
    promptTokens: input.tokens + countTokens(head + input.prompt),
    lastUserText: input.lastUserText,
    tools,
    toolChoice: readChoice(body.tool_choice, tools),
    ...(search !== undefined && { search }),
    parallelTools: body.parallel_tool_calls !== false,
    toolResults: input.results,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stop: [],
    output: readOutput(body, input.prompt),
    wantsReasoning: wantsReasoning(body, model),
    choices: 1,
    seed: call.seed,
    caching: cachingOf(body, model, call.flavour, { head: head.length, ends: input.ends, marks: input.breakpoints }),
  };
}

/** The items of the conversation so far, where the request continues one. */
function earlier(call: Call): JsonValue[] {
  const id = call.body.previous_response_id;
  if (typeof id !== 'string') return [];
  const items = call.responses.get(id);
  if (items === undefined) {
    throw invalid(`Previous response with id '${id}' not found.`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    });
  }
  return items;
}

/** The request's own items: what is kept for a request that continues this one. */
export function inputItems(value: JsonValue | undefined): JsonValue[] {
  if (typeof value === 'string') return [{ role: 'user', content: value }];
  return Array.isArray(value) ? value : [];
}

function readInput(value: JsonValue | undefined, reader: InputReader): void {
  if (value !== undefined && typeof value !== 'string' && !Array.isArray(value)) {
    throw invalid(
      `Invalid type for 'input': expected one of a string or array of input items, but got ${typeName(value)} instead.`,
      {
        param: 'input',
        code: 'invalid_type',
      },
    );
  }
  inputItems(value).forEach((item, index) => {
    reader.read(item, `input[${index}]`);
  });
}

class InputReader {
  #prompt = '';
  #tokens = 0;
  #lastUserText = '';
  #results: string[] = [];
  /** Where items end, and where parts with a breakpoint do, in characters. */
  readonly #ends: number[] = [];
  readonly #breakpoints: number[] = [];
  #calls = new Set<string>();
  #answered = new Set<string>();

  add(text: string): void {
    this.#prompt += text;
  }

  read(item: JsonValue, at: string): void {
    this.#read(item, at);
    this.#ends.push(this.#prompt.length);
  }

  #read(item: JsonValue, at: string): void {
    if (!isJsonObject(item)) {
      throw invalid(`Invalid type for '${at}': expected an object, but got ${typeName(item)} instead.`, {
        param: at,
        code: 'invalid_type',
      });
    }
    const type = item.type ?? (item.role === undefined ? undefined : 'message');
    switch (type) {
      case 'message':
        this.#message(item, at);
        return;
      case 'function_call':
      case 'custom_tool_call':
        this.#call(item, at);
        return;
      case 'custom_tool_call_output':
      case 'function_call_output':
        this.#output(item, at);
        return;
      case 'reasoning':
        this.#reasoning(item, at);
        return;
      case 'compaction':
        checkSealed(item);
        this.add('[what was before]\n');
        return;
      case 'compaction_trigger':
        return;
      case undefined:
        throw invalid(`Missing required parameter: '${at}.type'.`, {
          param: `${at}.type`,
          code: 'missing_required_parameter',
        });
      default:
        this.add(`${JSON.stringify(item)}\n`);
    }
  }

  finish() {
    for (const id of this.#calls) {
      if (!this.#answered.has(id)) throw invalid(`No tool output found for function call ${id}.`, { param: 'input' });
    }
    return {
      prompt: this.#prompt,
      tokens: this.#tokens,
      lastUserText: this.#lastUserText,
      results: this.#results,
      ends: this.#ends,
      breakpoints: this.#breakpoints,
    };
  }

  #message(item: JsonObject, at: string): void {
    const { role, content } = item;
    if (typeof role !== 'string' || !ROLES.includes(role)) {
      throw invalid(
        `Invalid value: '${String(role)}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`,
        {
          param: `${at}.role`,
          code: 'invalid_value',
        },
      );
    }
    const text = typeof content === 'string' ? content : this.#parts(content, role, at);
    if (role === 'user') {
      this.#lastUserText = text;
      this.#results = [];
    }
    this.#tokens += 4;
    this.add(`${role}: ${text}\n`);
  }

  #parts(content: JsonValue | undefined, role: string, at: string): string {
    if (!Array.isArray(content)) {
      throw invalid(`Missing required parameter: '${at}.content'.`, {
        param: `${at}.content`,
        code: 'missing_required_parameter',
      });
    }
    const allowed =
      role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file', 'input_audio'];
    let before = this.#prompt.length + role.length + 2;
    return content
      .map((part, index) => {
        const place = `${at}.content[${index}]`;
        const type = isJsonObject(part) ? String(part.type) : '';
        if (!isJsonObject(part) || !allowed.includes(type)) {
          const names = allowed.map((name) => `'${name}'`).join(', ');
          throw invalid(`Invalid value: '${type}'. Supported values are: ${names}.`, {
            param: place,
            code: 'invalid_value',
          });
        }
        if (type === 'input_image' || type === 'input_file') this.#tokens += IMAGE_TOKENS;
        const text =
          typeof part.text === 'string' ? part.text : typeof part.refusal === 'string' ? part.refusal : `[${type}]`;
        before += text.length;
        if (isJsonObject(part.prompt_cache_breakpoint)) this.#breakpoints.push(before);
        return text;
      })
      .join('');
  }

  #call(item: JsonObject, at: string): void {
    const written = item.type === 'custom_tool_call' ? 'input' : 'arguments';
    for (const name of ['call_id', 'name', written] as const) {
      if (typeof item[name] !== 'string') {
        throw invalid(`Missing required parameter: '${at}.${name}'.`, {
          param: `${at}.${name}`,
          code: 'missing_required_parameter',
        });
      }
    }
    this.#calls.add(String(item.call_id));
    this.add(`call ${String(item.name)} ${String(item[written])}\n`);
  }

  #output(item: JsonObject, at: string): void {
    const id = item.call_id;
    if (typeof id !== 'string')
      throw invalid(`Missing required parameter: '${at}.call_id'.`, {
        param: `${at}.call_id`,
        code: 'missing_required_parameter',
      });
    if (!this.#calls.has(id))
      throw invalid(`No tool call found for function call output with call_id ${id}.`, { param: 'input' });
    this.#answered.add(id);
    const text = typeof item.output === 'string' ? item.output : textOfParts(item.output);
    this.#results.push(text);
    this.add(`tool: ${text}\n`);
  }

  #reasoning(item: JsonObject, at: string): void {
    checkSealed(item);
    if (!Array.isArray(item.summary)) {
      throw invalid(`Missing required parameter: '${at}.summary'.`, {
        param: `${at}.summary`,
        code: 'missing_required_parameter',
      });
    }
  }
}

function checkSealed({ id, encrypted_content: sealed }: JsonObject): void {
  if (typeof sealed !== 'string' || isMinted(sealed)) return;
  throw invalid(
    `The encrypted content for item ${String(id)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
    { param: null, code: 'invalid_encrypted_content' },
  );
}

/** Whether the last item of a request asks for compaction. */
export function asksForCompaction(body: JsonObject): boolean {
  const last = inputItems(body.input).at(-1);
  return isJsonObject(last) && last.type === 'compaction_trigger';
}

/** What a tool says in parts. */
function textOfParts(value: JsonValue | undefined): string {
  if (!Array.isArray(value)) return JSON.stringify(value ?? '');
  return value.map((part) => (isJsonObject(part) && typeof part.text === 'string' ? part.text : '')).join('');
}

function readTools(value: JsonValue | undefined): AskedTool[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    throw invalid(`Invalid type for 'tools': expected an array of objects, but got ${typeName(value)} instead.`, {
      param: 'tools',
      code: 'invalid_type',
    });
  }
  return value.flatMap((tool, index) => {
    const at = `tools[${index}]`;
    if (!isJsonObject(tool) || typeof tool.type !== 'string') {
      throw invalid(`Missing required parameter: '${at}.type'.`, {
        param: `${at}.type`,
        code: 'missing_required_parameter',
      });
    }
    // A namespace holds tools, as Codex sends them (seen in its requests, 2026-11).
    if (tool.type === 'namespace') {
      if (typeof tool.name !== 'string' || !Array.isArray(tool.tools)) {
        throw invalid(`Missing required parameter: '${at}.tools'.`, {
          param: `${at}.tools`,
          code: 'missing_required_parameter',
        });
      }
      const { name } = tool;
      return readTools(tool.tools).map((inner) => ({ ...inner, namespace: name }));
    }
    if (tool.type === 'custom' && typeof tool.name === 'string') {
      return [{ name: tool.name, description: String(tool.description ?? ''), schema: FREE_TEXT, isCustom: true }];
    }
    if (tool.type !== 'function') return [];
    if (typeof tool.name !== 'string')
      throw invalid(`Missing required parameter: '${at}.name'.`, {
        param: `${at}.name`,
        code: 'missing_required_parameter',
      });
    const schema = isJsonObject(tool.parameters) ? tool.parameters : { type: 'object', properties: {} };
    // Here schemas are strict unless the request says otherwise, but an absent `strict` makes OpenAI close the schema itself.
    if (tool.strict === true)
      checkStrictSchema(schema, `function '${tool.name}'`, `${at}.parameters`, 'invalid_function_parameters');
    return [{ name: tool.name, description: typeof tool.description === 'string' ? tool.description : '', schema }];
  });
}

function readChoice(value: JsonValue | undefined, tools: readonly AskedTool[]): AskedChoice {
  if (value === 'none' || value === 'required') return value;
  if (!isJsonObject(value) || value.type !== 'function') return 'auto';
  const { name, namespace } = value;
  const isNamed = (tool: AskedTool): boolean =>
    tool.name === name && (namespace === undefined || tool.namespace === namespace);
  if (typeof name !== 'string' || !tools.some(isNamed)) {
    throw invalid(`Tool choice '${String(name)}' not found in 'tools' parameter.`, { param: 'tool_choice' });
  }
  return { name, ...(typeof namespace === 'string' && { namespace }) };
}

function readOutput(body: JsonObject, prompt: string): AskedOutput {
  const format = isJsonObject(body.text) ? body.text.format : undefined;
  if (!isJsonObject(format)) return { kind: 'text' };
  if (format.type === 'json_object') {
    if (!/json/i.test(prompt)) {
      throw invalid(
        "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
        { param: 'input' },
      );
    }
    return { kind: 'json' };
  }
  if (format.type !== 'json_schema') return { kind: 'text' };
  if (typeof format.name !== 'string')
    throw invalid("Missing required parameter: 'text.format.name'.", {
      param: 'text.format.name',
      code: 'missing_required_parameter',
    });
  const schema = isJsonObject(format.schema) ? format.schema : {};
  if (format.strict === true)
    checkStrictSchema(schema, `response_format '${format.name}'`, 'text.format.schema', 'invalid_json_schema');
  return { kind: 'schema', schema };
}

function wantsReasoning(body: JsonObject, model: string): boolean {
  if (isJsonObject(body.reasoning) && typeof body.reasoning.effort === 'string')
    return body.reasoning.effort !== 'none';
  return /^(o\d|gpt-5)|reason|think/.test(model);
}
