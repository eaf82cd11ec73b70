import type { Clock } from '../../src/core/clock.ts';
import type { Wishes } from '../answering/compose.ts';
import type { Understood } from '../engine.ts';
import { invalid } from '../formats/errors.ts';
import type { Reply } from '../sending/reply.ts';
import type { Effect } from './fault.ts';
import { readFaults, type SpelledFault, UnknownFault } from './spelling.ts';
import { Strikes } from './strikes.ts';

/** Chooses the faults of a request and does to its answer what they say. */
export class Faults {
  readonly #clock: Clock;
  readonly #strikes: Strikes;

  constructor(clock: Clock, seed: string) {
    this.#clock = clock;
    this.#strikes = new Strikes(clock, seed);
  }

  reset(): void {
    this.#strikes.reset();
  }

  /** What the faults with these spellings do to this request; those whose time it is not do nothing. */
  choose(spellings: readonly string[], understood: Understood, port: number): ChosenFaults {
    const chosen: { spelled: SpelledFault; effect: Effect }[] = [];
    const place = `${understood.route.deployment}/${understood.model}`;
    for (const spelled of spellings.flatMap((spelling) => read(spelling))) {
      const struck = this.#strikes.strike(spelled, place);
      if (struck === undefined) continue;
      const effect = spelled.fault.effect({
        family: understood.family,
        model: understood.model,
        body: understood.body,
        requestId: understood.requestId,
        argument: spelled.argument,
        random: struck.random,
        nowMs: this.#clock.nowMs(),
        sinceFirstMs: struck.sinceFirstMs,
        port,
      });
      if (effect !== undefined) chosen.push({ spelled, effect });
    }
    return new ChosenFaults(chosen);
  }
}

/** The faults that strike one request. */
class ChosenFaults {
  readonly #chosen: readonly { spelled: SpelledFault; effect: Effect }[];

  constructor(chosen: readonly { spelled: SpelledFault; effect: Effect }[]) {
    this.#chosen = chosen;
  }

  get names(): string[] {
    return this.#chosen.map(({ spelled }) => spelled.spelling);
  }

  /** The reply in place of an answer, where one of them has it. */
  get instead(): Reply | undefined {
    return this.#chosen.find(({ effect }) => effect.instead !== undefined)?.effect.instead;
  }

  wishes(wishes: Wishes): Wishes {
    return Object.assign({}, wishes, ...this.#chosen.map(({ effect }) => effect.wishes));
  }

  alter(reply: Reply): Reply {
    return this.#chosen.reduce((altered, { effect }) => effect.alter?.(altered) ?? altered, reply);
  }
}

function read(spelling: string): SpelledFault[] {
  try {
    return readFaults(spelling);
  } catch (error) {
    if (error instanceof UnknownFault) throw invalid(error.message);
    throw error;
  }
}
