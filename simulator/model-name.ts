import type { IncomingHttpHeaders } from 'node:http';
import type { Wishes } from './answering/compose.ts';
import type { Latency } from './contract.ts';

/** What a model's name and the `x-sim-…` headers of a request ask of the simulator. */
export interface Directions {
  /** Faults, as they are spelled after `fault-`. */
  readonly faults: readonly string[];
  readonly wishes: Wishes;
  readonly latency?: Latency;
}

/**
 * Reads directions from a model's name, `gpt-4o+tokens-60+fault-s08` or `sim-reason` or `fault-429-once`, and from the
 * headers `x-sim-fault`, `x-sim-wish` and `x-sim-latency`.
 */
export function readDirections(model: string, headers: IncomingHttpHeaders): Directions {
  const words = model.split('+').map((part, index) => (index === 0 ? part.replace(/^sim-/, '') : part));
  const faults = words.filter((word) => word.startsWith('fault-')).map((word) => word.slice('fault-'.length));
  const named = headerOf(headers, 'x-sim-fault');
  if (named !== undefined) faults.push(...named.split('+').map((word) => word.trim().replace(/^fault-/, '')));
  const wished = headerOf(headers, 'x-sim-wish')?.split('+') ?? [];
  const all = [...words, ...wished.map((word) => word.trim())];
  const latency = readLatency(all, headerOf(headers, 'x-sim-latency'));
  return { faults, wishes: readWishes(all), ...(latency === undefined ? {} : { latency }) };
}

function readWishes(words: readonly string[]): Wishes {
  const tokens = words.map((word) => /^tokens-(\d+)$/.exec(word)?.[1]).find((count) => count !== undefined);
  return {
    ...(tokens === undefined ? {} : { tokens: Number(tokens) }),
    ...(words.includes('reason') || words.includes('thinking') ? { reason: true } : {}),
    ...(words.includes('no-reason') ? { reason: false } : {}),
    ...(words.includes('tool') ? { tool: true } : {}),
    ...(words.includes('refuse') ? { refuse: true } : {}),
    ...(words.includes('filter') ? { filter: true } : {}),
  };
}

/** `latency-300-20` in the name, or `300,20` or `300,20,0.3` in the header. */
function readLatency(words: readonly string[], header: string | undefined): Latency | undefined {
  const named = words.map((word) => /^latency-(\d+)-(\d+)$/.exec(word)).find((match) => match !== null);
  const numbers = (header?.split(',') ?? named?.slice(1) ?? []).map(Number);
  const [firstTokenMs, perTokenMs, jitter = 0] = numbers;
  if (firstTokenMs === undefined || perTokenMs === undefined || numbers.some(Number.isNaN)) return undefined;
  return { firstTokenMs, perTokenMs, jitter };
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join('+') : value;
}
