/** Lets guards look at an answer on its way to the client. */
import { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { OutputGuard } from '../../exchange/slots.ts';
import { viewOf } from './answer-text.ts';
import { CopyingClient } from './copying-client.ts';
import { HeldClient } from './held-client.ts';
import { PassageClient } from './passage-client.ts';

type Sees<Kind extends OutputGuard['sees']> = Extract<OutputGuard, { readonly sees: Kind }>;

/**
 * Runs what answers the client, and shows the guards what it sends. Rejects with the refusal of a guard, or as `answer` does; whether
 * the client has some of the answer by then, `exchange.client` tells.
 */
export async function guardOutput(
  exchange: Exchange,
  guards: readonly OutputGuard[],
  answer: () => Promise<void>,
): Promise<void> {
  const copies = guards.filter((guard) => guard.sees === 'copy');
  const judges = guards.filter((guard) => guard.sees !== 'copy');
  if (copies.length === 0) return judged(exchange, judges, answer);
  const { client } = exchange;
  const copying = new CopyingClient(client, Math.max(...copies.map(({ maxBytes }) => maxBytes)));
  exchange.client = copying;
  try {
    await judged(exchange, judges, answer);
  } finally {
    exchange.client = client;
  }
  const { copy } = copying;
  if (copy === undefined) return;
  const view = viewOf(exchange.endpoint.format, copy.body, copy.isStream);
  for (const { maxBytes, take } of copies) if (copy.body.length <= maxBytes) take(view);
}

type Judge = Sees<'whole'> | Sees<'passages'>;

function judged(exchange: Exchange, judges: readonly Judge[], answer: () => Promise<void>): Promise<void> {
  if (judges.length === 0) return answer();
  return judges.some(({ sees }) => sees === 'whole')
    ? judgedWhole(exchange, judges, answer)
    : judgedInPassages(exchange, judges as readonly Sees<'passages'>[], answer);
}

async function judgedWhole(exchange: Exchange, judges: readonly Judge[], answer: () => Promise<void>): Promise<void> {
  const { client } = exchange;
  const { format } = exchange.endpoint;
  const held = new HeldClient(client);
  exchange.client = held;
  try {
    await answer();
  } finally {
    exchange.client = client;
  }
  if (!held.hasStarted) return;
  let view = held.view(format);
  for (const judge of judges) {
    if (judge.sees === 'passages') {
      judge.check(view.text);
      continue;
    }
    const body = await judge.check(view);
    if (body !== undefined) view = viewOf(format, body, view.isStream);
  }
  if (client.isGone)
    throw new GatewayError('client_gone', 'The client is gone: it hung up while its answer was checked.');
  exchange.firstByteMs = exchange.clock.monotonicMs();
  held.replay(client, view.body);
}

async function judgedInPassages(
  exchange: Exchange,
  judges: readonly Sees<'passages'>[],
  answer: () => Promise<void>,
): Promise<void> {
  const { client } = exchange;
  const heldCharacters = Math.max(...judges.map((judge) => judge.heldCharacters));
  const passing = new PassageClient(client, exchange.endpoint.format, heldCharacters, (passage) => {
    for (const judge of judges) judge.check(passage);
  });
  exchange.client = passing;
  try {
    await answer();
  } catch (thrown) {
    // The call ended because of the refusal.
    throw passing.refusal ?? thrown;
  } finally {
    exchange.client = client;
  }
  if (passing.refusal !== undefined) throw passing.refusal;
}
