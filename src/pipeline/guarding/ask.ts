/** What a feature in the answer slot asks providers with. */
import type { Exchange } from '../../exchange/exchange.ts';
import { noteAnswered } from '../../exchange/savings.ts';
import type { Ask } from '../../exchange/slots.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Mechanism } from '../../stores/contracts/ledger.ts';
import { lastAttempt } from '../../telemetry/settled.ts';
import { carry } from '../carry.ts';
import type { Parts } from '../parts.ts';
import { withDeployments } from '../rank.ts';
import { HeldClient } from './held-client.ts';

/** Asks for this request. Each call carries it from the beginning, with what earlier calls cost counted. */
export function makeAsk(exchange: Exchange, parts: Parts): Ask {
  const { plan } = exchange;
  const start = (deployments: readonly Deployment[] | undefined): Promise<void> => {
    if (plan !== undefined) exchange.plan = deployments === undefined ? plan : withDeployments(plan, deployments);
    exchange.race = undefined;
    exchange.continuity = undefined;
    return carry(exchange, parts);
  };
  /** Also of an answer that failed: what was asked before it is paid for nothing. */
  const startFor = async (by: Mechanism, deployments: readonly Deployment[] | undefined): Promise<void> => {
    try {
      await start(deployments);
    } finally {
      const last = lastAttempt(exchange.attempts);
      if (last !== undefined) noteAnswered(exchange, last, by);
    }
  };
  return {
    send: (deployments, by) => (by === undefined ? start(deployments) : startFor(by, deployments)),
    draft: async (deployments) => {
      const { client } = exchange;
      const held = new HeldClient(client);
      exchange.client = held;
      try {
        await start(deployments);
      } finally {
        exchange.client = client;
      }
      const answer = held.view(exchange.endpoint.format);
      const answered = lastAttempt(exchange.attempts);
      const send = (by?: Mechanism): void => {
        if (answered !== undefined && by !== undefined) noteAnswered(exchange, answered, by);
        exchange.firstByteMs = exchange.clock.monotonicMs();
        held.replay(client, answer.body);
      };
      return { answer, send };
    },
  };
}
