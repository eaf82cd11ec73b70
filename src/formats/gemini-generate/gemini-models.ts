/** What a Gemini model's name tells about the words it takes. Names the tables do not know count as the newest generation's. */

/** The generation in a model's name: `models/gemini-2.5-pro` → 2.5; undefined where the name does not say it. */
function generationOf(model: string): number | undefined {
  const match = /gemini-(?:[a-z]+-)*(\d+(?:\.\d+)?)/.exec(model.toLowerCase());
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/**
 * Gemini 3 and newer: thinking levels, checked thought signatures, media in function responses. `gemini-flash-latest` and its
 * siblings have named a model of this generation since 2026-01 (https://ai.google.dev/gemini-api/docs/models, 2026-11-23).
 */
export function isGemini3(model: string): boolean {
  const generation = generationOf(model);
  return generation === undefined ? /gemini-(?:pro|flash|flash-lite)-latest/i.test(model) : generation >= 3;
}

/** Whether a model can think at all: from 2.5 on, as far as the name tells; undefined where it does not. */
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
export interface BudgetRange {
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
 * The thinking levels a Gemini 3 model takes: Flash all four, Pro no `MINIMAL`, and 3.0 Pro no `MEDIUM` either
 * (https://ai.google.dev/gemini-api/docs/gemini-3, 2026-11-23).
 */
export function thinkingLevels(model: string): readonly ThinkingLevel[] {
  const name = model.toLowerCase();
  if (!name.includes('pro')) return ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];
  return generationOf(name) === 3 ? ['LOW', 'HIGH'] : ['LOW', 'MEDIUM', 'HIGH'];
}

/** Google's words for how much to think. */
export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH';
