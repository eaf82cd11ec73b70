import type { Exchange } from '../exchange/exchange.ts';

/** Reads the body, up to the configured size. */
export async function receive(exchange: Exchange): Promise<void> {
  exchange.body = await exchange.client.readBody(exchange.snapshot.config.server.maxRequestBytes);
  exchange.receivedMs = exchange.clock.monotonicMs() - exchange.startedMs;
}
