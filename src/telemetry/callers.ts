import type { Series } from './series.ts';
import type { Caller } from './settled.ts';

/** One step on the way from a caller to a record. */
export class Branch {
  readonly next = new Map<string | number, Branch>();
  series: Series | undefined;

  step(key: string | number): Branch {
    let branch = this.next.get(key);
    if (branch === undefined) {
      branch = new Branch();
      this.next.set(key, branch);
    }
    return branch;
  }
}

/** The records under one caller's labels, counted, so that one key cannot use up the room of all others. */
export class CallerBranch extends Branch {
  readonly records: Series[] = [];
  readonly caller: Caller | undefined;

  constructor(caller?: Caller) {
    super();
    this.caller = caller;
  }
}

/** What is known of a caller: `recent` is its number of requests, halved at each ranking. */
interface CallerUse {
  readonly caller: Caller;
  branch: CallerBranch;
  isNamed: boolean;
  recent: number;
  seenAtMs: number;
}

const OTHER = 'other';
/** Callers known by name, so that the busiest can be found among them. */
const MOST_KNOWN = 20_000;
/** Teams that keep their label even where their keys have none. */
const MOST_TEAMS = 100;
const RANKED_EVERY_MS = 600_000;
/** A caller that was silent for so long has no series until it asks again. */
const EXPIRES_AFTER_MS = 86_400_000;
/** A caller takes the place of another only if it is clearly busier: each change begins new series. */
const CLEARLY = 2;

/** Which callers have labels of their own: only so many, the busiest. The others are counted together, by team. */
export class Callers {
  readonly #most: number;
  readonly #byObject = new WeakMap<Caller, CallerUse>();
  readonly #byName = new Map<string, CallerUse>();
  readonly #ofTeams = new Map<string, CallerBranch>();
  readonly #none = new CallerBranch();
  readonly #others = new CallerBranch(otherCaller());
  #named = 0;
  #nowMs = 0;
  #rankedAtMs: number | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  /** Where the requests of a caller are counted; notes one of them. */
  branchOf(caller: Caller | undefined, atMs: number): CallerBranch {
    if (caller === undefined) return this.#none;
    const use = this.#byObject.get(caller) ?? this.#meet(caller);
    use.recent++;
    use.seenAtMs = atMs;
    if (atMs > this.#nowMs) this.#nowMs = atMs;
    return use.branch;
  }

  /** Gives labels to the busiest callers if it is time, and returns what was counted for those that lose theirs. */
  rank(): readonly CallerBranch[] {
    this.#rankedAtMs ??= this.#nowMs;
    if (this.#nowMs - this.#rankedAtMs < RANKED_EVERY_MS) return [];
    this.#rankedAtMs = this.#nowMs;
    const retired: CallerBranch[] = [];
    for (const [name, use] of this.#byName) {
      if (this.#nowMs - use.seenAtMs <= EXPIRES_AFTER_MS) continue;
      if (use.isNamed) retired.push(this.#unname(use));
      this.#byName.delete(name);
    }
    const uses = [...this.#byName.values()].sort((a, b) => b.recent - a.recent);
    const named = uses.filter(({ isNamed }) => isNamed);
    for (const use of uses) {
      if (use.isNamed || use.recent === 0) continue;
      if (this.#named >= this.#most) {
        const least = named.pop();
        if (least === undefined || use.recent <= CLEARLY * least.recent) break;
        retired.push(this.#unname(least));
      }
      this.#name(use);
    }
    for (const use of uses) use.recent = Math.floor(use.recent / 2);
    return retired;
  }

  #meet(caller: Caller): CallerUse {
    const name = JSON.stringify([caller.keyHash, caller.keyAlias, caller.userId, caller.teamId, caller.teamAlias]);
    let use = this.#byName.get(name);
    if (use === undefined) {
      use = { caller, branch: this.#shared(caller), isNamed: false, recent: 0, seenAtMs: 0 };
      if (this.#byName.size < MOST_KNOWN) {
        this.#byName.set(name, use);
        if (this.#named < this.#most) this.#name(use);
      }
    }
    this.#byObject.set(caller, use);
    return use;
  }

  #name(use: CallerUse): void {
    use.branch = new CallerBranch(use.caller);
    use.isNamed = true;
    this.#named++;
  }

  #unname(use: CallerUse): CallerBranch {
    const { branch } = use;
    use.branch = this.#shared(use.caller);
    use.isNamed = false;
    this.#named--;
    return branch;
  }

  #shared({ teamId, teamAlias }: Caller): CallerBranch {
    if (teamId === undefined) return this.#others;
    let branch = this.#ofTeams.get(teamId);
    if (branch === undefined && this.#ofTeams.size < MOST_TEAMS) {
      branch = new CallerBranch({ ...otherCaller(), teamId, teamAlias: teamAlias ?? 'None' });
      this.#ofTeams.set(teamId, branch);
    }
    return branch ?? this.#others;
  }
}

function otherCaller(): Caller {
  return { keyHash: OTHER, keyAlias: OTHER, userId: OTHER, teamId: OTHER, teamAlias: OTHER };
}
