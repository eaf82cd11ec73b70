/** Values of other types than a setting has, as real files hold them: LiteLLM takes them, and they do no harm. */
import { didYouMean } from '../did-you-mean.ts';
import { describeValue } from '../finding.ts';
import type { ReadNode } from '../setting-rows.ts';
import { DEFAULT_STRATEGY, STRATEGIES } from './routing-maps.ts';

/** `drop_params` with a list of parameters: for LiteLLM it is on if the list holds any. */
export function listOfDropped(value: unknown) {
  if (!Array.isArray(value)) return undefined;
  const as = value.length > 0;
  return {
    as,
    because: `is a list, and is taken as ${as}: parameters that are always dropped belong in additional_drop_params`,
  };
}

/** `routing_strategy` with a strategy of the operator's own: it does not exist here. A slip in a name that exists stays an error. */
export function customStrategy(value: unknown) {
  if (typeof value !== 'string' || didYouMean(value, STRATEGIES) !== undefined) return undefined;
  const name = JSON.stringify(value.slice(0, 80));
  return { because: `names ${name}, a strategy that does not exist here: ${DEFAULT_STRATEGY} is used` };
}

/** Reads a status that says the client has to act: 400 to 499. */
export const readClientStatus: ReadNode<number> = (node, path, { findings }) => {
  const status = node.kind === 'scalar' ? Number(node.value ?? Number.NaN) : Number.NaN;
  if (Number.isInteger(status) && status >= 400 && status <= 499) return status;
  if (node.kind === 'scalar' && node.value === null) return undefined;
  const message = `${path} must be a status from 400 to 499, but is ${describeValue(node, false)}`;
  findings.add('error', 'wrong-type', node, message);
  return undefined;
};
