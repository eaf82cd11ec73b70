/** What an answer cost, as LiteLLM's headers say it: in all, and by parts that add up to it exactly. */
import { formatUsd, type PicoUsd } from '../../core/money.ts';
import type { Cost } from '../../costs/price-of.ts';
import type { Exchange } from '../../exchange/exchange.ts';

/**
 * Names and values in turn; empty if there is no price. The parts are left out if a provider stated one figure for the whole. As in
 * LiteLLM, what is read from and written to a cache is in the input's part, and reasoning in the output's.
 */
export function costHeaders({ cost, costs }: Pick<Exchange, 'cost' | 'costs'>): string[] {
  if (cost === undefined) return NO_HEADERS;
  const whole = formatUsd(cost);
  const priced = costs.filter((each) => each !== undefined);
  // Without a discount and a margin the original is the same.
  const isAdjusted = priced.some(({ original }) => original !== undefined);
  const originals = priced.reduce((sum, { original, total }) => sum + (original ?? total), 0n);
  const original = isAdjusted ? formatUsd(originals) : whole;
  const headers = ['x-litellm-response-cost', whole, 'x-litellm-response-cost-original', original];
  if (priced.length === 0 || priced.some(({ by }) => by === 'provider')) return headers;
  const add = (name: string, read: (part: Cost) => PicoUsd, isAlways = false): void => {
    const sum = priced.reduce((total, part) => total + read(part), 0n);
    if (isAlways || sum > 0n) headers.push(`x-litellm-response-cost-${name}`, formatUsd(sum));
  };
  add('input', inputOf, true);
  add('output', outputOf, true);
  add('cache-read', ({ cachedInput }) => cachedInput);
  add('cache-creation', ({ cacheWrite }) => cacheWrite);
  add('reasoning', ({ reasoning }) => reasoning);
  add('tool-usage', ({ webSearch }) => webSearch);
  add('other', ({ perRequest, units }) => perRequest + units);
  return headers;
}

const NO_HEADERS: string[] = [];

function inputOf({ input, cachedInput, cacheWrite, audioInput, imageInput, videoInput }: Cost): PicoUsd {
  return input + cachedInput + cacheWrite + audioInput + imageInput + videoInput;
}

function outputOf({ output, reasoning, audioOutput, imageOutput, videoOutput }: Cost): PicoUsd {
  return output + reasoning + audioOutput + imageOutput + videoOutput;
}
