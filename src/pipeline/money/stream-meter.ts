import { defined } from '../../core/defined.ts';
import { asGatewayError, GatewayError } from '../../core/errors.ts';
import { extendedReserve } from '../../costs/claim-amounts.ts';
import { costOf } from '../../costs/price-of.ts';
import type { OpenClaim, StreamMeter } from '../../exchange/admission.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { StreamAnswer } from '../../lanes/stream-answer.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import type { Parts } from '../parts.ts';
import { bookedSoFar, reserve } from './books.ts';
import { pricedExtras } from './priced-extras.ts';

/** A token rarely has fewer bytes in a stream, so nothing needs to be checked before this many per expected token. */
const FEWEST_BYTES_PER_TOKEN = 4;
const CHECK_EVERY_BYTES = 16_384;
const TEXT_BYTES_PER_TOKEN = 4;

/**
 * Watches what a stream costs while it runs, if its hold is not an upper bound: reserves more when the cost nears the hold, and ends the
 * stream with the reason when the cost exceeds hold and exposure and no budget allows more. Between two checks a chunk costs one
 * addition and one comparison.
 */
export class Meter implements StreamMeter {
  readonly #exchange: Exchange;
  readonly #parts: Parts;
  readonly #claim: OpenClaim;
  #bytes = 0;
  #nextCheckBytes: number;
  #isAsking = false;

  constructor(exchange: Exchange, parts: Parts, claim: OpenClaim) {
    this.#exchange = exchange;
    this.#parts = parts;
    this.#claim = claim;
    this.#nextCheckBytes = Math.max(CHECK_EVERY_BYTES, claim.amounts.outputTokens * FEWEST_BYTES_PER_TOKEN);
  }

  pass(bytes: number, deployment: Deployment, stream: StreamAnswer, refuse: (error: GatewayError) => void): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#nextCheckBytes || this.#isAsking) return;
    this.#nextCheckBytes = this.#bytes + CHECK_EVERY_BYTES;
    this.#check(deployment, stream, refuse);
  }

  #check(deployment: Deployment, stream: StreamAnswer, refuse: (error: GatewayError) => void): void {
    const { text, factor } = stream.sample();
    const outputTokens = this.#withinLimit(Math.ceil((Buffer.byteLength(text) * factor) / TEXT_BYTES_PER_TOKEN));
    const card = deployment.priced.ratesAt(this.#exchange.startedAtMs) ?? this.#exchange.admission?.ceiling;
    const { inputTokens } = this.#claim.amounts;
    const cost = costOf({ inputTokens, outputTokens }, card, pricedExtras(this.#exchange, card, this.#soFar()));
    const soFar = bookedSoFar(this.#exchange) + (cost?.total ?? 0n);
    const wanted = extendedReserve(this.#claim, { cost: soFar, answerCost: cost?.output ?? 0n });
    if (wanted === undefined) return;
    this.#isAsking = true;
    reserve(this.#exchange, this.#parts, wanted.hold, wanted.exposure)
      .catch((error: unknown) => {
        // Its exposure was counted when it was admitted: up to there the stream continues.
        if (soFar > this.#claim.hold + this.#claim.exposure) refuse(stoppedBy(asGatewayError(error)));
      })
      .finally(() => {
        this.#isAsking = false;
      });
  }

  /** The attempt under way, as long as it has taken until now. */
  #soFar(): AttemptFacts | undefined {
    const { attempts, clock, startedMs } = this.#exchange;
    const last = attempts.at(-1);
    return last === undefined ? undefined : { ...last, durationMs: clock.monotonicMs() - startedMs };
  }

  /** Bytes tell tokens only about: a little more than the limit of the answer is the limit, and much more is a provider that has none. */
  #withinLimit(tokens: number): number {
    const { limit, choices } = this.#exchange.outline;
    if (typeof limit !== 'number') return tokens;
    const most = limit * choices;
    return tokens > most && tokens <= 2 * most ? most : tokens;
  }
}

/** A limit that refuses a running stream ends the request: no other attempt would be cheaper. */
function stoppedBy(error: GatewayError): GatewayError {
  return new GatewayError(
    'budget_exceeded',
    `The answer was cut off because a limit was reached while it was streamed. ${error.message}`,
    {
      mayRetry: false,
      ...defined({ status: error.code === 'budget_exceeded' ? error.facts.status : undefined }),
      cause: error,
    },
  );
}
