import type { Clock } from '../core/clock.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { InputEstimates } from '../costs/input-estimate.ts';
import { OutputForecasts } from '../costs/output-forecast.ts';
import type { RunningFeatures } from '../features/run-features.ts';
import { ProviderTokens } from '../pipeline/answering/provider-tokens.ts';
import { AskedChecks } from '../pipeline/diagnosis/asked-checks.ts';
import { explainRecord } from '../pipeline/diagnosis/explain-route.ts';
import { RouteRecords } from '../pipeline/diagnosis/route-records.ts';
import { FreeRates } from '../pipeline/free-rates.ts';
import { BudgetQueue } from '../pipeline/money/budget-queue.ts';
import { RefusalRows } from '../pipeline/money/refusal-rows.ts';
import type { UpstreamBudgets } from '../pipeline/money/upstream-budgets.ts';
import type { Parts } from '../pipeline/parts.ts';
import { Shadows } from '../pipeline/shadows.ts';
import type { Tenants } from '../tenancy/tenants.ts';
import type { GatewayOptions } from './gateway.ts';
import type { LiveSnapshot } from './live-snapshot.ts';
import type { Tools } from './make-tools.ts';
import type { Stores } from './open-stores.ts';

const DATABASE_ASKED_EVERY_MS = 1_000;

/** Everything that the stages work with is made of these. */
interface Made {
  readonly tools: Tools;
  readonly stores: Stores;
  readonly live: LiveSnapshot;
  readonly tenants: Tenants;
  readonly budgets: UpstreamBudgets;
  readonly features: RunningFeatures;
}

/** Joins what the stages work with, and gives it with the way to look up a route in this process. */
export function makeParts(
  { gatherRoute }: GatewayOptions,
  { tools, stores, live, tenants, budgets, features }: Made,
): { readonly parts: Parts; readonly routeOf: (callId: string) => JsonObject | undefined } {
  const { clock, random, upstream, tokens, heavy, queue, onFault } = tools;
  const { claims, journal, database } = stores;
  const routes = new RouteRecords();
  const routeOf = (callId: string): JsonObject | undefined => {
    const record = routes.find(callId);
    return record === undefined ? undefined : explainRecord(record, live.current);
  };
  const parts: Parts = {
    ...{ clock, random, upstream, heavy, tenants, claims, journal, routes, onFault },
    waiting: new BudgetQueue(() => clock.monotonicMs()),
    providerTokens: new ProviderTokens(upstream, clock),
    routing: live.routing,
    freeRates: new FreeRates(claims),
    refusalRows: new RefusalRows(),
    shadows: new Shadows(),
    askedChecks: new AskedChecks(() => parts),
    isDatabaseUp: atMostEvery(DATABASE_ASKED_EVERY_MS, clock, () => database.ping()),
    wasDatabaseReached: () => database.wasReached,
    forecasts: new OutputForecasts(),
    inputs: new InputEstimates(),
    afterCharges: (charges) => budgets.charged(charges),
    limitListener: features.limitListener,
    storedResponses: features.storedResponses,
    cachedAnswers: features.cachedAnswers,
    compressedOriginals: features.compressedOriginals,
    cacheForecasts: features.forecasts,
    feedback: features.feedback,
    slots: (format) => features.slotsFor(format),
    sink: queue,
    savings: tools.metrics.savings,
    routeOf: async (callId) => routeOf(callId) ?? (await gatherRoute?.(callId))?.find(isJsonObject),
    countTokens: (text, owner) => tokens.count(text, owner),
  };
  return { parts, routeOf };
}

/** The same question, asked again only if the last answer is old. */
function atMostEvery<Value>(ms: number, clock: Clock, ask: () => Promise<Value>): () => Promise<Value> {
  let askedMs = Number.NEGATIVE_INFINITY;
  let last: Promise<Value> | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (last === undefined || nowMs - askedMs >= ms) {
      askedMs = nowMs;
      last = ask();
    }
    return last;
  };
}
