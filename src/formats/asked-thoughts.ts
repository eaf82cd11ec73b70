import { isJsonObject, type JsonValue } from '../core/json.ts';

/** What a request says about how much is thought, in any format. */
interface AskedThoughts {
  /** Undefined: it does not say whether. */
  readonly isOn: boolean | undefined;
  /** The most tokens of thoughts. */
  readonly budget: number | undefined;
}

/** Reads it from a request; `member` gives a top-level member. */
export function askedThoughts(member: (name: string) => JsonValue | undefined): AskedThoughts {
  const thinking = member('thinking');
  const { type, budget_tokens: tokens } = isJsonObject(thinking) ? thinking : {};
  const asked = member('enable_thinking');
  const isOff = asked === false || (asked !== true && (member('reasoning_effort') === 'none' || type === 'disabled'));
  const isOn = asked === true || (type !== undefined && type !== 'disabled');
  const budget = [member('thinking_budget'), tokens].find((each) => typeof each === 'number' && each > 0);
  return { isOn: isOff ? false : isOn || undefined, budget: typeof budget === 'number' ? budget : undefined };
}
