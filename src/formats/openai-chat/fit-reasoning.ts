/** How much to think, in the words that one model of this format takes: the table in `src/models` says which. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ModelAbilities, Reasoning } from '../../models/model-abilities.ts';
import type { Dropped } from '../format.ts';
import type { ReasoningRequest } from '../neutral/conversation.ts';
import { nearestEffort } from '../neutral/nearest-effort.ts';
import { effortAsked, wantsNoThoughts } from '../neutral/reasoning.ts';

/** What a request asks for, as far as it decides how it may think. */
export interface ReasoningWish {
  readonly reasoning: ReasoningRequest | undefined;
  /** The client's name for what it asked: errors and reports say it. */
  readonly field: string;
  /** Whether it is a hint (an effort of a client that sends one with every request, adaptive thinking) that may be left out without an error. */
  readonly isHint: boolean;
  /** `thinking` as the client wrote it in this format. */
  readonly sentThinking?: JsonObject;
  readonly hasFunctionTools: boolean;
  /** Whether the tool choice leaves the model no way around a tool. */
  readonly isForced: boolean;
}

/** The members to send, and no other that says how much to think. `reasoning` is OpenRouter's own and stays as it is. */
interface FittedReasoning {
  readonly members: JsonObject;
  /** Whether the tool choice must be left to the model. */
  readonly unforced: boolean;
}

/** Says the wish in the model's words and reports what it could not say. */
export function fitReasoning(
  wish: ReasoningWish,
  abilities: ModelAbilities,
  model: string,
  report: (dropped: Dropped) => void,
): FittedReasoning {
  const { reasoning } = abilities;
  if (reasoning === undefined) return { members: {}, unforced: false };
  const asked = wish.reasoning;
  const isOff = asked !== undefined && wantsNoThoughts(asked);
  const fitted = (why: string): void => report({ field: wish.field, why, kind: 'fitted' });
  const thinks = asked === undefined ? abilities.thinksUnasked === true : !isOff;
  if (wish.isForced && abilities.forcedTools === 'never') {
    const why = `the model '${model}' always thinks and cannot be forced to use a tool`;
    report({ field: 'tool_choice', why, kind: 'unsupported' });
    return { members: said(asked, isOff, wish, reasoning, model, report), unforced: true };
  }
  if (wish.isForced && abilities.forcedTools === 'without-thinking' && thinks) {
    fitted(`the model '${model}' cannot think when the tool choice forces a tool`);
    return { members: off(reasoning) ?? {}, unforced: false };
  }
  const members = said(asked, isOff, wish, reasoning, model, report);
  if (reasoning.how !== 'effort' || reasoning.besideTools === undefined || !wish.hasFunctionTools) {
    return { members, unforced: false };
  }
  // The provider refuses the effort beside tools in this format: tools are what the client cannot do without.
  if (members.reasoning_effort !== undefined && members.reasoning_effort !== 'none') {
    fitted(`the model '${model}' takes no reasoning effort beside tools in chat completions`);
  } else if (members.reasoning_effort === undefined && reasoning.besideTools === 'none') {
    fitted(`the model '${model}' takes tools in chat completions only without reasoning`);
  }
  return { members: reasoning.besideTools === 'none' ? { reasoning_effort: 'none' } : {}, unforced: false };
}

/** The words that switch thoughts off; undefined if the model cannot. */
function off(reasoning: Reasoning): JsonObject | undefined {
  switch (reasoning.how) {
    case 'never':
      return {};
    case 'always':
      return undefined;
    case 'switch':
      return { enable_thinking: false };
    case 'type':
      return reasoning.types.includes('disabled') ? { thinking: { type: 'disabled' } } : undefined;
    case 'effort':
      if (reasoning.efforts.includes('none')) return { reasoning_effort: 'none' };
      return reasoning.offByTemplate === true
        ? { chat_template_kwargs: { enable_thinking: false, thinking: false } }
        : undefined;
  }
}

function said(
  asked: ReasoningRequest | undefined,
  isOff: boolean,
  wish: ReasoningWish,
  reasoning: Reasoning,
  model: string,
  report: (dropped: Dropped) => void,
): JsonObject {
  if (asked === undefined) return {};
  const fitted = (why: string): void => report({ field: wish.field, why, kind: 'fitted' });
  if (isOff) {
    const words = off(reasoning);
    if (words !== undefined) return words;
    const least = 'efforts' in reasoning ? nearestEffort('minimal', reasoning.efforts) : undefined;
    fitted(`the model '${model}' cannot be kept from thinking`);
    return least === undefined ? {} : { reasoning_effort: least };
  }
  const effort = effortAsked(asked);
  switch (reasoning.how) {
    case 'never':
      if (effort === undefined && asked.mode === undefined) return {};
      report({
        field: wish.field,
        why: `the model '${model}' does not reason`,
        kind: wish.isHint ? 'fitted' : 'unsupported',
      });
      return {};
    case 'always':
      if (effort !== undefined) fitted(`the model '${model}' always thinks, and takes no effort`);
      return {};
    case 'switch': {
      const budget = asked.budgetTokens !== undefined && asked.budgetTokens > 0 ? asked.budgetTokens : undefined;
      if (asked.effort !== undefined) fitted(`the model '${model}' takes only whether to think, not how much`);
      return { enable_thinking: true, ...(budget === undefined ? {} : { thinking_budget: budget }) };
    }
    case 'type': {
      const type = asked.mode === 'adaptive' && reasoning.types.includes('adaptive') ? 'adaptive' : reasoning.types[0];
      const spoken = effort === undefined ? undefined : fitEffort(effort, reasoning, wish, model, fitted);
      const sent = wish.sentThinking === undefined || wish.sentThinking.type === type ? wish.sentThinking : undefined;
      // A request that names an effort alone stays so: the model thinks unless the request switches it off.
      const isNeeded = asked.mode !== undefined || asked.budgetTokens !== undefined || spoken === undefined;
      return {
        ...(type !== undefined && isNeeded && { thinking: { ...sent, type } }),
        ...(spoken !== undefined && { reasoning_effort: spoken }),
      };
    }
    case 'effort': {
      const spoken = effort === undefined ? undefined : fitEffort(effort, reasoning, wish, model, fitted);
      return spoken === undefined ? {} : { reasoning_effort: spoken };
    }
  }
}

function fitEffort(
  effort: NonNullable<ReasoningRequest['effort']>,
  reasoning: Extract<Reasoning, { how: 'effort' | 'type' }>,
  wish: ReasoningWish,
  model: string,
  fitted: (why: string) => void,
): string | undefined {
  const spoken = nearestEffort(effort, reasoning.efforts, reasoning.spelled);
  // A budget is said in the nearest word; only a word that the client itself chose is a loss.
  if (spoken !== effort && (wish.reasoning?.effort !== undefined || spoken === undefined)) {
    const known = reasoning.efforts.join(', ');
    fitted(
      known === ''
        ? `the model '${model}' takes only whether to think, not how much`
        : `the model '${model}' knows the efforts ${known}; sent: ${spoken ?? 'none of them'}`,
    );
  }
  return spoken;
}

/** Whether a tool choice of this format leaves the model no way around a tool. */
export function isForcedChoice(choice: JsonValue | undefined): boolean {
  if (choice === 'required' || choice === 'any') return true;
  if (!isJsonObject(choice)) return false;
  if (choice.type === 'auto' || choice.type === 'none') return false;
  if (choice.type !== 'allowed_tools') return true;
  return isJsonObject(choice.allowed_tools) && choice.allowed_tools.mode === 'required';
}
