/** Makes a request ready for the deployment that it would go to first, and sends nothing. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Endpoint } from '../../exchange/endpoint.ts';
import { chooseLane, type LaneChoice } from '../../lanes/choose-lane.ts';
import type { PreparedCall } from '../../lanes/prepared-call.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Identity } from '../../tenancy/identity.ts';
import { prepare } from '../answering/prepare.ts';
import type { Parts } from '../parts.ts';
import { planOnly } from './plan-only.ts';

/** Who asks, and under which configuration. */
export interface Rehearsal {
  readonly snapshot: Snapshot;
  readonly identity: Identity | undefined;
  readonly parts: Parts;
}

/** A request as it would be sent. */
interface Rehearsed {
  readonly deployment: Deployment;
  readonly choice: LaneChoice;
  readonly prepared: PreparedCall;
  readonly stream: boolean;
}

/** Throws what the client would get as an error before anything is sent. */
export async function rehearse(endpoint: Endpoint, body: JsonObject, asked: Rehearsal): Promise<Rehearsed> {
  const { snapshot, identity, parts } = asked;
  const { clock } = parts;
  const exchange = await planOnly({
    ...{ endpoint, snapshot, identity, parts, clock },
    body: Buffer.from(JSON.stringify(body)),
  });
  const deployment = exchange.plan?.deployments[0];
  if (deployment === undefined)
    throw new GatewayError(
      'no_deployment_available',
      `No deployment of ${exchange.model ?? ''} could take this request.`,
    );
  const choice = chooseLane(exchange, deployment);
  if (choice === undefined)
    throw new GatewayError('unsupported_operation', `${deployment.provider.title} does not offer this operation.`, {
      param: 'model',
    });
  return { deployment, choice, prepared: prepare(exchange, deployment, choice), stream: exchange.stream };
}
