/**
 * What differs between Claude models in the shape of a request. Told from the version in the model's name, so that the names
 * of Bedrock and Vertex (`us.anthropic.claude-opus-4-6-v1`, `claude-opus-4-6@20260205`) and dated ones are understood too.
 * Sources, read 2026-11: platform.claude.com extended-thinking, thinking, effort, structured-outputs and the migration guides of 4.6
 * to 5.5; the model catalogue of @ai-sdk/anthropic 4.0.105.
 */

/** How a model thinks, what it refuses, and which parameters it knows. */
export interface ClaudeAbilities {
  /** Takes `thinking: {type: 'adaptive'}` (4.6 and later). */
  readonly adaptiveThinking: boolean;
  /** Takes `thinking: {type: 'enabled', budget_tokens}`: came with 3.7, refused with 400 from 4.7 on. */
  readonly budgetThinking: boolean;
  /** Takes `thinking: {type: 'disabled'}`. */
  readonly canDisableThinking: boolean;
  /** Takes `thinking: {type: 'between_tools'}`, the least that Sonnet 5.5 thinks. */
  readonly betweenToolsThinking: boolean;
  /** The words that `output_config.effort` may be. */
  readonly efforts: readonly ('low' | 'medium' | 'high' | 'xhigh' | 'max')[];
  /**
   * The same beside `thinking: {type: 'disabled'}`: from 5 on "'xhigh' is not supported when thinking is disabled on this model"
   * (https://github.com/BerriAI/litellm/pull/35211 and https://github.com/anthropics/claude-code/issues/84844, 2026-11-28).
   */
  readonly effortsWithoutThinking: ClaudeAbilities['efforts'];
  /** Takes `temperature`, `top_p` and `top_k`: removed with 4.7. */
  readonly sampling: boolean;
  /** Takes `temperature` together with `top_p`: refused from Opus 4.1 on. */
  readonly temperatureWithTopP: boolean;
  /** Takes `tool_choice` `any` and `tool`: refused by the models that always think since Fable 5.1. */
  readonly forcedToolUse: boolean;
  /** Takes `output_config.format` and strict tools. */
  readonly structuredOutput: boolean;
  /** Takes `role: "system"` inside `messages` (Opus 4.8 and later). */
  readonly systemInMessages: boolean;
  /** Returns thoughts without their text unless `display: "summarized"` asks for it (4.7 and later). */
  readonly hidesThoughts: boolean;
  /** Whether it continues an assistant's turn that comes last: refused with 400 from 4.6 on. Undefined if the name does not say. */
  readonly prefill: boolean | undefined;
}

/** A model whose name says nothing, such as another vendor's behind this format: write what is asked and let it answer. */
const UNKNOWN: ClaudeAbilities = {
  adaptiveThinking: false,
  budgetThinking: true,
  canDisableThinking: true,
  betweenToolsThinking: false,
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  effortsWithoutThinking: ['low', 'medium', 'high', 'xhigh', 'max'],
  sampling: true,
  temperatureWithTopP: true,
  forcedToolUse: true,
  structuredOutput: true,
  systemInMessages: false,
  hidesThoughts: false,
  prefill: undefined,
};

type Family = 'opus' | 'sonnet' | 'haiku' | 'fable' | 'mythos';

const FAMILY_FIRST = /claude-(opus|sonnet|haiku|fable|mythos)-(?:(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?|preview)/;
const VERSION_FIRST = /claude-(\d{1,2})(?:[-.](\d{1,2}))?-(opus|sonnet|haiku)/;

function versionOf(model: string): { family: Family; version: number } | undefined {
  const name = model.toLowerCase();
  const first = FAMILY_FIRST.exec(name);
  if (first !== null) {
    // Mythos Preview came with 4.7's rules (platform.claude.com, adaptive thinking).
    const version = first[2] === undefined ? 47 : Number(first[2]) * 10 + Number(first[3] ?? 0);
    return { family: first[1] as Family, version };
  }
  const second = VERSION_FIRST.exec(name);
  if (second === null) return undefined;
  return { family: second[3] as Family, version: Number(second[1]) * 10 + Number(second[2] ?? 0) };
}

function effortsOf(family: Family, version: number): ClaudeAbilities['efforts'] {
  if (version >= 47) return ['low', 'medium', 'high', 'xhigh', 'max'];
  if (version >= 46) return ['low', 'medium', 'high', 'max'];
  return family === 'opus' && version === 45 ? ['low', 'medium', 'high'] : [];
}

/** Whether a name says which Claude it means. */
export function isKnownClaude(model: string): boolean {
  return versionOf(model) !== undefined;
}

/** What the model of this name can do; a newer version than is known here is taken to be like the newest. */
export function claudeAbilities(model: string): ClaudeAbilities {
  const named = versionOf(model);
  if (named === undefined) return UNKNOWN;
  const { family, version } = named;
  const alwaysThinks =
    family === 'fable' || family === 'mythos' || ((family === 'opus' || family === 'sonnet') && version >= 55);
  const refusesForce =
    ((family === 'fable' || family === 'mythos') && version >= 51) ||
    ((family === 'opus' || family === 'sonnet') && version >= 55);
  const efforts = effortsOf(family, version);
  return {
    adaptiveThinking: version >= 46,
    budgetThinking: version >= 37 && version <= 46,
    canDisableThinking: !alwaysThinks,
    betweenToolsThinking: family === 'sonnet' && version >= 55,
    efforts,
    effortsWithoutThinking:
      version >= 50 ? efforts.filter((effort) => effort !== 'xhigh' && effort !== 'max') : efforts,
    sampling: version < 47,
    temperatureWithTopP: version < 41,
    forcedToolUse: !refusesForce,
    structuredOutput: version >= 45 || (family === 'opus' && version === 41),
    systemInMessages: version >= 50 || (family === 'opus' && version >= 48),
    hidesThoughts: version >= 47,
    prefill: version < 46,
  };
}
