/** Puts the deployment first that a conversation should go to, whatever the strategy says. */
import type { AffinityMemory } from './affinity.ts';
import type { RequestNeeds } from './contracts.ts';
import type { Routable } from './model-groups.ts';
import { leastLoaded, warmest } from './prefix-affinity.ts';
import type { PrefixHolders } from './prefix-holders.ts';
import type { DeploymentStats } from './stats.ts';
import type { Ranking } from './strategies/strategy.ts';

/**
 * What is done with what is known of prefixes. `levels`: the holder is first, and what no deployment holds goes to the least busy
 * one, because the strategy knows nothing but shares of traffic. `first`: the holder is first, else the strategy decides. `prices`:
 * the strategy has taken it into account.
 */
export type PrefixRole = 'levels' | 'first' | 'prices';

interface MoveContext {
  readonly stats: DeploymentStats;
  readonly affinity?: AffinityMemory | undefined;
  readonly holders?: PrefixHolders | undefined;
  readonly prefixRole?: PrefixRole | undefined;
}

/** A deployment that may be tried, with what its reason is made of when someone asks for it. */
export interface Placed<D extends Routable> {
  readonly deployment: D;
  readonly ranking: Pick<Ranking<D>, 'why'> | undefined;
  readonly isTight: boolean;
  /** Degraded, and drawn to let others go first. */
  readonly isDemoted: boolean;
}

/** Whether the deployment that answered this session or user before was put first. */
export function moveRemembered<D extends Routable>(
  placed: Placed<D>[],
  group: string,
  { affinityKey }: RequestNeeds,
  { affinity }: Pick<MoveContext, 'affinity'>,
): boolean {
  if (affinity === undefined || affinityKey === undefined || placed.length < 2) return false;
  const id = affinity.recall(group, affinityKey);
  if (id === undefined) return false;
  const index = placed.findIndex(({ deployment }) => deployment.id === id);
  if (!isSteady(placed[index])) return false;
  putFirst(placed, index, REMEMBERED);
  return true;
}

/** Puts the deployment first that holds the beginning of the prompt; `order` goes before it. */
export function movePrefixHolder<D extends Routable>(
  placed: Placed<D>[],
  { prompt }: RequestNeeds,
  { holders, stats, prefixRole }: MoveContext,
): void {
  if (holders === undefined || prompt === undefined || placed.length < 2 || prefixRole === 'prices') return;
  const order = placed[0]?.deployment.order;
  const end = placed.findIndex((each) => !isSteady(each) || each.deployment.order !== order);
  const candidates = placed.slice(0, end === -1 ? placed.length : end).map(({ deployment }) => deployment);
  if (candidates.length < 2) return;
  const warm = warmest(candidates, prompt, { holders, stats }).flatMap(({ index, steps }) => {
    const found = placed[index];
    return found === undefined ? [] : [{ ...found, ranking: holdsPrefix(prompt.tokens[steps - 1] ?? 0) }];
  });
  if (warm.length > 0) {
    const ids = new Set(warm.map(({ deployment }) => deployment.id));
    placed.splice(0, placed.length, ...warm, ...placed.filter(({ deployment }) => !ids.has(deployment.id)));
  } else if (prefixRole === 'levels') putFirst(placed, leastLoaded(candidates, stats), LEAST_LOADED);
}

/** Nothing speaks against it but its place. */
function isSteady<D extends Routable>(placed: Placed<D> | undefined): boolean {
  return placed !== undefined && !placed.isDemoted && !placed.isTight;
}

function putFirst<D extends Routable>(
  placed: Placed<D>[],
  index: number,
  ranking: Pick<Ranking<Routable>, 'why'>,
): void {
  const [found] = placed.splice(index, 1);
  if (found !== undefined) placed.unshift({ ...found, ranking });
}

function holdsPrefix(tokens: number): Pick<Ranking<Routable>, 'why'> {
  return { why: () => `holds the prefix, about ${tokens} tokens` };
}

const LEAST_LOADED: Pick<Ranking<Routable>, 'why'> = {
  why: () => 'no deployment holds the prefix, this one is least busy',
};
const REMEMBERED: Pick<Ranking<Routable>, 'why'> = { why: () => 'answered this conversation before' };
