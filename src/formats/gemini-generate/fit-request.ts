/**
 * Brings a request of this format to another Gemini than it was made for, by an edit of `generationConfig`: thinking levels and budgets
 * belong to generations of models, and Google refuses longer limits and more stop sequences than a model takes.
 */
import { isJsonObject, type JsonObject, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { canThink, isGemini3, thinkingBudgetRange, thinkingLevels } from '../../models/gemini-models.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import { type Dropped, FormatError } from '../format.ts';
import type { RequestMembers } from '../request-members.ts';
import { numberOf, readerOf } from './fields.ts';
import { readThinking, writeThinking } from './thinking.ts';

type Report = (dropped: Dropped) => void;

/** The members that a fitting may look at or change. */
export const FITTED_MEMBERS: readonly string[] = ['generationConfig', 'generation_config'];

/** Fits the members of a request that is relayed to a Gemini model. */
export function fitRequest(members: RequestMembers, abilities: ModelAbilities, model: string, report: Report): void {
  // Google's servers take every name in both spellings, and its Python library mixes them.
  for (const name of FITTED_MEMBERS) {
    const sent = members.get(name);
    if (!isJsonObject(sent)) continue;
    const config: JsonObject = { ...sent };
    const changed = [
      fitLimit(config, abilities, model, report),
      fitStop(config, abilities, model, report),
      fitThinking(config, model, report),
    ];
    if (changed.includes(true)) members.set(name, config);
  }
}

/** The name under which the client sent a member: in camel case or in snake case. */
function spelled(object: JsonObject, name: string): string {
  const other = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return ownValue(object, name) === undefined && ownValue(object, other) !== undefined ? other : name;
}

function fitLimit(
  config: JsonObject,
  { maxOutputTokens: most }: ModelAbilities,
  model: string,
  report: Report,
): boolean {
  const name = spelled(config, 'maxOutputTokens');
  const asked = numberOf(ownValue(config, name));
  if (most === undefined || asked === undefined || asked <= most) return false;
  setMember(config, name, most);
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
  const name = spelled(config, 'stopSequences');
  const stop = ownValue(config, name);
  if (most === undefined || !Array.isArray(stop) || stop.length <= most) return false;
  setMember(config, name, stop.slice(0, most));
  const why = `the model '${model}' takes at most ${most} stop sequences`;
  report({ field: 'generationConfig.stopSequences', why, kind: 'unsupported' });
  return true;
}

function fitThinking(config: JsonObject, model: string, report: Report): boolean {
  const name = spelled(config, 'thinkingConfig');
  const thinking = ownValue(config, name);
  if (!isJsonObject(thinking) || isTakenAsItIs(thinking, model)) return false;
  const field = 'generationConfig.thinkingConfig';
  try {
    const written = writeThinking(readThinking(readerOf(thinking, field)), model, {});
    if (isJsonObject(written)) setMember(config, name, written);
    else Reflect.deleteProperty(config, name);
    const why = isJsonObject(written) ? 'thinks in other words' : 'does not think';
    report({ field, why: `the model '${model}' ${why}`, kind: 'fitted' });
    return true;
  } catch (error) {
    // A word that no model knows: the provider says so itself.
    if (error instanceof FormatError) return false;
    throw error;
  }
}

function isTakenAsItIs(thinking: JsonObject, model: string): boolean {
  const level = ownValue(thinking, spelled(thinking, 'thinkingLevel'));
  const budget = numberOf(ownValue(thinking, spelled(thinking, 'thinkingBudget')));
  if (level === undefined && budget === undefined) return true;
  if (canThink(model) === false) return false;
  if (level !== undefined) {
    // Both at once are refused (https://ai.google.dev/gemini-api/docs/gemini-3, 2026-11-29).
    if (budget !== undefined || !isGemini3(model)) return false;
    return thinkingLevels(model).some((known) => known === String(level).toUpperCase());
  }
  if (budget === undefined || budget === -1) return true;
  // The third generation takes budgets of the second, but cannot be kept from thinking.
  if (isGemini3(model)) return budget !== 0;
  const range = thinkingBudgetRange(model);
  if (range === undefined) return true;
  return budget === 0 ? range.mayBeOff : budget >= range.least && budget <= range.most;
}
