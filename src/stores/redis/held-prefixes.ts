import type { HeldPrefixes } from '../contracts/shared-routing.ts';

/** A message has no more keys than this; what comes beyond it within its time is not told. */
const MOST_KEYS = 8_192;
const MOST_DEPLOYMENTS = 1_024;
const LONGEST_LIFE_MS = 7_200_000;
const LONGEST_ID = 512;

/** What to tell of held prefixes, gathered for a moment: one message for many requests. */
export class HeldPrefixBatch {
  readonly #keys = new Map<string, HeldPrefixes & { readonly keys: number[] }>();
  #count = 0;

  /** Takes in what a deployment holds; whether this is the first since the last message. */
  add({ deploymentId, lifeMs, keys }: HeldPrefixes): boolean {
    const isFirst = this.#count === 0;
    const room = MOST_KEYS - this.#count;
    if (room <= 0) return false;
    const taken = keys.length <= room ? keys : keys.slice(0, room);
    const known = this.#keys.get(deploymentId);
    if (known === undefined) this.#keys.set(deploymentId, { deploymentId, lifeMs, keys: [...taken] });
    else known.keys.push(...taken);
    this.#count += taken.length;
    return isFirst && taken.length > 0;
  }

  /** What has gathered, as a message; the batch is empty afterwards. */
  take(from: string): string {
    const held = [...this.#keys.values()].map(({ deploymentId, lifeMs, keys }) => [deploymentId, lifeMs, keys]);
    this.#keys.clear();
    this.#count = 0;
    return JSON.stringify({ from, held });
  }
}

/** Reads the message of another instance; empty for anything else. */
export function readHeldPrefixes(text: string, self: string): readonly HeldPrefixes[] {
  let read: { readonly from?: unknown; readonly held?: unknown } | null;
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    return [];
  }
  if (typeof read?.from !== 'string' || read.from === self || !Array.isArray(read.held)) return [];
  return read.held.slice(0, MOST_DEPLOYMENTS).flatMap((row: unknown) => {
    const [deploymentId, lifeMs, keys] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    if (typeof deploymentId !== 'string' || deploymentId.length > LONGEST_ID) return [];
    if (typeof lifeMs !== 'number' || !(lifeMs > 0) || !Array.isArray(keys)) return [];
    const good = keys.slice(0, MOST_KEYS).filter((key): key is number => Number.isSafeInteger(key));
    return [{ deploymentId, lifeMs: Math.min(lifeMs, LONGEST_LIFE_MS), keys: good }];
  });
}
