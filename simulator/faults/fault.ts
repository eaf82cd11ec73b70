import type { JsonObject } from '../../src/core/json.ts';
import type { Wishes } from '../answering/compose.ts';
import type { Random } from '../answering/seeded.ts';
import type { Family, Reply } from '../sending/reply.ts';

/** What a fault may look at. */
export interface FaultContext {
  readonly family: Family;
  readonly model: string;
  readonly body: JsonObject;
  readonly requestId: string;
  /** What follows the fault's name: `retry-after-2` of `429-retry-after-2`. */
  readonly argument: string;
  readonly random: Random;
  /** The wall clock. */
  readonly nowMs: number;
  /** How long ago this fault first came up for this deployment and model. */
  readonly sinceFirstMs: number;
  readonly port: number;
}

/** What a fault does to one request. */
export interface Effect {
  /** What the answer has to be like for the fault to show. */
  readonly wishes?: Wishes;
  /** A reply in place of any answer. */
  readonly instead?: Reply;
  /** What becomes of the answer. */
  readonly alter?: (reply: Reply) => Reply;
}

/** One row of the table of faults. */
export interface Fault {
  readonly name: string;
  /** What may follow the name. */
  readonly argument?: string;
  /** One sentence for the table. */
  readonly does: string;
  /** The cases of the catalogues that it plays. */
  readonly cases: readonly string[];
  /** `undefined` where the fault leaves this request alone. */
  effect(context: FaultContext): Effect | undefined;
}

/** The numbers in a fault's argument, in order, with defaults for those that are missing. */
export function numbersIn(argument: string, ...defaults: readonly number[]): number[] {
  const found = (argument.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  return defaults.map((value, index) => found[index] ?? value);
}
