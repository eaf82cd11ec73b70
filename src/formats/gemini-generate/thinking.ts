/** How much to think: the neutral request and Gemini's `thinkingConfig`, in both directions. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import {
  canThink,
  isGemini3,
  type ThinkingLevel,
  thinkingBudgetRange,
  thinkingLevels,
} from '../../models/gemini-models.ts';
import type { ModelTraits } from '../format.ts';
import type { ReasoningEffort, ReasoningRequest } from '../neutral/conversation.ts';
import { budgetTokensOfEffort, effortOfBudgetTokens } from '../neutral/reasoning.ts';

const LEVEL_OF_EFFORT: Readonly<Record<ReasoningEffort, ThinkingLevel>> = {
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
};

const EFFORT_OF_LEVEL: Readonly<Record<ThinkingLevel, ReasoningEffort>> = {
  MINIMAL: 'minimal',
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
};

const LADDER: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];

/** `thinkingConfig` for a request; undefined if there is nothing to say, `'unsupported'` for a model that cannot think. */
export function writeThinking(
  reasoning: ReasoningRequest | undefined,
  model: string,
  traits: ModelTraits,
): JsonObject | 'unsupported' | undefined {
  if (reasoning === undefined) return undefined;
  const isOff = wantsNone(reasoning);
  if (canThink(model) === false || traits.reasoning === false) {
    const asksForNothing = isOff || Object.keys(reasoning).every((key) => key === 'include');
    return asksForNothing ? undefined : 'unsupported';
  }
  // Both at once are refused, so a model of the third generation gets only a level and an older one only a budget.
  const amount = isGemini3(model) ? levelOf(reasoning, isOff, model) : budgetOf(reasoning, isOff, model);
  const include = reasoning.include ?? (isOff ? undefined : true);
  const config: JsonObject = {
    ...amount,
    ...defined({ includeThoughts: include }),
  };
  return Object.keys(config).length === 0 ? undefined : config;
}

/** Whether a model thinks although the request says that it should not. */
export function thinksUnwanted(reasoning: ReasoningRequest | undefined, written: JsonObject | undefined): boolean {
  if (reasoning === undefined || written === undefined || !wantsNone(reasoning)) return false;
  return written.thinkingBudget !== 0;
}

function wantsNone({ mode, effort, budgetTokens }: ReasoningRequest): boolean {
  return (
    mode === 'disabled' || (mode !== 'enabled' && (effort === 'none' || (effort === undefined && budgetTokens === 0)))
  );
}

function levelOf(reasoning: ReasoningRequest, isOff: boolean, model: string): JsonObject {
  const effort = isOff
    ? 'none'
    : (reasoning.effort ??
      (reasoning.budgetTokens === undefined ? undefined : effortOfBudgetTokens(reasoning.budgetTokens)));
  if (effort === undefined) return {};
  const wanted = LADDER.indexOf(LEVEL_OF_EFFORT[effort]);
  const level = thinkingLevels(model).find((candidate) => LADDER.indexOf(candidate) >= wanted);
  return { thinkingLevel: level ?? 'HIGH' };
}

function budgetOf(reasoning: ReasoningRequest, isOff: boolean, model: string): JsonObject {
  const range = thinkingBudgetRange(model);
  if (isOff) return { thinkingBudget: range !== undefined && !range.mayBeOff ? range.least : 0 };
  const asked =
    reasoning.budgetTokens ?? (reasoning.effort === undefined ? undefined : budgetTokensOfEffort(reasoning.effort));
  // -1 lets the model choose.
  if (asked === undefined) return reasoning.mode === undefined ? {} : { thinkingBudget: -1 };
  return { thinkingBudget: range === undefined ? asked : Math.min(Math.max(asked, range.least), range.most) };
}

/** The neutral request of a client's `thinkingConfig`. */
export function readThinking(config: JsonReader): ReasoningRequest {
  const budget = config.integer('thinkingBudget');
  const level = config.string('thinkingLevel');
  const include = config.boolean('includeThoughts');
  return {
    ...(budget === undefined ? {} : readBudget(budget)),
    ...(level === undefined ? {} : { effort: readLevel(level, config) }),
    ...defined({ include }),
  };
}

function readBudget(budget: number): ReasoningRequest {
  if (budget < 0) return { mode: 'adaptive' };
  return budget === 0 ? { mode: 'disabled' } : { mode: 'enabled', budgetTokens: budget };
}

function readLevel(level: string, config: JsonReader): ReasoningEffort {
  const known = LADDER.find((candidate) => candidate === level.toUpperCase());
  if (known === undefined) throw config.wrongChoice('thinkingLevel', LADDER);
  return EFFORT_OF_LEVEL[known];
}
