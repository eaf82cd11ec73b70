/**
 * Brings a request of this format to another Claude than it was made for, by edits of single members: an alias or a fallback leads from
 * adaptive thinking to a model that knows budgets only, from a temperature to one that takes none. The members are written as for any
 * other client, and those that come out differently are edited.
 */
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { claudeAbilities, isKnownClaude } from '../../models/claude-models.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import { type Dropped, FormatError } from '../format.ts';
import type { RequestMembers } from '../request-members.ts';
import { BRANCHES } from './merge-schemas.ts';
import { readRequest } from './read-request.ts';
import { writeToolSchema } from './tool-schema.ts';
import { writeRequest } from './write-request.ts';

/** The members that a fitting may look at or change. */
export const FITTED_MEMBERS: readonly string[] = [
  'thinking',
  'output_config',
  'temperature',
  'top_p',
  'top_k',
  'tool_choice',
  'max_tokens',
  'tools',
];

const NO_LIMIT = 64_000;
const PLACEHOLDER: JsonValue = [{ role: 'user', content: '.' }];

/** Fits the members of a request that is relayed to a Claude model. */
export function fitRequest(
  members: RequestMembers,
  abilities: ModelAbilities,
  model: string,
  report: (dropped: Dropped) => void,
): void {
  fitLimit(members, abilities, model, report);
  if (!isKnownClaude(model)) return;
  fitTools(members, report);
  if (isTakenAsItIs(members, model)) return;
  // A request for a count has no limit.
  const sent: JsonObject = { model, messages: PLACEHOLDER, max_tokens: abilities.maxOutputTokens ?? NO_LIMIT };
  for (const name of ['thinking', 'temperature', 'top_p', 'top_k', 'tool_choice', 'max_tokens']) {
    const value = members.get(name);
    if (value !== undefined) Object.assign(sent, { [name]: value });
  }
  const config = members.get('output_config');
  if (isJsonObject(config) && config.effort !== undefined) sent.output_config = { effort: config.effort };
  // A choice among no tools would be left out.
  if (sent.tool_choice !== undefined) sent.tools = [{ name: 'any', input_schema: { type: 'object' } }];
  if (needsTurns(members, model)) sent.messages = members.get('messages') ?? PLACEHOLDER;
  try {
    const { request } = readRequest(sent);
    const { body, dropped } = writeRequest(request, { model, traits: { abilities } });
    for (const one of dropped) if (!one.field.startsWith('messages[')) report(one);
    edit(members, sent, body, config);
  } catch (error) {
    // Not a request of this format: the provider says so in its own words.
    if (!(error instanceof FormatError)) throw error;
  }
}

function edit(members: RequestMembers, sent: JsonObject, body: JsonObject, config: JsonValue | undefined): void {
  for (const name of ['thinking', 'temperature', 'top_p', 'top_k'] as const) {
    const wanted = ownValue(body, name);
    const asked = ownValue(sent, name);
    if (isDeepStrictEqual(asked, wanted)) continue;
    if (wanted !== undefined) members.set(name, wanted);
    else if (asked !== undefined) members.remove(name);
  }
  const choice = sent.tool_choice;
  const written = body.tool_choice;
  if (isJsonObject(choice) && (choice.type === 'any' || choice.type === 'tool')) {
    if (!isJsonObject(written)) members.remove('tool_choice');
    else if (written.type !== choice.type) members.set('tool_choice', written);
  }
  const effort = isJsonObject(body.output_config) ? body.output_config.effort : undefined;
  const { effort: asked, ...others } = isJsonObject(config) ? config : {};
  if (effort === asked) return;
  const fitted: JsonObject = effort === undefined ? others : { ...others, effort };
  if (Object.keys(fitted).length === 0) members.remove('output_config');
  else members.set('output_config', fitted);
}

/** Whether nothing in the members depends on the model, or the model takes all that they say: the usual case. */
function isTakenAsItIs(members: RequestMembers, model: string): boolean {
  const claude = claudeAbilities(model);
  const thinking = members.get('thinking');
  const config = members.get('output_config');
  const effort = isJsonObject(config) ? config.effort : undefined;
  const choice = members.get('tool_choice');
  const isForced = isJsonObject(choice) && (choice.type === 'any' || choice.type === 'tool');
  const type = isJsonObject(thinking) ? thinking.type : undefined;
  const knowsThinking =
    type === undefined ||
    (type === 'adaptive' && claude.adaptiveThinking) ||
    (type === 'enabled' && claude.budgetThinking) ||
    (type === 'disabled' && claude.canDisableThinking) ||
    (type === 'between_tools' && claude.betweenToolsThinking);
  const efforts = type === 'disabled' ? claude.effortsWithoutThinking : claude.efforts;
  const knowsEffort = effort === undefined || efforts.some((word) => word === effort);
  const isThinking = type !== undefined && type !== 'disabled';
  // 1 is the default of both, and says nothing to a model that takes them.
  const asked = ['temperature', 'top_p'].filter((name) => isSaid(members.get(name), claude.sampling));
  const samples = asked.length + (members.get('top_k') === undefined ? 0 : 1);
  const takesSampling =
    samples === 0 || (claude.sampling && !isThinking && (claude.temperatureWithTopP || asked.length < 2));
  const takesForce = !isForced || (claude.forcedToolUse && !isThinking);
  return knowsThinking && knowsEffort && takesSampling && takesForce && !budgetIsTooLarge(thinking, members);
}

function isSaid(value: JsonValue | undefined, takesDefault: boolean): boolean {
  return value !== undefined && !(takesDefault && value === 1);
}

/** A limit that was lowered may have become less than the budget, which Claude refuses. */
function budgetIsTooLarge(thinking: JsonValue | undefined, members: RequestMembers): boolean {
  const limit = members.get('max_tokens');
  if (!isJsonObject(thinking) || typeof thinking.budget_tokens !== 'number' || typeof limit !== 'number') return false;
  return thinking.type === 'enabled' && thinking.budget_tokens >= limit;
}

/** Whether thoughts may be asked for depends on the conversation: with a budget, after a tool call, on the thoughts before it. */
function needsTurns(members: RequestMembers, model: string): boolean {
  const thinking = members.get('thinking');
  const becomesBudget =
    isJsonObject(thinking) && thinking.type === 'adaptive' && !claudeAbilities(model).adaptiveThinking;
  return becomesBudget && members.countOf('messages', 'tool_result') > 0;
}

function fitLimit(
  members: RequestMembers,
  { maxOutputTokens: most }: ModelAbilities,
  model: string,
  report: (dropped: Dropped) => void,
): void {
  const asked = members.get('max_tokens');
  if (most === undefined || typeof asked !== 'number' || asked <= most) return;
  members.set('max_tokens', most);
  report({
    field: 'max_tokens',
    why: `lowered to ${most}, the most that the model '${model}' can write`,
    kind: 'fitted',
  });
}

/** Schemas with alternatives at the top are joined. The words are searched for first: most lists of tools are not parsed. */
function fitTools(members: RequestMembers, report: (dropped: Dropped) => void): void {
  if (BRANCHES.every((word) => members.countOf('tools', word) === 0)) return;
  const tools = members.get('tools');
  if (!Array.isArray(tools)) return;
  let hasChanged = false;
  const written = tools.map((tool, index): JsonValue => {
    if (!isJsonObject(tool) || !isJsonObject(tool.input_schema)) return tool;
    const { input_schema: schema } = tool;
    if (BRANCHES.every((word) => ownValue(schema, word) === undefined)) return tool;
    hasChanged = true;
    const field = `tools[${index}].input_schema`;
    return {
      ...tool,
      input_schema: writeToolSchema(schema, field, (at, why, kind) => report({ field: at, why, kind })),
    };
  });
  if (hasChanged) members.set('tools', written);
}
