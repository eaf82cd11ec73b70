/**
 * What single models refuse in the chat format, in their providers' words. This is the simulator's own knowledge: it is not taken from the
 * gateway, so that the two can disagree.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { invalid, Refused } from '../errors.ts';

/** A model's rules; the first row whose pattern matches counts. */
interface ModelRule {
  readonly pattern: RegExp;
  /** The words of `reasoning_effort`; an empty list: the parameter is unknown. */
  readonly efforts?: readonly string[];
  /** The largest limit of an answer. */
  readonly longest?: number;
  /** Function tools beside an effort: refused unless there is no effort, or unless it is `none`. */
  readonly beside?: 'absent' | 'none';
  readonly refusesStop?: boolean;
}

const words = (text: string): readonly string[] => text.split(' ');

/**
 * OpenAI and Azure. Efforts: the 400s quoted in https://github.com/openai/codex/issues/6647, https://github.com/livekit/agents/pull/7169 and
 * https://github.com/anomalyco/opencode/pull/26268; tools: https://github.com/openai/openai-openapi/issues/541 and
 * https://github.com/BerriAI/litellm/pull/34569; limits: https://developers.openai.com/api/docs/models (all 2026-11-28).
 */
const OPENAI: readonly ModelRule[] = [
  { pattern: /^gpt-5(\.\d)?-chat/, efforts: [], longest: 16_384 },
  { pattern: /^gpt-5-pro/, efforts: words('high'), longest: 272_000, refusesStop: true },
  { pattern: /^gpt-5\.\d-pro/, efforts: words('medium high xhigh'), longest: 128_000, refusesStop: true },
  { pattern: /^gpt-5(\.1)?-codex(?!-max)/, efforts: words('low medium high'), longest: 128_000, refusesStop: true },
  { pattern: /^gpt-5\.\d-codex/, efforts: words('low medium high xhigh'), longest: 128_000, refusesStop: true },
  { pattern: /^gpt-5(?!\.)/, efforts: words('minimal low medium high'), longest: 128_000, refusesStop: true },
  { pattern: /^gpt-5\.1/, efforts: words('none low medium high'), longest: 128_000 },
  { pattern: /^gpt-5\.[23]/, efforts: words('none low medium high xhigh'), longest: 128_000 },
  { pattern: /^gpt-5\.[45]/, efforts: words('none low medium high xhigh'), longest: 128_000, beside: 'absent' },
  {
    pattern: /^gpt-5\.[6-9]/,
    efforts: words('none low medium high xhigh max'),
    longest: 128_000,
    beside: 'none',
    refusesStop: true,
  },
  { pattern: /^(o1|o3-mini)(-\d|$)/, efforts: words('low medium high'), longest: 100_000 },
  { pattern: /^o[34]/, efforts: words('low medium high'), longest: 100_000, refusesStop: true },
  { pattern: /^(gpt-4o-2024-05-13|chatgpt-4o)/, efforts: [], longest: 4_096 },
  { pattern: /^gpt-4o/, efforts: [], longest: 16_384 },
  { pattern: /^gpt-4\.1/, efforts: [], longest: 32_768 },
  { pattern: /^gpt-4-(turbo|1106|0125)/, efforts: [], longest: 4_096 },
  { pattern: /^gpt-3\.5/, efforts: [], longest: 4_096 },
];

/** https://github.com/alvinunreal/tmuxai/issues/82, https://github.com/lobehub/lobehub/issues/8287 (2026-11-29). */
const RESPONSES_ONLY = /^(gpt-5(\.\d+)?-(codex|pro)|codex-mini|o[13]-pro|o\d(-mini)?-deep-research)/;

/** Refuses what a model of OpenAI does not take. */
export function checkOpenAiModel(body: JsonObject, model: string): void {
  if (RESPONSES_ONLY.test(model)) {
    const message = 'This model is only supported in v1/responses and not in v1/chat/completions.';
    throw new Refused({
      status: 404,
      kind: 'not-found',
      message,
      param: 'model',
      code: null,
      type: 'invalid_request_error',
    });
  }
  const rule = OPENAI.find(({ pattern }) => pattern.test(model));
  if (rule === undefined) return;
  const { efforts, longest, beside } = rule;
  const effort = body.reasoning_effort;
  if (typeof effort === 'string' && efforts?.length === 0) {
    throw invalid('Unrecognized request argument supplied: reasoning_effort');
  }
  if (typeof effort === 'string' && efforts?.includes(effort) === false) {
    const known = efforts.map((word) => `'${word}'`).join(', ');
    throw invalid(
      `Unsupported value: 'reasoning_effort' does not support '${effort}' with this model. Supported values are: ${known}.`,
      { param: 'reasoning_effort', code: 'unsupported_value' },
    );
  }
  const hasTools =
    Array.isArray(body.tools) && body.tools.some((tool) => isJsonObject(tool) && tool.type === 'function');
  const isRefusedBeside = beside === 'absent' ? typeof effort === 'string' : effort !== 'none';
  if (beside !== undefined && hasTools && isRefusedBeside) {
    const way =
      beside === 'none'
        ? "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
        : 'Please use /v1/responses instead.';
    throw invalid(
      `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. ${way}`,
      {
        param: 'reasoning_effort',
      },
    );
  }
  if (rule.refusesStop === true && body.stop !== undefined && body.stop !== null) {
    throw invalid("Unsupported parameter: 'stop' is not supported with this model.", {
      param: 'stop',
      code: 'unsupported_parameter',
    });
  }
  for (const name of ['max_tokens', 'max_completion_tokens']) checkLongest(body, name, longest);
}

/**
 * Refuses what a model of OpenAI does not take in the Responses API: https://github.com/openai/codex/issues/6647 (efforts),
 * https://github.com/OpenHands/software-agent-sdk/pull/992 (temperature), https://github.com/openai/codex/issues/9035 (verbosity).
 */
export function checkResponsesModel(body: JsonObject, model: string): void {
  const efforts = OPENAI.find(({ pattern }) => pattern.test(model))?.efforts;
  const effort = isJsonObject(body.reasoning) ? body.reasoning.effort : undefined;
  if (typeof effort === 'string' && efforts?.length === 0) {
    throw invalid("Unsupported parameter: 'reasoning.effort' is not supported with this model.", {
      param: 'reasoning.effort',
      code: 'unsupported_parameter',
    });
  }
  if (typeof effort === 'string' && efforts?.includes(effort) === false) {
    const known = efforts.map((word) => `'${word}'`).join(', ');
    throw invalid(
      `Unsupported value: '${effort}' is not supported with the '${model}' model. Supported values are: ${known}.`,
      { param: 'reasoning.effort', code: 'unsupported_value' },
    );
  }
  const isFixed = /^(gpt-5(?![.\d]|-chat)|gpt-5\.\d-(codex|pro)|gpt-5\.[6-9]|o\d)/.test(model);
  if (isFixed && typeof body.temperature === 'number' && body.temperature !== 1) {
    throw invalid("Unsupported parameter: 'temperature' is not supported with this model.", {
      param: 'temperature',
      code: 'unsupported_parameter',
    });
  }
  const verbosity = isJsonObject(body.text) ? body.text.verbosity : undefined;
  if (/^gpt-5(\.1)?-codex/.test(model) && typeof verbosity === 'string' && verbosity !== 'medium') {
    throw invalid(
      `Unsupported value: '${verbosity}' is not supported with the '${model}' model. Supported values are: 'medium'.`,
      { param: 'text.verbosity', code: 'unsupported_value' },
    );
  }
}

function checkLongest(body: JsonObject, name: string, longest: number | undefined): void {
  const asked = name === 'max_tokens' ? body.max_tokens : body.max_completion_tokens;
  if (longest === undefined || typeof asked !== 'number' || asked <= longest) return;
  throw invalid(
    `${name} is too large: ${asked}. This model supports at most ${longest} completion tokens, whereas you provided ${asked}.`,
    { param: name, code: 'invalid_value' },
  );
}

/**
 * DeepSeek: https://github.com/deepseek-ai/DeepSeek-V3/issues/1376 (forced tools), https://github.com/router-for-me/CLIProxyAPI/issues/1307
 * (unknown variants) and https://api-docs.deepseek.com/quick_start/pricing (limits) (2026-11-28).
 */
export function checkDeepSeekModel(body: JsonObject, model: string): void {
  const effort = body.reasoning_effort;
  const known = ['low', 'medium', 'high', 'xhigh', 'max'];
  if (typeof effort === 'string' && !known.includes(effort)) {
    throw invalid(
      `Failed to deserialize the JSON body into the target type: reasoning_effort: unknown variant \`${effort}\`, expected one of ${known.map((word) => `\`${word}\``).join(', ')}`,
    );
  }
  const type = isJsonObject(body.thinking) ? body.thinking.type : undefined;
  if (type !== undefined && type !== 'enabled' && type !== 'disabled') {
    throw invalid(
      `Failed to deserialize the JSON body into the target type: thinking.type: unknown variant \`${String(type)}\``,
    );
  }
  const thinks = /reasoner/.test(model) || (/-v[4-9]/.test(model) ? type !== 'disabled' : type === 'enabled');
  if (thinks && isForced(body.tool_choice)) throw invalid('Thinking mode does not support this tool_choice');
  const longest = /deepseek-chat/.test(model) ? 8_192 : undefined;
  if (longest !== undefined && typeof body.max_tokens === 'number' && body.max_tokens > longest) {
    throw invalid(`Invalid max_tokens value, the valid range of max_tokens is [1, ${longest}]`);
  }
}

function isForced(choice: JsonValue | undefined): boolean {
  return choice === 'required' || (isJsonObject(choice) && choice.type === 'function');
}

/** What other vendors' models refuse; the model's name says whose it is. */
const OTHERS: readonly { readonly pattern: RegExp; readonly check: (body: JsonObject, model: string) => void }[] = [
  // https://github.com/can1357/oh-my-pi/issues/1077 and https://platform.kimi.ai/docs/api/chat (2026-11-28)
  {
    pattern: /^kimi-k(2\.[5-9]|3)/,
    check(body, model) {
      const mayBeOff = /^kimi-k2\.[56]/.test(model);
      const isOff = isJsonObject(body.thinking) && body.thinking.type === 'disabled';
      if (isOff && !mayBeOff) throw invalid('invalid thinking: only type=enabled is allowed for this model');
      if (isForced(body.tool_choice) && !isOff)
        throw invalid("tool_choice 'specified' is incompatible with thinking enabled");
      refuseEffort(body, model.startsWith('kimi-k3') ? ['low', 'high', 'max'] : ['low', 'medium', 'high']);
    },
  },
  // https://console.groq.com/docs/reasoning and https://github.com/vercel/ai/pull/7731 (2026-11-28)
  { pattern: /^qwen\/qwen3/, check: (body) => refuseEffort(body, ['none', 'default']) },
  { pattern: /gpt-oss/, check: (body) => refuseEffort(body, ['low', 'medium', 'high']) },
  { pattern: /^llama-3/, check: (body) => refuseEffort(body, []) },
  // https://github.com/architects-toolkit/SmartHopper/issues/647 and https://github.com/dust-tt/dust/pull/27613 (2026-11-28)
  { pattern: /^mistral-(small-(latest|26)|medium-(26|3[.-]5))/, check: (body) => refuseEffort(body, ['none', 'high']) },
  { pattern: /^(mistral-large|codestral|ministral|devstral)/, check: (body) => refuseEffort(body, []) },
  // https://docs.x.ai/developers/model-capabilities/text/reasoning and https://github.com/NousResearch/hermes-agent/issues/23088 (2026-11-28)
  { pattern: /^grok-4\.3/, check: (body) => refuseEffort(body, ['none', 'low', 'medium', 'high']) },
  { pattern: /^grok-4\.5/, check: (body) => refuseEffort(body, ['low', 'medium', 'high']) },
  { pattern: /^grok-4\.6/, check: (body) => refuseEffort(body, ['low', 'medium', 'high', 'xhigh']) },
  { pattern: /^grok-(4($|-)|code)/, check: (body) => refuseEffort(body, []) },
  // https://dev.to/aihubmix/glm-53-api-guide-always-on-thinking-3-effort-levels-and-the-support-matrix-1d8e (2026-11-28)
  { pattern: /^glm-5\.3/, check: (body) => refuseEffort(body, ['low', 'high', 'max']) },
  // Chat templates: https://github.com/ollama/ollama/issues/17774 and https://github.com/vllm-project/vllm/issues/41114 (2026-11-28)
  { pattern: /^qwen[23]/, check: refuseLateSystem },
];

/** Refuses what a model of another vendor does not take. */
export function checkOtherModel(body: JsonObject, model: string): void {
  for (const { pattern, check } of OTHERS) if (pattern.test(model)) check(body, model);
}

function refuseEffort(body: JsonObject, known: readonly string[]): void {
  const effort = body.reasoning_effort;
  if (typeof effort !== 'string' || known.includes(effort)) return;
  throw invalid(
    known.length === 0
      ? 'reasoning_effort is not supported with this model'
      : `reasoning_effort='${effort}' is not supported for this model. Must be one of ${known.join(', ')}`,
    { param: 'reasoning_effort' },
  );
}

function refuseLateSystem(body: JsonObject): void {
  const messages = Array.isArray(body.messages) ? body.messages : [];
  if (messages.some((message, index) => index > 0 && isJsonObject(message) && message.role === 'system')) {
    throw invalid('System message must be at the beginning.');
  }
}
