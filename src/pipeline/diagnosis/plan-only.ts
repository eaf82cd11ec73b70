/** Takes a request as far as its plan: for what would happen to it, without asking anybody. */
import type { Clock } from '../../core/clock.ts';
import { newCallId } from '../../core/ids.ts';
import type { Endpoint } from '../../exchange/endpoint.ts';
import { Exchange } from '../../exchange/exchange.ts';
import { nobody } from '../../exchange/nobody.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Identity } from '../../tenancy/identity.ts';
import type { Parts } from '../parts.ts';
import { peek } from '../peek.ts';
import { findGroup, plan } from '../plan.ts';
import { noteOwnRegions } from '../regions.ts';

/** A request, who asks it, and under which configuration. */
interface Asked {
  readonly endpoint: Endpoint;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly snapshot: Snapshot;
  readonly identity: Identity | undefined;
  readonly clock: Clock;
  readonly parts: Pick<Parts, 'heavy' | 'countTokens'>;
}

/** The request with its group and its plan. Throws the GatewayError that its client would get. */
export async function planOnly({ endpoint, body, headers = {}, snapshot, identity, clock, parts }: Asked) {
  const exchange = new Exchange({
    callId: newCallId(clock.nowMs()),
    route: endpoint.name,
    endpoint,
    client: nobody(headers),
    snapshot,
    clock,
    pathModel: undefined,
  });
  exchange.identity = identity;
  exchange.body = body;
  await peek(exchange, parts);
  exchange.askedModel = exchange.model;
  findGroup(exchange);
  noteOwnRegions(exchange);
  await plan(exchange, parts);
  exchange.servedGroup = exchange.group?.name;
  return exchange;
}
