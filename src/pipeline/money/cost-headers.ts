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
  let all: Cost | undefined;
  for (const each of costs) if (each !== undefined) all = all === undefined ? each : together(all, each);
  const whole = formatUsd(cost);
  // Without a discount and a margin the original is the same.
  const original = all?.original === undefined ? whole : formatUsd(all.original);
  const headers = ['x-litellm-response-cost', whole, 'x-litellm-response-cost-original', original];
  if (all === undefined || all.by === 'provider') return headers;
  headers.push('x-litellm-response-cost-input', formatUsd(inputOf(all)));
  headers.push('x-litellm-response-cost-output', formatUsd(outputOf(all)));
  add(headers, 'x-litellm-response-cost-cache-read', all.cachedInput);
  add(headers, 'x-litellm-response-cost-cache-creation', all.cacheWrite);
  add(headers, 'x-litellm-response-cost-reasoning', all.reasoning);
  add(headers, 'x-litellm-response-cost-tool-usage', all.webSearch);
  add(headers, 'x-litellm-response-cost-other', all.perRequest + all.units);
  return headers;
}

function add(headers: string[], name: string, amount: PicoUsd): void {
  if (amount > 0n) headers.push(name, formatUsd(amount));
}

/** What two answers cost; stated by a provider if either is. */
function together(one: Cost, other: Cost): Cost {
  const isAdjusted = one.original !== undefined || other.original !== undefined;
  return {
    total: one.total + other.total,
    ...(isAdjusted && { original: (one.original ?? one.total) + (other.original ?? other.total) }),
    input: one.input + other.input,
    cachedInput: one.cachedInput + other.cachedInput,
    cacheWrite: one.cacheWrite + other.cacheWrite,
    audioInput: one.audioInput + other.audioInput,
    output: one.output + other.output,
    reasoning: one.reasoning + other.reasoning,
    audioOutput: one.audioOutput + other.audioOutput,
    perRequest: one.perRequest + other.perRequest,
    webSearch: one.webSearch + other.webSearch,
    imageInput: one.imageInput + other.imageInput,
    imageOutput: one.imageOutput + other.imageOutput,
    videoInput: one.videoInput + other.videoInput,
    videoOutput: one.videoOutput + other.videoOutput,
    units: one.units + other.units,
    by: one.by === 'provider' ? one.by : other.by,
  };
}

const NO_HEADERS: string[] = [];

function inputOf({ input, cachedInput, cacheWrite, audioInput, imageInput, videoInput }: Cost): PicoUsd {
  return input + cachedInput + cacheWrite + audioInput + imageInput + videoInput;
}

function outputOf({ output, reasoning, audioOutput, imageOutput, videoOutput }: Cost): PicoUsd {
  return output + reasoning + audioOutput + imageOutput + videoOutput;
}
