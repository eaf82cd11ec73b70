/**
 * Brings a request of this format to what its model takes, in both lanes: how much to think, the limit of the answer, the number of
 * stop sequences, where instructions may stand. What the table of models does not know is left as it is.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import { readerOf } from '../body-reader.ts';
import { type Dropped, FormatError } from '../format.ts';
import type { RequestMembers } from '../request-members.ts';
import { fitReasoning, isForcedChoice, type ReasoningWish } from './fit-reasoning.ts';
import { instructionsFirst } from './instructions-first.ts';
import { readReasoning } from './reasoning-effort.ts';

type Report = (dropped: Dropped) => void;

/** The members that a fitting may look at or change. */
export const FITTED_MEMBERS: readonly string[] = [
  'max_tokens',
  'max_completion_tokens',
  'reasoning_effort',
  'thinking',
  'stop',
  'tools',
  'messages',
];

/** Fits the members of a request. `wish` says how much to think if the members do not (it was said in another format). */
export function fitRequest(
  members: RequestMembers,
  abilities: ModelAbilities,
  model: string,
  report: Report,
  wish: ReasoningWish | undefined = wishOf(members, abilities),
): void {
  if (wish !== undefined) writeReasoning(members, wish, abilities, model, report);
  fitLimit(members, abilities, model, report);
  fitStop(members, abilities, model, report);
  if (abilities.systemFirst === true && mayHaveLateInstructions(members)) {
    const messages = members.get('messages');
    const ordered = Array.isArray(messages) ? instructionsFirst(messages) : undefined;
    if (ordered !== undefined) {
      members.set('messages', ordered.messages);
      report({
        field: ordered.field,
        why: `the model '${model}' takes instructions only in one message at the beginning; this one is in the user's turn`,
        kind: 'fitted',
      });
    }
  }
}

const BEGINS_WITH_INSTRUCTION = /^\[\s*\{\s*"role"\s*:\s*"(?:system|developer)"/;

/** Whether an instruction may stand elsewhere than first: told from the bytes, so that most conversations are not parsed. */
function mayHaveLateInstructions(members: RequestMembers): boolean {
  const count = members.countOf('messages', 'system') + members.countOf('messages', 'developer');
  return count > 1 || (count === 1 && !BEGINS_WITH_INSTRUCTION.test(members.beginOf('messages') ?? ''));
}

/** What a request of this format asks about thoughts; undefined if the model's answer does not depend on it. */
function wishOf(members: RequestMembers, abilities: ModelAbilities): ReasoningWish | undefined {
  const { reasoning } = abilities;
  if (reasoning === undefined) return undefined;
  const effort = members.get('reasoning_effort');
  const thinking = members.get('thinking');
  const wantsTools = reasoning.how === 'effort' && reasoning.besideTools !== undefined;
  if (effort === undefined && thinking === undefined && !wantsTools && abilities.forcedTools === undefined) {
    return undefined;
  }
  const said: JsonObject = {};
  if (effort !== undefined) said.reasoning_effort = effort;
  if (thinking !== undefined) said.thinking = thinking;
  let read: ReasoningWish['reasoning'];
  try {
    read = readReasoning(readerOf(said));
  } catch (error) {
    // A word that no model knows: the provider says so in its own words.
    if (error instanceof FormatError) return undefined;
    throw error;
  }
  return {
    reasoning: read,
    field: effort === undefined && thinking !== undefined ? 'thinking' : 'reasoning_effort',
    isHint: isJsonObject(thinking) && thinking.type === 'adaptive',
    ...(isJsonObject(thinking) && { sentThinking: thinking }),
    hasFunctionTools: holdsFunctionTools(members),
    isForced: isForcedChoice(members.get('tool_choice')),
  };
}

function holdsFunctionTools(members: RequestMembers): boolean {
  const tools = members.get('tools');
  return Array.isArray(tools) && tools.some((tool) => isJsonObject(tool) && (tool.type ?? 'function') === 'function');
}

function writeReasoning(
  members: RequestMembers,
  wish: ReasoningWish,
  abilities: ModelAbilities,
  model: string,
  report: Report,
): void {
  if (abilities.reasoning === undefined) return;
  const { members: wanted, unforced } = fitReasoning(wish, abilities, model, report);
  for (const name of ['reasoning_effort', 'thinking']) {
    if (members.get(name) !== undefined && ownValue(wanted, name) === undefined) members.remove(name);
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    const sent = members.get(name);
    if (name === 'chat_template_kwargs' && isJsonObject(sent) && isJsonObject(value)) {
      members.set(name, { ...value, ...sent });
    } else if (JSON.stringify(sent) !== JSON.stringify(value)) members.set(name, value);
  }
  if (unforced) members.set('tool_choice', 'auto');
}

function fitLimit(members: RequestMembers, abilities: ModelAbilities, model: string, report: Report): void {
  const { maxOutputTokens: most } = abilities;
  if (most === undefined) return;
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    const asked = members.get(name);
    if (typeof asked !== 'number' || asked <= most) continue;
    members.set(name, most);
    report({ field: name, why: `lowered to ${most}, the most that the model '${model}' can write`, kind: 'fitted' });
  }
}

function fitStop(members: RequestMembers, abilities: ModelAbilities, model: string, report: Report): void {
  const { maxStopSequences: most } = abilities;
  if (most === undefined) return;
  const stop: JsonValue | undefined = members.get('stop');
  if (!Array.isArray(stop) || stop.length <= most) return;
  members.set('stop', stop.slice(0, most));
  report({
    field: 'stop',
    why: `the model '${model}' takes at most ${most} stop sequences, and there are ${stop.length}`,
    kind: 'unsupported',
  });
}
