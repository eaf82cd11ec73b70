/**
 * Finds the identity of a key, and the customers and tags that requests name: in the configuration, else in the
 * directory.
 */

import type { Clock } from '../core/clock.ts';
import { defined } from '../core/defined.ts';
import {
  type Budget,
  type Changed,
  type Customer,
  DatabaseUnavailableError,
  type Directory,
  type Key,
  type Tag,
} from '../stores/contracts/directory.ts';
import type { Declared } from './declared.ts';
import type { Identity } from './identity.ts';
import { makeIdentity } from './make-identity.ts';
import { ReadThroughCache } from './read-through-cache.ts';
import { accountOf, limitsOf, type Scope } from './scopes.ts';

interface TenantsOptions {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly declared: Declared;
  /** The named budget of customers that have none. */
  readonly customerBudgetId?: string | undefined;
}

/** A customer or a tag that a request names, with what limits it. */
export interface NamedScope {
  readonly scope: Scope;
  readonly isBlocked: boolean;
  readonly customer?: Customer;
  /** The database cannot be reached, so nothing is known of it. */
  readonly isUnread?: true;
}

const KEYS_REMEMBERED = 100_000;
const NAMES_REMEMBERED = 20_000;
/** Changes are announced to every instance; this is for changes made directly in the database. */
const TTL_MS = 60_000;
const ABSENT_TTL_MS = 5_000;

/** The directory as requests see it: what was looked up once is cached until it changes. */
export class Tenants {
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #customerBudgetId: string | undefined;
  #declared: Declared;
  readonly #identities: ReadThroughCache<Identity>;
  readonly #customers: ReadThroughCache<NamedScope>;
  readonly #tags: ReadThroughCache<NamedScope>;

  constructor({ directory, clock, declared, customerBudgetId }: TenantsOptions) {
    this.#directory = directory;
    this.#clock = clock;
    this.#declared = declared;
    this.#customerBudgetId = customerBudgetId;
    const shared = {
      clock,
      ttlMs: TTL_MS,
      absentTtlMs: ABSENT_TTL_MS,
      mayServeOld: (error: unknown) => error instanceof DatabaseUnavailableError,
    };
    this.#identities = new ReadThroughCache({
      ...shared,
      capacity: KEYS_REMEMBERED,
      load: (hash) => this.#loadIdentity(hash),
      sourcesOf: identitySources,
    });
    this.#customers = new ReadThroughCache({
      ...shared,
      capacity: NAMES_REMEMBERED,
      load: (id) => this.#loadCustomer(id),
      sourcesOf: (id, named) => [
        `customer:${id}`,
        ...budgetSource(named?.customer?.budgetId ?? this.#customerBudgetId),
      ],
    });
    this.#tags = new ReadThroughCache({
      ...shared,
      capacity: NAMES_REMEMBERED,
      load: (name) => this.#loadTag(name),
      sourcesOf: (name) => [`tag:${name}`, 'budgets'],
    });
  }

  /** By the hash of the key. Rejects with a DatabaseUnavailableError if that is unknown. */
  identity(hash: string): Identity | undefined | Promise<Identity | undefined> {
    return this.#identities.find(hash);
  }

  /** A customer; one that was never created has the limits of unknown customers. */
  customer(id: string): NamedScope | Promise<NamedScope> {
    return this.#named(this.#customers.find(id), () => customerScope(id, undefined, undefined));
  }

  tag(name: string): NamedScope | Promise<NamedScope> {
    return this.#named(this.#tags.find(name), () => tagScope(name, undefined, undefined));
  }

  /** Objects changed, here or at another instance. */
  forget(changed: readonly Changed[]): void {
    const sources = changed.map(({ kind, id }) => `${kind}:${id}`);
    if (changed.some(({ kind }) => kind === 'budget')) sources.push('budgets');
    this.#identities.forget(sources);
    this.#customers.forget(sources);
    this.#tags.forget(sources);
  }

  /** Anything may have changed, or the configuration is a new one. */
  forgetAll(declared?: Declared): void {
    if (declared !== undefined) this.#declared = declared;
    this.#identities.forgetAll();
    this.#customers.forgetAll();
    this.#tags.forgetAll();
  }

  /** While the database is unavailable, a customer or tag that is not cached has the limits of an unknown one. */
  #named(
    found: NamedScope | undefined | Promise<NamedScope | undefined>,
    unknown: () => NamedScope,
  ): NamedScope | Promise<NamedScope> {
    if (!(found instanceof Promise)) return found ?? unknown();
    return found.then(
      (value) => value ?? unknown(),
      (error: unknown) => {
        if (error instanceof DatabaseUnavailableError) return { ...unknown(), isUnread: true };
        throw error;
      },
    );
  }

  async #loadIdentity(hash: string): Promise<Identity | undefined> {
    const declared = this.#declared.keys.get(hash);
    const key = declared ?? (await this.#directory.findKey(hash, this.#clock.nowMs()));
    if (key === undefined) return undefined;
    const from = declared === undefined ? 'directory' : 'file';
    try {
      const identity = await this.#complete(key, from);
      // The cache may hold an identity longer than the old text of a rotated key is valid.
      return key.hash === hash ? identity : { ...identity, textUntilMs: key.previousUntilMs ?? 0 };
    } catch (error) {
      // An unavailable database must not lock out keys that the configuration declares.
      if (declared === undefined || !(error instanceof DatabaseUnavailableError)) throw error;
      return makeIdentity({ key, from, ...this.#declaredAround(key) });
    }
  }

  #declaredAround({ teamId, userId, organizationId }: Key) {
    const { teams, users, organizations, teamMembers, organizationMembers } = this.#declared;
    const team = teamId === undefined ? undefined : teams.get(teamId);
    const owner = organizationId ?? team?.organizationId;
    const memberships = teamMembers.filter((member) => member.userId === userId);
    return {
      team,
      user: userId === undefined ? undefined : users.get(userId),
      organization: owner === undefined ? undefined : organizations.get(owner),
      teamMember: memberships.find((member) => member.teamId === teamId),
      teams: memberships,
      organizations: organizationMembers.filter((member) => member.userId === userId),
    };
  }

  async #complete(key: Key, from: 'file' | 'directory'): Promise<Identity> {
    const { teamId, userId } = key;
    const known = this.#declaredAround(key);
    const directory = this.#directory;
    const [team, user, teamMember, teams, organizations] = await Promise.all([
      known.team ?? (teamId === undefined ? undefined : directory.get('team', teamId)),
      known.user ?? (userId === undefined ? undefined : directory.get('user', userId)),
      known.teamMember ??
        (teamId === undefined || userId === undefined ? undefined : directory.teamMember(teamId, userId)),
      userId === undefined ? [] : directory.teamsOf(userId),
      userId === undefined ? [] : directory.organizationsOf(userId),
    ]);
    const organizationId = key.organizationId ?? team?.organizationId;
    const organization =
      known.organization ??
      (organizationId === undefined ? undefined : await directory.get('organization', organizationId));
    const budgetIds = [key, team, team?.memberDefaults, teamMember, user, organization, ...organizations].flatMap(
      (limits) => limits?.budgetId ?? [],
    );
    const budgets = budgetIds.length === 0 ? [] : await directory.getMany('budget', [...new Set(budgetIds)]);
    return makeIdentity({
      key,
      from,
      team,
      user,
      organization,
      teamMember,
      teams: [...known.teams, ...teams],
      organizations: [...known.organizations, ...organizations],
      budgets: new Map(budgets.map((budget) => [budget.id, budget])),
    });
  }

  async #loadCustomer(id: string): Promise<NamedScope | undefined> {
    const customer = this.#declared.customers.get(id) ?? (await this.#directory.get('customer', id));
    const budgetId = customer?.budgetId ?? this.#customerBudgetId;
    const budget = budgetId === undefined ? undefined : await this.#directory.get('budget', budgetId);
    return customerScope(id, customer, budget);
  }

  async #loadTag(name: string): Promise<NamedScope | undefined> {
    const tag = this.#declared.tags.get(name) ?? (await this.#directory.get('tag', name));
    const budget = tag?.budgetId === undefined ? undefined : await this.#directory.get('budget', tag.budgetId);
    return tagScope(name, tag, budget);
  }
}

function customerScope(id: string, customer: Customer | undefined, budget: Budget | undefined): NamedScope {
  return {
    isBlocked: customer?.blocked ?? false,
    ...defined({ customer }),
    scope: {
      kind: 'customer',
      account: accountOf.customer(id),
      label: `EndUser=${id}`,
      limits: limitsOf(customer ?? {}, budget),
      anchorMs: customer?.createdAtMs ?? 0,
    },
  };
}

function tagScope(name: string, tag: Tag | undefined, budget: Budget | undefined): NamedScope {
  return {
    isBlocked: false,
    scope: {
      kind: 'tag',
      account: accountOf.tag(name),
      label: `Tag=${name}`,
      limits: limitsOf(tag ?? {}, budget),
      anchorMs: tag?.createdAtMs ?? 0,
    },
  };
}

function identitySources(hash: string, identity: Identity | undefined): readonly string[] {
  if (identity === undefined) return [`key:${hash}`];
  const { userId, teamId, organizationId, objects } = identity;
  const sources = [
    `key:${hash}`,
    `key:${identity.keyHash}`,
    ...objects.teams.map((team) => `team:${team.teamId}`),
    ...objects.organizations.map((each) => `organization:${each.organizationId}`),
  ];
  if (userId !== undefined) sources.push(`user:${userId}`);
  if (teamId !== undefined) sources.push(`team:${teamId}`);
  if (organizationId !== undefined) sources.push(`organization:${organizationId}`);
  const { key, team, user, organization, teamMember } = objects;
  for (const limits of [key, team, team?.memberDefaults, user, organization, teamMember, ...objects.organizations]) {
    sources.push(...budgetSource(limits?.budgetId));
  }
  return [...new Set(sources)];
}

function budgetSource(id: string | undefined): readonly string[] {
  return id === undefined ? [] : [`budget:${id}`];
}
