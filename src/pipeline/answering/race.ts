/**
 * Hedging: a request's first attempt, and a second one beside it when the first is late, by what the group measured if it
 * is configured to hedge, or because a stream has said nothing for long and another deployment or a fallback can be asked.
 */
import { asGatewayError, type GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { RaceArbiter } from '../../exchange/race-arbiter.ts';
import type { Step } from '../../routing/contracts.ts';
import type { Hedging } from '../../routing/hedging.ts';
import type { Walk } from '../../routing/walk.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { coverBeside } from '../money/books.ts';
import type { Parts } from '../parts.ts';

/** Makes one attempt and reports its end to the walk: undefined if it answered or lost, else why it failed. */
type Try = (deployment: Deployment, group: string) => Promise<GatewayError | undefined>;

interface End {
  readonly deployment: Deployment;
  readonly failure: GatewayError | undefined;
  /** Nothing may be tried after it: the client is gone, or the fault is ours. */
  readonly isLast: boolean;
}

/**
 * Resolves when both attempts are over: to undefined if the client has an answer, else to the failure that the walk
 * continues from. Rejects if nothing may be tried any more.
 */
export async function race(
  exchange: Exchange,
  parts: Parts,
  walk: Walk<Deployment>,
  first: Extract<Step<Deployment>, { kind: 'attempt' }>,
  tryOnce: Try,
): Promise<GatewayError | undefined> {
  const { race: state, stream, client, clock } = exchange;
  const { hedging } = parts.routing;
  if (state === undefined) return tryOnce(first.deployment, first.group);
  const { rules } = state;
  const lateMs = first.deployment.mayReason ? undefined : state.lateMs;
  if (rules === undefined && lateMs === undefined) return tryOnce(first.deployment, first.group);
  const ends: End[] = [];
  const run = async (deployment: Deployment, group: string): Promise<void> => {
    try {
      ends.push({ deployment, failure: await tryOnce(deployment, group), isLast: false });
    } catch (thrown) {
      ends.push({ deployment, failure: asGatewayError(thrown), isLast: true });
    }
  };
  const arbiter = new RaceArbiter(client, clock, () => {
    clearTimeout(timer);
    clearTimeout(lateTimer);
    if (rules !== undefined && !ends.some(({ deployment }) => deployment === first.deployment)) {
      hedging.observe(rules, stream, arbiter.raceMs);
    }
  });
  state.arbiter = arbiter;
  let second: Promise<void> | undefined;
  const runBeside = async (isLate: boolean): Promise<void> => {
    const isCovered = exchange.admission?.claim === undefined || (await coverBeside(exchange, parts));
    // Meanwhile the first attempt may have been answered, or have ended.
    if (!isCovered || client.isGone || arbiter.winner !== undefined || ends.length > 0) return;
    const step = walk.hedge(isLate);
    if (step === undefined) return;
    if (rules !== undefined) {
      hedging.raceBegan(rules);
      state.isHedged = true;
    }
    arbiter.hedge = step.deployment;
    await run(step.deployment, step.group);
  };
  const delayMs = rules && hedging.delayMs(rules, stream);
  const timer =
    rules === undefined || delayMs === undefined
      ? undefined
      : setTimeout(() => {
          if (client.isGone || arbiter.hedge !== undefined || !hedging.mayHedge(rules)) return;
          second = runBeside(false);
        }, delayMs);
  const lateTimer =
    lateMs === undefined
      ? undefined
      : setTimeout(() => {
          // A second attempt is under way, or is about to begin.
          if (client.isGone || second !== undefined) return;
          second = runBeside(true);
        }, lateMs);
  await run(first.deployment, first.group);
  clearTimeout(timer);
  clearTimeout(lateTimer);
  if (second !== undefined) await second;
  state.arbiter = undefined;
  return outcome(ends, arbiter, parts);
}

/** The outcome of both attempts: the winner decides, or, without a winner, the attempt that failed last. */
function outcome(ends: readonly End[], arbiter: RaceArbiter, parts: Parts): GatewayError | undefined {
  const deciding = ends.find(({ deployment }) => deployment === arbiter.winner) ?? ends.at(-1);
  for (const end of ends) {
    // A fault of the gateway beside an answer surfaces nowhere else.
    if (end !== deciding && end.failure?.code === 'internal') parts.onFault('a hedged attempt failed', end.failure);
  }
  if (deciding?.isLast === true) throw deciding.failure;
  return deciding?.failure;
}

/**
 * Tells the hedging cap what a request cost: what the loser cost is what hedging added; the cap is a share of what the
 * other attempts cost.
 */
export function noteHedgeSpend({ race: state, attempts }: Exchange, hedging: Hedging): void {
  if (state === undefined) return;
  const { rules, isHedged } = state;
  if (rules === undefined) return;
  for (const { usage, cost, lost } of attempts) {
    if (usage === undefined) continue;
    hedging.noteSpend(rules, { hedged: lost === true, amount: cost === undefined ? undefined : Number(cost) });
  }
  if (isHedged) hedging.raceEnded(rules);
}
