/**
 * What single Claude models refuse, in Anthropic's words. This is the simulator's own knowledge: it is not taken from the gateway, so that
 * the two can disagree. Sources, read 2026-11-28: https://platform.claude.com/docs/en/about-claude/models/migration-guide,
 * https://platform.claude.com/docs/en/build-with-claude/effort and https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking;
 * https://github.com/BerriAI/litellm/pull/35211 (effort without thinking), https://github.com/makenotion/notion-mcp-server/issues/341
 * (schemas), https://platform.claude.com/docs/en/about-claude/models/overview (limits).
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { invalid } from '../errors.ts';

interface Claude {
  readonly family: string;
  /** 4.5 is 45. */
  readonly version: number;
}

/** The family and version in a model's name; undefined for names without them, which refuse nothing here. */
function claudeOf(model: string): Claude | undefined {
  const named = /claude-([a-z]+)-(\d)(?:-(\d)(?!\d))?/.exec(model);
  if (named?.[1] !== undefined) return { family: named[1], version: Number(named[2]) * 10 + Number(named[3] ?? 0) };
  const older = /claude-(\d)(?:-(\d))?-([a-z]+)/.exec(model);
  if (older?.[3] === undefined) return undefined;
  return { family: older[3], version: Number(older[1]) * 10 + Number(older[2] ?? 0) };
}

/** Refuses what the model of this name does not take. */
export function checkClaudeModel(body: JsonObject, model: string, isCount: boolean): void {
  const claude = claudeOf(model);
  if (claude === undefined) return;
  checkThinking(body, claude);
  checkEffort(body, claude);
  checkSampling(body, claude);
  checkSchemas(body);
  checkMessages(body.messages, claude);
  if (isCount) return;
  const most = longestOf(claude);
  if (typeof body.max_tokens === 'number' && body.max_tokens > most) {
    throw invalid(
      `max_tokens: ${body.max_tokens} > ${most}, which is the maximum allowed number of output tokens for ${model}`,
    );
  }
}

function longestOf({ family, version }: Claude): number {
  if (version < 35) return 4_096;
  if (version === 35) return 8_192;
  if (family === 'opus' && version < 45) return version < 40 ? 4_096 : 32_000;
  return version >= 50 || (family === 'opus' && version >= 46) ? 128_000 : 64_000;
}

const alwaysThinks = ({ family, version }: Claude): boolean =>
  family === 'fable' || family === 'mythos' || version >= 55;

function checkThinking(body: JsonObject, claude: Claude): void {
  const type = isJsonObject(body.thinking) ? body.thinking.type : undefined;
  const { version } = claude;
  if (type === 'adaptive' && version < 46) throw invalid('adaptive thinking is not supported on this model');
  if (type === 'enabled' && version < 37) throw invalid('thinking is not supported on this model');
  if (type === 'enabled' && version >= 47) {
    throw invalid(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    );
  }
  if (type === 'disabled' && alwaysThinks(claude))
    throw invalid('"thinking.type.disabled" is not supported for this model.');
  const choice = isJsonObject(body.tool_choice) ? body.tool_choice.type : undefined;
  const isForced = choice === 'any' || choice === 'tool';
  if (isForced && alwaysThinks(claude) && !(claude.family === 'fable' && version === 50)) {
    throw invalid('Thinking may not be enabled when tool_choice forces tool use.');
  }
}

function checkEffort(body: JsonObject, { family, version }: Claude): void {
  const effort = isJsonObject(body.output_config) ? body.output_config.effort : undefined;
  if (effort === undefined) return;
  const known = ['low', 'medium', 'high'];
  if (version >= 46) known.push('max');
  if (version >= 47) known.push('xhigh');
  if (version < 45 || (version === 45 && family !== 'opus'))
    throw invalid('This model does not support the effort parameter.');
  if (typeof effort !== 'string' || !known.includes(effort)) {
    throw invalid(
      `output_config.effort: '${String(effort)}' is not supported on this model. Supported levels: ${known.join(', ')}`,
    );
  }
  const isOff = isJsonObject(body.thinking) && body.thinking.type === 'disabled';
  if (isOff && version >= 50 && (effort === 'xhigh' || effort === 'max')) {
    throw invalid(
      `output_config.effort '${effort}' is not supported when thinking is disabled on this model. Use effort 'high' or below, or enable thinking.`,
    );
  }
}

function checkSampling(body: JsonObject, { family, version }: Claude): void {
  const temperature = body.temperature ?? undefined;
  const topP = body.top_p ?? undefined;
  if (version >= 47) {
    for (const [name, value] of [
      ['temperature', temperature === 1 ? undefined : temperature],
      ['top_p', topP === 1 ? undefined : topP],
      ['top_k', body.top_k ?? undefined],
    ] as const) {
      if (value !== undefined) throw invalid(`\`${name}\` is deprecated for this model.`);
    }
  }
  const excludesBoth = version >= 45 || (family === 'opus' && version === 41);
  if (excludesBoth && temperature !== undefined && topP !== undefined) {
    throw invalid('`temperature` and `top_p` cannot both be specified for this model. Please use only one.');
  }
}

function checkSchemas(body: JsonObject): void {
  const tools = Array.isArray(body.tools) ? body.tools : [];
  tools.forEach((tool, index) => {
    const schema = isJsonObject(tool) ? tool.input_schema : undefined;
    if (!isJsonObject(schema)) return;
    if (schema.oneOf !== undefined || schema.allOf !== undefined || schema.anyOf !== undefined) {
      throw invalid(
        `tools.${index}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
      );
    }
  });
  const format = isJsonObject(body.output_config) ? body.output_config.format : undefined;
  if (isJsonObject(format)) checkClosed(format.schema);
}

function checkClosed(schema: JsonValue | undefined): void {
  if (Array.isArray(schema)) for (const one of schema) checkClosed(one);
  if (!isJsonObject(schema)) return;
  if (schema.type === 'object' && schema.additionalProperties !== false) {
    throw invalid(
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    );
  }
  for (const map of [schema.properties, schema.$defs]) {
    if (isJsonObject(map)) for (const one of Object.values(map)) checkClosed(one);
  }
  for (const one of [schema.items, schema.anyOf, schema.allOf]) checkClosed(one);
}

function checkMessages(messages: JsonValue | undefined, { family, version }: Claude): void {
  if (!Array.isArray(messages)) return;
  const takesSystem = version >= 50 || (family === 'opus' && version >= 48);
  const isSystem = (message: JsonValue): boolean => isJsonObject(message) && message.role === 'system';
  if (!takesSystem && messages.some(isSystem)) {
    throw invalid('messages: Unexpected role "system". Allowed roles are "user" or "assistant"');
  }
  const last = messages.at(-1);
  if (version >= 46 && isJsonObject(last) && last.role === 'assistant') {
    throw invalid(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
}

/** The types of images by how they begin in base64. */
const BEGINS = { iVBOR: 'image/png', '/9j/': 'image/jpeg', R0lGO: 'image/gif', UklGR: 'image/webp' } as const;

/** Refuses an image whose bytes are of another type than its source says. */
export function checkImageType(data: string, mediaType: string, at: string): void {
  const actual = Object.entries(BEGINS).find(([begin]) => data.startsWith(begin))?.[1];
  if (actual === undefined || actual === mediaType) return;
  throw invalid(
    `${at}.source.base64: The image was specified using the ${mediaType} media type, but the image appears to be a ${actual} image`,
  );
}
