/**
 * Who there is and what each may do: organisations, teams, users, members, customers, keys, budgets, tags, models. Objects are
 * stored whole, by id; what they are searched by has a column. Money is pico-USD, times are milliseconds since the epoch.
 */
import type { JsonObject } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { Ledger } from './ledger.ts';

/** One of several budgets of an object (`budget_limits`). */
export interface PeriodBudget {
  readonly max: PicoUsd;
  /** `1h`, `1d`, `7d`, `30d`, `1mo`, …; undefined: never starts anew. */
  readonly duration?: string;
}

/** The limits that any object may carry. */
export interface Limits {
  readonly maxBudget?: PicoUsd;
  readonly budgetDuration?: string;
  readonly softBudget?: PicoUsd;
  /** Further budgets with periods of their own. */
  readonly budgetLimits?: readonly PeriodBudget[];
  /** Budgets by model group. */
  readonly modelMaxBudget?: Readonly<Record<string, PeriodBudget>>;
  readonly rpmLimit?: number;
  readonly tpmLimit?: number;
  readonly inputTpmLimit?: number;
  readonly outputTpmLimit?: number;
  readonly maxParallelRequests?: number;
  readonly modelRpmLimit?: Readonly<Record<string, number>>;
  readonly modelTpmLimit?: Readonly<Record<string, number>>;
  /** A raise of `maxBudget` until a moment. */
  readonly tempBudgetIncrease?: { readonly amount: PicoUsd; readonly untilMs: number };
  /** A named budget whose limits hold where the object has none of its own. */
  readonly budgetId?: string;
  /** When periods of fixed length (`12h`) count from; the object's creation, or its last reset. */
  readonly budgetAnchorMs?: number;
}

/** The names of all limits. */
export const LIMIT_NAMES = [
  'maxBudget',
  'budgetDuration',
  'softBudget',
  'budgetLimits',
  'modelMaxBudget',
  'rpmLimit',
  'tpmLimit',
  'inputTpmLimit',
  'outputTpmLimit',
  'maxParallelRequests',
  'modelRpmLimit',
  'modelTpmLimit',
  'tempBudgetIncrease',
  'budgetId',
  'budgetAnchorMs',
] as const satisfies readonly (keyof Limits)[];

/** What all stored objects have. */
export interface Stored {
  readonly createdAtMs: number;
  readonly createdBy?: string;
  readonly updatedAtMs: number;
  readonly updatedBy?: string;
  readonly metadata: JsonObject;
  /** Fields of LiteLLM's API that are kept and given back and have no effect here. */
  readonly further: JsonObject;
}

export interface Organization extends Stored, Limits {
  readonly id: string;
  readonly alias: string;
  readonly models: readonly string[];
  readonly blocked: boolean;
}

export interface Team extends Stored, Limits {
  readonly id: string;
  readonly alias?: string;
  readonly organizationId?: string;
  readonly models: readonly string[];
  readonly modelAliases?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly blocked: boolean;
  /** Limits that each member gets where the membership has none: `team_member_budget` and its kin. */
  readonly memberDefaults?: Limits;
  /** Management routes that plain members may use: `/key/generate`. */
  readonly memberPermissions: readonly string[];
}

export type UserRole = 'proxy_admin' | 'proxy_admin_viewer' | 'internal_user' | 'internal_user_viewer';

export interface User extends Stored, Limits {
  readonly id: string;
  readonly alias?: string;
  readonly email?: string;
  readonly role: UserRole;
  readonly models: readonly string[];
  readonly blocked: boolean;
}

/** A user in a team. */
export interface TeamMember extends Limits {
  readonly teamId: string;
  readonly userId: string;
  readonly role: 'admin' | 'user';
  readonly createdAtMs: number;
}

/** A user in an organisation. */
export interface OrganizationMember extends Limits {
  readonly organizationId: string;
  readonly userId: string;
  readonly role: 'org_admin' | 'internal_user' | 'internal_user_viewer';
  readonly createdAtMs: number;
}

/** An end user of an application: what a request's `user` names. */
export interface Customer extends Stored, Limits {
  readonly id: string;
  readonly alias?: string;
  readonly blocked: boolean;
  readonly allowedModelRegion?: string;
  readonly defaultModel?: string;
}

export interface Key extends Stored, Limits {
  /** SHA-256 of the key in hex: the key itself is never stored. */
  readonly hash: string;
  /** `sk-...abcd`, for people. */
  readonly name: string;
  readonly alias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organizationId?: string;
  readonly models: readonly string[];
  readonly aliases?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly blocked: boolean;
  readonly expiresAtMs?: number;
  /** Paths it may call; undefined: all that its role may. Patterns with `*`. */
  readonly allowedRoutes?: readonly string[];
  readonly keyType: 'default' | 'llm_api' | 'management' | 'read_only';
  readonly enforcedParams?: readonly string[];
  /** The key that this one took the place of, valid until a moment (rotation with a grace period). */
  readonly previousHash?: string;
  readonly previousUntilMs?: number;
  readonly rotationCount: number;
  /** The hash that its spend is counted under: of its first text, so that a rotation neither makes room nor loses what is open. */
  readonly accountHash?: string;
  readonly autoRotate?: { readonly everyMs: number; readonly nextAtMs: number };
  readonly lastUsedAtMs?: number;
}

/** A named set of limits. */
export interface Budget extends Stored, Limits {
  readonly id: string;
}

export interface Tag extends Stored, Limits {
  readonly name: string;
  readonly description?: string;
  readonly models: readonly string[];
}

/** A `model_list` entry that was added by the API. Secrets in `litellmParams` are sealed before they come here. */
export interface StoredModel extends Stored {
  readonly id: string;
  readonly modelName: string;
  readonly litellmParams: JsonObject;
  readonly modelInfo: JsonObject;
  readonly blocked: boolean;
}

/** Who changed what. Values hold no secrets. */
export interface AuditEntry {
  readonly id: string;
  readonly atMs: number;
  readonly changedBy: string;
  readonly keyHash: string;
  readonly action: 'created' | 'updated' | 'deleted' | 'blocked' | 'unblocked' | 'rotated' | 'reset';
  readonly table: string;
  readonly objectId: string;
  readonly before?: JsonObject;
  readonly after?: JsonObject;
}

/** What a change of an object makes others forget. `kind` and id, as `team` `t1`. */
export interface Changed {
  readonly kind: keyof Kinds;
  readonly id: string;
}

/** The kinds of objects and how each is called by. */
export interface Kinds {
  readonly organization: Organization;
  readonly team: Team;
  readonly user: User;
  readonly customer: Customer;
  readonly key: Key;
  readonly budget: Budget;
  readonly tag: Tag;
  readonly model: StoredModel;
}

export interface ListOptions {
  readonly limit: number;
  readonly offset: number;
  /** Column to sort by; `createdAt` by default. */
  readonly sortBy?: 'createdAt' | 'updatedAt' | 'alias' | 'id';
  readonly descending?: boolean;
}

/** What objects can be searched by; all that is given must hold. Unknown names for a kind are a bug and throw. */
export interface Search {
  readonly ids?: readonly string[];
  readonly alias?: string;
  /** Anywhere in the alias, case-insensitive; `%` and `_` mean themselves. */
  readonly aliasContains?: string;
  readonly userId?: string;
  readonly userIds?: readonly string[];
  readonly teamId?: string;
  readonly teamIds?: readonly string[];
  readonly organizationId?: string;
  readonly organizationIds?: readonly string[];
  readonly email?: string;
  readonly role?: UserRole;
  readonly budgetId?: string;
  readonly modelName?: string;
}

/** A write was refused because of another object: the id or a unique alias is taken. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** A write was refused because a text cannot be stored or searched: a NUL, half a surrogate pair, or too long for an index. */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * Why a database did not do what it was asked, where the statement is not at fault. `busy`: another process or query held it for
 * too long; `crowded`: no connection was to be had; `full` and `read-only`: it reads and cannot write.
 */
export type UnavailableReason =
  | 'unreachable'
  | 'timeout'
  | 'busy'
  | 'crowded'
  | 'full'
  | 'read-only'
  | 'broken'
  | 'closed';

/** The database cannot be used now; the same may work later. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
  readonly reason: UnavailableReason;
  constructor(reason: UnavailableReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Reads and writes objects. Every write is one transaction, with its audit entry, and is told to other instances. Everything
 * rejects with a DatabaseUnavailableError while the database cannot be used, and writes with an InvalidValueError where an id or a
 * searched field holds a text that no database can (NUL, an id of more than 256 bytes, another of more than 1,000); what is looked for by such a text is not found.
 */
export interface Directory {
  get<Kind extends keyof Kinds>(kind: Kind, id: string): Promise<Kinds[Kind] | undefined>;
  getMany<Kind extends keyof Kinds>(kind: Kind, ids: readonly string[]): Promise<Kinds[Kind][]>;
  /** A key by its hash, or by the hash it had before a rotation whose grace period has not ended. */
  findKey(hash: string, nowMs: number): Promise<Key | undefined>;
  list<Kind extends keyof Kinds>(kind: Kind, search: Search, options: ListOptions): Promise<Kinds[Kind][]>;
  count<Kind extends keyof Kinds>(kind: Kind, search: Search): Promise<number>;
  /** Throws a ConflictError where the id (or, for keys, the alias) is taken. */
  create<Kind extends keyof Kinds>(kind: Kind, value: Kinds[Kind], audit: AuditEntry): Promise<void>;
  /**
   * Replaces an object by what `change` makes of it as it stands, inside one transaction: two updates at once are both kept.
   * Undefined where there is none. `change` may be called again after a conflict.
   */
  update<Kind extends keyof Kinds>(
    kind: Kind,
    id: string,
    change: (value: Kinds[Kind]) => Kinds[Kind],
    audit: (before: Kinds[Kind], after: Kinds[Kind]) => AuditEntry,
  ): Promise<Kinds[Kind] | undefined>;
  /** A rotated key takes a new hash: the row moves. Throws a ConflictError where the new hash is taken. */
  rotateKey(
    hash: string,
    change: (key: Key) => Key,
    audit: (before: Key, after: Key) => AuditEntry,
  ): Promise<Key | undefined>;
  /**
   * Deletes with memberships; keys of a deleted team or user are deleted too, and teams and keys of an organisation. What goes
   * along is told and has audit entries like what was asked for. Resolves to what was asked for and was there.
   */
  delete<Kind extends keyof Kinds>(
    kind: Kind,
    ids: readonly string[],
    audit: (value: Kinds[Kind]) => AuditEntry,
  ): Promise<Kinds[Kind][]>;

  teamMembers(teamId: string): Promise<TeamMember[]>;
  teamsOf(userId: string): Promise<TeamMember[]>;
  teamMember(teamId: string, userId: string): Promise<TeamMember | undefined>;
  putTeamMember(member: TeamMember, audit: AuditEntry): Promise<void>;
  removeTeamMember(teamId: string, userId: string, audit: AuditEntry): Promise<boolean>;
  organizationMembers(organizationId: string): Promise<OrganizationMember[]>;
  organizationsOf(userId: string): Promise<OrganizationMember[]>;
  putOrganizationMember(member: OrganizationMember, audit: AuditEntry): Promise<void>;
  removeOrganizationMember(organizationId: string, userId: string, audit: AuditEntry): Promise<boolean>;

  audit(
    search: {
      readonly objectId?: string;
      readonly table?: string;
      readonly changedBy?: string;
      readonly action?: string;
      readonly fromMs?: number;
      readonly toMs?: number;
    },
    options: ListOptions,
  ): Promise<AuditEntry[]>;
  countAudit(search: {
    readonly objectId?: string;
    readonly table?: string;
    readonly changedBy?: string;
    readonly action?: string;
    readonly fromMs?: number;
    readonly toMs?: number;
  }): Promise<number>;
  auditEntry(id: string): Promise<AuditEntry | undefined>;
  /** Writes an entry for a change of no object of the directory. */
  record(entry: AuditEntry): Promise<void>;
  /** Deletes entries older than that; resolves to how many. */
  pruneAudit(beforeMs: number): Promise<number>;
  /** Keys due for rotation. */
  keysToRotate(nowMs: number, limit: number): Promise<Key[]>;

  /** Small values that must outlive a restart: alerts that went out, learned quantiles. Keys are `name/…`. */
  note(name: string): Promise<string | undefined>;
  /** Sets a note where it is not set yet; resolves to whether it was us. */
  noteOnce(name: string, value: string): Promise<boolean>;
  setNote(name: string, value: string): Promise<void>;
  /** Deletes notes whose name begins so and whose value sorts before that, as times in ISO 8601 do; resolves to how many. */
  pruneNotes(prefix: string, before: string): Promise<number>;
}

/** The database: opened, migrated and shared by the directory and the ledger. */
export interface Database {
  readonly kind: 'sqlite' | 'postgres';
  readonly directory: Directory;
  readonly ledger: Ledger;
  /** Whether it answers now; resolves within a second. */
  ping(): Promise<boolean>;
  /**
   * Takes the right to be the only instance on this database without shared counters. False where another holds it. Held until
   * `close` or the process's end, whatever ends it.
   */
  beAlone(): Promise<boolean>;
  close(): Promise<void>;
}
