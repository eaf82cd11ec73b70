/** Admits recorded requests as a gateway would: with its own stage, against limits in memory and under a virtual clock. */
import { InputEstimates } from '../../costs/input-estimate.ts';
import { OutputForecasts } from '../../costs/output-forecast.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { admit } from '../../pipeline/admit.ts';
import { FreeRates } from '../../pipeline/free-rates.ts';
import { closeDay } from '../../pipeline/money/day-claim.ts';
import type { Parts } from '../../pipeline/parts.ts';
import type { Claims } from '../../stores/contracts/claims.ts';

/** What a request used, once it is over. */
export interface Used {
  readonly cost: bigint;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The stage, and what it works with. */
export class Admitting {
  readonly #parts: Parts;
  readonly #claims: Claims;
  readonly #forecasts = new OutputForecasts();
  readonly #inputs = new InputEstimates();

  constructor({
    claims,
    tenants,
    heavy,
    countTokens,
    clock,
  }: Pick<Parts, 'claims' | 'tenants' | 'heavy' | 'countTokens' | 'clock'>) {
    this.#claims = claims;
    const parts: Partial<Parts> = {
      ...{ claims, tenants, heavy, countTokens, clock, forecasts: this.#forecasts, inputs: this.#inputs },
      freeRates: new FreeRates(claims),
      random: () => 0.5,
      waiting: NO_LINE as unknown as Parts['waiting'],
      limitListener: undefined,
      onFault: (what, error) => {
        throw new Error(what, { cause: error });
      },
    };
    this.#parts = new Proxy(parts as Parts, {
      get: (target, name) => {
        if (name in target) return target[name as keyof Parts];
        throw new RangeError(`a replay has no ${String(name)}`);
      },
    });
  }

  /** Throws the GatewayError of the limit that refuses. */
  async admit(exchange: Exchange): Promise<void> {
    await admit(exchange, this.#parts);
  }

  /** The request is over: its claims hold what it used. */
  async settle(exchange: Exchange, used: Used): Promise<void> {
    const { admission, callId, clock, group, identity, route, outline } = exchange;
    if (admission === undefined) return;
    if (admission.claim !== undefined)
      await this.#claims.settle({ id: callId, nowMs: clock.nowMs(), charges: [], ...used });
    if (admission.hasDayClaim) await closeDay(exchange, this.#parts, used);
    const name = group?.pattern ?? group?.name ?? '';
    this.#inputs.observe(name, admission.size, used.inputTokens);
    const perChoice = used.outputTokens / Math.max(1, outline.choices);
    this.#forecasts.observe(name, identity?.keyHash ?? '', route, perChoice, admission.claim?.cap);
  }
}

/** No request waits in a replay: what would wait for a budget is asked once more, and then served or refused. */
const NO_LINE: Pick<Parts['waiting'], 'size' | 'waitingFor' | 'wait' | 'released'> = {
  size: 0,
  waitingFor: () => 0,
  wait: async (_account, _client, ask) => {
    const result = await ask(true);
    if (result === undefined) throw new RangeError('the last try goes on waiting');
    return result;
  },
  released: () => undefined,
};
