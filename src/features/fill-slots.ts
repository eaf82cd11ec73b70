import type { Exchange } from '../exchange/exchange.ts';
import { type Ask, NO_SLOTS, type Slots } from '../exchange/slots.ts';
import type { Hooks } from './feature.ts';

type Slot = Exclude<keyof Slots<Exchange>, 'prepare'>;
type Filled<Name extends Slot> = NonNullable<Slots<Exchange>[Name]>;

/** Fills the slots with what features do, in the order of the features. A slot that none fills is undefined. */
export function fillSlots(hooks: readonly Hooks[]): Slots<Exchange> {
  if (hooks.length === 0) return NO_SLOTS;
  const fill = <Name extends Slot>(
    slot: Name,
    join: (all: readonly Filled<Name>[]) => Filled<Name>,
  ): Filled<Name> | undefined => {
    const all = hooks.flatMap((each) => (each[slot] === undefined ? [] : [each[slot] as Filled<Name>]));
    return all.length > 1 ? join(all) : all[0];
  };
  const prepares = hooks.flatMap(({ prepare }) => prepare ?? []);
  return {
    guardInput: fill('guardInput', joinGuards),
    prepare: prepares.length === 0 ? undefined : prepares,
    rank: fill(
      'rank',
      (all) => (exchange, deployments) =>
        all.reduce((ordered, rank) => {
          const next = rank(exchange, ordered);
          return next.length === 0 ? ordered : next;
        }, deployments),
    ),
    recall: fill('recall', joinRecalls),
    answer: fill('answer', joinAnswers),
    rewrite: fill('rewrite', joinRewrites),
    showCache: fill('showCache', joinShown),
    guardOutput: fill('guardOutput', (all) => (exchange) => all.flatMap((guards) => guards(exchange))),
    settled: fill('settled', joinSettled),
  };
}

/** The first refusal counts; what stands behind it is not asked. */
function joinGuards(all: readonly Filled<'guardInput'>[]): Filled<'guardInput'> {
  return async (exchange) => {
    for (const guard of all) await guard(exchange);
  };
}

/** The first answer is taken. */
function joinRecalls(all: readonly Filled<'recall'>[]): Filled<'recall'> {
  return async (exchange) => {
    for (const recall of all) {
      const found = await recall(exchange);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** What the first one sends is answered by the second one, and so on. Drafts go to providers directly. */
function joinAnswers([first, ...others]: readonly Filled<'answer'>[]): Filled<'answer'> {
  if (first === undefined) return (_exchange, ask) => ask.send();
  if (others.length === 0) return first;
  const inner = joinAnswers(others);
  return (exchange, ask) => {
    const outer: Ask = {
      send: (deployments, by) =>
        inner(exchange, deployments === undefined && by === undefined ? ask : within(ask, deployments, by)),
      draft: (deployments) => ask.draft(deployments),
    };
    return first(exchange, outer);
  };
}

function within(ask: Ask, outer: Parameters<Ask['send']>[0], outerBy: Parameters<Ask['send']>[1]): Ask {
  return {
    send: (deployments, by) => ask.send(deployments ?? outer, by ?? outerBy),
    draft: (deployments) => ask.draft(deployments ?? outer),
  };
}

/** Each sees what the one before it made. */
function joinRewrites(all: readonly Filled<'rewrite'>[]): Filled<'rewrite'> {
  return (exchange, call) => {
    let { body } = call;
    for (const rewrite of all) body = rewrite(exchange, { ...call, body }) ?? body;
    return body === call.body ? undefined : body;
  };
}

/** The least that any of them shows. */
function joinShown(all: readonly Filled<'showCache'>[]): Filled<'showCache'> {
  return (exchange, deployment) =>
    all
      .flatMap((show) => show(exchange, deployment) ?? [])
      .reduce<ReturnType<Filled<'showCache'>>>(
        (least, shown) => (least === undefined || shown.mostRead < least.mostRead ? shown : least),
        undefined,
      );
}

/** One that fails keeps no other from hearing. */
function joinSettled(all: readonly Filled<'settled'>[]): Filled<'settled'> {
  return (exchange) => {
    const thrown: unknown[] = [];
    for (const settled of all) {
      try {
        settled(exchange);
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0)
      throw thrown.length === 1 ? thrown[0] : new AggregateError(thrown, 'several features failed');
  };
}
