import type { Exchange } from '../exchange/exchange.ts';

/** Reads the body, up to the configured size. */
export async function receive(exchange: Exchange): Promise<void> {
  const { client, snapshot, identity } = exchange;
  exchange.body = await client.readBody(snapshot.config.server.maxRequestBytes, identity?.keyHash ?? '');
  exchange.receivedMs = exchange.clock.monotonicMs() - exchange.startedMs;
}
