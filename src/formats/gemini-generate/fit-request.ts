/**
 * Brings a request of this format to another Gemini than it was made for, by an edit of `generationConfig`: thinking levels and budgets
 * belong to generations of models, and Google refuses longer limits and more stop sequences than a model takes.
 */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { canThink, isGemini3, thinkingBudgetRange, thinkingLevels } from '../../models/gemini-models.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import { type Dropped, FormatError } from '../format.ts';
import type { RequestMembers } from '../request-members.ts';
import { readerOf } from './fields.ts';
import { readThinking, writeThinking } from './thinking.ts';

type Report = (dropped: Dropped) => void;

/** The members that a fitting may look at or change. */
export const FITTED_MEMBERS: readonly string[] = ['generationConfig'];

/** Fits the members of a request that is relayed to a Gemini model. */
export function fitRequest(members: RequestMembers, abilities: ModelAbilities, model: string, report: Report): void {
  const sent = members.get('generationConfig');
  if (!isJsonObject(sent)) return;
  const config: JsonObject = { ...sent };
  const changed = [
    fitLimit(config, abilities, model, report),
    fitStop(config, abilities, model, report),
    fitThinking(config, model, report),
  ];
  if (changed.includes(true)) members.set('generationConfig', config);
}

function fitLimit(
  config: JsonObject,
  { maxOutputTokens: most }: ModelAbilities,
  model: string,
  report: Report,
): boolean {
  const asked = config.maxOutputTokens;
  if (most === undefined || typeof asked !== 'number' || asked <= most) return false;
  config.maxOutputTokens = most;
  const why = `lowered to ${most}, the most that the model '${model}' can write`;
  report({ field: 'generationConfig.maxOutputTokens', why, kind: 'fitted' });
  return true;
}

function fitStop(
  config: JsonObject,
  { maxStopSequences: most }: ModelAbilities,
  model: string,
  report: Report,
): boolean {
  const stop = config.stopSequences;
  if (most === undefined || !Array.isArray(stop) || stop.length <= most) return false;
  config.stopSequences = stop.slice(0, most);
  const why = `the model '${model}' takes at most ${most} stop sequences`;
  report({ field: 'generationConfig.stopSequences', why, kind: 'unsupported' });
  return true;
}

function fitThinking(config: JsonObject, model: string, report: Report): boolean {
  const thinking = config.thinkingConfig;
  if (!isJsonObject(thinking) || isTakenAsItIs(thinking, model)) return false;
  const field = 'generationConfig.thinkingConfig';
  try {
    const written = writeThinking(readThinking(readerOf(thinking, field)), model, {});
    if (isJsonObject(written)) config.thinkingConfig = written;
    else Reflect.deleteProperty(config, 'thinkingConfig');
    const why = isJsonObject(written) ? 'thinks in other words' : 'does not think';
    report({ field, why: `the model '${model}' ${why}`, kind: 'fitted' });
    return true;
  } catch (error) {
    // A word that no model knows: the provider says so itself.
    if (error instanceof FormatError) return false;
    throw error;
  }
}

function isTakenAsItIs({ thinkingLevel: level, thinkingBudget: budget }: JsonObject, model: string): boolean {
  if (level === undefined && budget === undefined) return true;
  if (canThink(model) === false) return false;
  if (level !== undefined) {
    return isGemini3(model) && thinkingLevels(model).some((known) => known === String(level).toUpperCase());
  }
  const range = thinkingBudgetRange(model);
  if (range === undefined || typeof budget !== 'number' || budget === -1) return true;
  return budget === 0 ? range.mayBeOff : budget >= range.least && budget <= range.most;
}
