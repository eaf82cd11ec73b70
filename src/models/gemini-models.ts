/** What a Gemini model's name says about the parameters it takes. Names that the tables do not know count as the newest generation's. */

/** The generation in a model's name: `models/gemini-2.5-pro` → 2.5; undefined if the name does not say it. */
function generationOf(model: string): number | undefined {
  const match = /gemini-(?:[a-z]+-)*(\d+(?:\.\d+)?)/.exec(model.toLowerCase());
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/**
 * Gemini 3 and newer: thinking levels, checked thought signatures, media in function responses. `gemini-flash-latest` and its
 * siblings name models of this generation too (https://github.com/livekit/agents/pull/6011, read 2026-11-23).
 */
export function isGemini3(model: string): boolean {
  const generation = generationOf(model);
  return generation === undefined ? /gemini-(?:pro|flash|flash-lite)-latest/i.test(model) : generation >= 3;
}

/** Whether a model can think at all: from 2.5 on, as far as the name says; undefined if it does not. */
export function canThink(model: string): boolean | undefined {
  const generation = generationOf(model);
  return generation === undefined ? undefined : generation >= 2.5;
}

/** Whether a model takes JSON Schema as it is; before 2.0 only the OpenAPI subset (API reference, `responseJsonSchema`, 2026-11-23). */
export function takesJsonSchema(model: string): boolean {
  const generation = generationOf(model);
  return generation === undefined || generation >= 2;
}

/** The smallest and largest thinking budget and whether thinking can be switched off. */
interface BudgetRange {
  readonly least: number;
  readonly most: number;
  readonly mayBeOff: boolean;
}

/** The budgets the 2.5 models take; Google refuses others (https://ai.google.dev/gemini-api/docs/thinking, 2026-11-23). */
export function thinkingBudgetRange(model: string): BudgetRange | undefined {
  const name = model.toLowerCase();
  if (generationOf(name) !== 2.5) return undefined;
  if (name.includes('flash-lite')) return { least: 512, most: 24_576, mayBeOff: true };
  if (name.includes('flash')) return { least: 1, most: 24_576, mayBeOff: true };
  return { least: 128, most: 32_768, mayBeOff: false };
}

/**
 * The thinking levels a model takes; any other is refused. Flash before 3.7 and Flash-Lite take all four, 3.0 Pro two, everything
 * newer all but `MINIMAL` (https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/guides/gemini-3-8-flash and
 * https://ai.google.dev/gemini-api/docs/generate-content/latest-model, 2026-11-23).
 */
export function thinkingLevels(model: string): readonly ThinkingLevel[] {
  const name = model.toLowerCase();
  const generation = generationOf(name) ?? Number.POSITIVE_INFINITY;
  if (name.includes('flash-lite') && (generation < 4 || generation === Number.POSITIVE_INFINITY)) return ALL_LEVELS;
  if (name.includes('flash') && generation < 3.7) return ALL_LEVELS;
  return name.includes('pro') && generation === 3 ? ['LOW', 'HIGH'] : ['LOW', 'MEDIUM', 'HIGH'];
}

/**
 * Gemini 4 answers penalties and more than one candidate with 400 (Google's migration notes as told by
 * https://dev.to/aihubmix/gemini-4-neon-migration-default-high-thinking-400-errors-and-the-65k-cap-45gj, 2026-11-23).
 */
export function isGemini4(model: string): boolean {
  const generation = generationOf(model);
  return generation !== undefined && generation >= 4;
}

/** Google's words for how much to think. */
export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH';

const ALL_LEVELS: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];
