/** Lets requests wait for the answer to an identical one of the same scope that is under way. */
import { GatewayError } from '../../core/errors.ts';
import type { Client } from '../../exchange/client.ts';
import type { Entry } from './entry.ts';

/** What became of a request that others wait for: its answer, or why there is none for them. `gone`: its client hung up. */
type Outcome = Entry | 'gone' | 'none';

/** A request that others may wait for. */
export interface Leading {
  readonly key: string;
  /** Says what became of it; only the first time counts. */
  readonly end: (outcome: Outcome) => void;
}

/** Only another request can lead after one whose client hung up; with more in a row each asks for itself. */
const MOST_LEADERS = 3;

/** The requests that are under way, by the keys of their answers. */
export class UnderWay {
  readonly #outcomes = new Map<string, Promise<Outcome>>();

  /**
   * Resolves to the answer of a request with this key that is under way; to a `Leading` if there is none, so that this request leads;
   * to undefined if the one that led has no answer for others, so that each asks for itself.
   */
  async join(key: string, client: Client): Promise<Entry | Leading | undefined> {
    for (let round = 0; round < MOST_LEADERS; round += 1) {
      const underWay = this.#outcomes.get(key);
      if (underWay === undefined) return this.#lead(key);
      const outcome = await whileThere(client, underWay);
      if (outcome === 'none') return undefined;
      if (outcome !== 'gone') return outcome;
    }
    return undefined;
  }

  #lead(key: string): Leading {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#outcomes.set(key, promise);
    const end = (outcome: Outcome): void => {
      if (this.#outcomes.get(key) === promise) this.#outcomes.delete(key);
      resolve(outcome);
    };
    return { key, end };
  }
}

async function whileThere(client: Client, work: Promise<Outcome>): Promise<Outcome> {
  const gone = Promise.withResolvers<never>();
  client.onGone(() =>
    gone.reject(
      new GatewayError('client_gone', 'The client hung up while it waited for the answer to the same request.'),
    ),
  );
  try {
    if (client.isGone) throw new GatewayError('client_gone', 'The client hung up before its request was answered.');
    return await Promise.race([work, gone.promise]);
  } finally {
    client.onGone(undefined);
  }
}
