/** What `try cache` says of a request, as JSON. */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { formatUsd, type PicoUsd } from '../../core/money.ts';
import type { AnswerForecast, PromptForecast, PromptScenario } from '../../exchange/cache-forecasts.ts';
import type { Exchange, VolatileHead } from '../../exchange/exchange.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { STATES, WHY_MARKED, WHY_NOT } from './words.ts';

const MS = 1_000;

/** The answer's part. `hit`: the line whose answer it would be given; of vectors, for how many inputs there is one. */
export function answerTold(forecast: AnswerForecast, hit: JsonObject): JsonObject {
  if (!forecast.isCached) return { cached: false, reason: forecast.why, why: WHY_NOT[forecast.why] };
  const { scope, keys, mayRecall, mayKeep, ttlMs } = forecast;
  return {
    cached: true,
    scope: scope.id === '' ? { kind: scope.kind } : { kind: scope.kind, id: scope.id },
    ...(keys.length === 1 ? { key: keys[0] ?? '' } : { keys: [...keys] }),
    ...{ may_recall: mayRecall, may_keep: mayKeep, ttl: ttlMs / MS },
    ...hit,
  };
}

/** The prompt's part, at the deployment that it would go to. */
export function promptTold(
  { id, provider, model }: Deployment,
  forecast: PromptForecast | undefined,
  volatile: VolatileHead | undefined,
): JsonObject {
  const place = { deployment: id, model: `${provider.name}/${model}` };
  if (forecast === undefined)
    return { ...place, reason: 'no-prompt', why: 'the request has no prompt that could be cached' };
  const { mode, reason, marks, removed, state } = forecast;
  return {
    ...{ ...place, mode, reason, why: WHY_MARKED[reason] },
    marks: marks.map(({ part, role, block, tokens, isOneHour, by }) => ({
      ...{ block, part, ...(role !== '' && { role }), tokens, life: isOneHour ? '1h' : '5m', by },
    })),
    ...{ marks_removed: removed, state, state_means: STATES[state] },
    ...(volatile !== undefined && {
      volatile_head: { lost_tokens: volatile.lostTokens, ...usd('lost_usd', volatile.lostCost) },
    }),
  };
}

/** What the prompt costs, and what is saved against a gateway that caches nothing. The answer's own tokens are not foreseen. */
export function costTold(estimate: PromptScenario, uncached: PromptScenario, isHit: boolean): JsonObject {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, cacheWriteOneHourTokens = 0 } = estimate.usage;
  const cost = isHit && estimate.cost !== undefined ? 0n : estimate.cost;
  const saved = cost === undefined || uncached.cost === undefined ? undefined : uncached.cost - cost;
  return {
    tokens: isHit
      ? { input: inputTokens, read: 0, written: 0 }
      : {
          ...{ input: inputTokens, read: cachedInputTokens, written: cacheWriteTokens },
          ...(cacheWriteOneHourTokens > 0 && { written_1h: cacheWriteOneHourTokens }),
        },
    ...{ ...usd('usd', cost), ...usd('uncached_usd', uncached.cost), ...usd('saved_usd', saved) },
  };
}

const usd = (name: string, cost: PicoUsd | undefined): Record<string, JsonValue> => ({
  [name]: cost === undefined ? null : formatUsd(cost),
});

/** What the request is. */
export function requestTold({ endpoint, model, group, stream }: Exchange): JsonObject {
  return { endpoint: endpoint.name, model: model ?? '', group: group?.name ?? '', stream };
}
