/** Says where the answer to a request would be cached, by the functions that cache it. */
import type { CacheConfig } from '../../config/gateway-config.ts';
import type { AnswerForecast } from '../../exchange/cache-forecasts.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { takeApart } from './embedding-batch.ts';
import { isBound, type Places, termsOf, ttlOf } from './places.ts';

/** Where the answer is cached, or why it is not. Throws a GatewayError if the request says something about the cache that it may not. */
export function foretellAnswer(exchange: Exchange, places: Places, config: CacheConfig | undefined): AnswerForecast {
  if (config === undefined) return { isCached: false, why: 'off' };
  if (isBound(exchange)) return { isCached: false, why: 'bound' };
  const terms = termsOf(exchange, config);
  if (typeof terms === 'string') return { isCached: false, why: terms };
  const { scope, controls } = terms;
  const { mayRecall, mayKeep, oldestMs } = controls;
  const apart =
    exchange.endpoint.operation.id === 'embedding' ? takeApart(exchange, { places, config })?.keys : undefined;
  const whole = (): readonly string[] => {
    const place = places.of(exchange, config);
    return place === undefined ? [] : [place.key];
  };
  const keys = apart ?? whole();
  return { isCached: true, scope, keys, mayRecall, mayKeep, oldestMs, ttlMs: ttlOf({ controls }, config) };
}
