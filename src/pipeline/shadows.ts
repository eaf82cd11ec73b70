/**
 * Shadow traffic (`silent_model`): a copy of a request goes to another group when the request is over, and its answer is dropped. It is
 * a request of the gateway's own, booked on the platform's account: no tenant's budget, rate, tag or customer counts it.
 */

import { newCallId } from '../core/ids.ts';
import type { Client } from '../exchange/client.ts';
import { Exchange } from '../exchange/exchange.ts';
import { platformIdentity } from '../tenancy/make-identity.ts';
import { ShadowClient } from './shadow-client.ts';

/** So many are under way at a time on each instance; the requests of others get no copy. */
const MOST_UNDER_WAY = 16;
/** Larger requests get no copy: it is kept until its answer was read. */
const LARGEST_BODY_BYTES = 1_048_576;

/** The shadows of this process. */
export class Shadows {
  #underWay = 0;
  /** Copies that were not sent, by why. */
  readonly dropped = { busy: 0, large: 0 };

  /** The shadows of a request that is over, as exchanges that wait to be handled; none for nearly all requests. */
  of(exchange: Exchange): readonly Exchange[] {
    const { snapshot, endpoint, body, ownIdentity } = exchange;
    if (!snapshot.hasSilentModels || ownIdentity !== undefined || endpoint.operation.id !== 'chat') return NONE;
    const names = silentModelsOf(exchange);
    if (names.length === 0) return NONE;
    if (body.length > LARGEST_BODY_BYTES) {
      this.dropped.large += names.length;
      return NONE;
    }
    const sent = names.slice(0, MOST_UNDER_WAY - this.#underWay);
    this.dropped.busy += names.length - sent.length;
    return sent.map((name) => shadowOf(exchange, name));
  }

  /** Counts one while it is handled. */
  async during(handling: Promise<void>): Promise<void> {
    this.#underWay += 1;
    try {
      await handling;
    } finally {
      this.#underWay -= 1;
    }
  }
}

const NONE: readonly Exchange[] = [];

/** The groups that the first deployment which was asked names. */
function silentModelsOf({ snapshot, attempts }: Exchange): readonly string[] {
  const [first] = attempts;
  const deployment = first === undefined ? undefined : snapshot.deployments.get(first.deploymentId);
  return deployment?.config.silentModels ?? [];
}

function shadowOf(asked: Exchange, name: string): Exchange {
  const { route, path, endpoint, snapshot, clock, body, regions } = asked;
  const client: Client = new ShadowClient(asked.client, body);
  const shadow = new Exchange({
    ...{ callId: newCallId(clock.nowMs()), route, path, endpoint, client, snapshot, clock },
    pathModel: name,
  });
  shadow.ownIdentity = platformIdentity();
  // Data that must stay in a region stays there.
  shadow.regions = regions;
  return shadow;
}
