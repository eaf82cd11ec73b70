/**
 * The objects of the management API: organisations, teams, users, members, customers, keys, budgets, tags, models, credentials.
 * Objects are stored whole, by id; searchable fields have columns. Money is pico-USD, times are milliseconds since the
 * epoch.
 */
import type { JsonObject } from '../../core/json.ts';
import type { Limits } from './limits.ts';

export { LIMIT_NAMES, type Limits, type PeriodBudget } from './limits.ts';

/** What all stored objects have. */
export interface Stored {
  readonly createdAtMs: number;
  readonly createdBy?: string;
  readonly updatedAtMs: number;
  readonly updatedBy?: string;
  readonly metadata: JsonObject;
  /** Fields of LiteLLM's API that are stored and returned, without any effect. */
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
  /** Limits of each member whose membership has none: `team_member_budget` and similar fields. */
  readonly memberDefaults?: Limits;
  /** Models of each member whose membership names none. */
  readonly memberModels?: readonly string[];
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
  /** Made because a team or an organisation named it as a member; `/user/new` can still give it its settings. */
  readonly isOnlyNamed?: boolean;
}

/** A user in a team. */
export interface TeamMember extends Limits {
  readonly teamId: string;
  readonly userId: string;
  readonly role: 'admin' | 'user';
  /** The models of the team that its keys in the team may use; undefined: all of them. */
  readonly models?: readonly string[];
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
  /** Paths that it may call, as patterns with `*`; undefined: all that its role may call. */
  readonly allowedRoutes?: readonly string[];
  readonly keyType: 'default' | 'llm_api' | 'management' | 'read_only';
  readonly enforcedParams?: readonly string[];
  /** The key that this one replaced, valid until a moment (rotation with a grace period). */
  readonly previousHash?: string;
  readonly previousUntilMs?: number;
  readonly rotationCount: number;
  /**
   * The hash under which its spend is counted: that of its first text, so that a rotation frees no budget and loses no
   * open claim.
   */
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

/** A `model_list` entry that was added through the API. Secrets in `litellmParams` are sealed before they come here. */
export interface StoredModel extends Stored {
  readonly id: string;
  readonly modelName: string;
  readonly litellmParams: JsonObject;
  readonly modelInfo: JsonObject;
  readonly blocked: boolean;
}

/** Connection parameters that models name instead of having them. Secrets in `values` are sealed before they come here. */
export interface StoredCredential extends Stored {
  readonly name: string;
  readonly values: JsonObject;
  /** A remark of the operator; a provider in it is one that the credential is for. */
  readonly info: JsonObject;
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

/** What audit entries can be searched by; all conditions that are given must hold. */
export interface AuditSearch {
  readonly objectId?: string;
  readonly table?: string;
  readonly changedBy?: string;
  readonly action?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** An object that was changed, as `team` and `t1`: caches drop it. */
export interface Changed {
  readonly kind: keyof Kinds;
  readonly id: string;
}

/** The kinds of objects, by name. */
export interface Kinds {
  readonly organization: Organization;
  readonly team: Team;
  readonly user: User;
  readonly customer: Customer;
  readonly key: Key;
  readonly budget: Budget;
  readonly tag: Tag;
  readonly model: StoredModel;
  readonly credential: StoredCredential;
}

/** `spend` is what an object spent since its last reset, whatever the period of its budget. A kind that lacks a column throws. */
export type SortColumn = 'createdAt' | 'updatedAt' | 'alias' | 'id' | 'email' | 'role' | 'spend' | 'maxBudget';

export interface ListOptions {
  readonly limit: number;
  readonly offset: number;
  /** Column to sort by; `createdAt` by default. */
  readonly sortBy?: SortColumn;
  readonly descending?: boolean;
}

/**
 * What objects can be searched by; all conditions that are given must hold. A condition that a kind lacks is a bug and
 * throws.
 */
export interface Search {
  readonly ids?: readonly string[];
  readonly alias?: string;
  /** Anywhere in the alias, case-insensitive; `%` and `_` mean themselves. */
  readonly aliasContains?: string;
  /** Anywhere in the address, in the same way. */
  readonly emailContains?: string;
  /** Anywhere in the alias, the address or the id, in the same way; hashes of keys are not searched. */
  readonly contains?: string;
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
  /** Keys by whether they are valid no longer at a moment. */
  readonly expiry?: { readonly atMs: number; readonly isOver: boolean };
  /** Keys whose `access_group_ids` name the group. */
  readonly accessGroup?: string;
}

/** A write was refused because another object has the same id or the same unique alias. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * A write was refused because a text cannot be stored or searched: it has a NUL or half a surrogate pair, or is too
 * long.
 */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * Why a database did not run a statement, if the statement is not at fault. `busy`: another process or query held it
 * for too long; `crowded`: no connection was free; `full` and `read-only`: it can read and cannot write.
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

/** Makes the audit entry of an object that goes with a deleted one, of whatever kind. */
export type AuditOfFollower = <Kind extends keyof Kinds>(kind: Kind, value: Kinds[Kind]) => AuditEntry;

/**
 * Reads and writes objects. Every write is one transaction, with its audit entry, and is announced to other instances.
 * Everything rejects with a DatabaseUnavailableError while the database cannot be used. Writes reject with an
 * InvalidValueError if an id or a searchable field holds a text that no database can store (a NUL, an id of more than
 * 256 bytes, another text of more than 1,000); a search for such a text finds nothing.
 */
export interface Directory {
  get<Kind extends keyof Kinds>(kind: Kind, id: string): Promise<Kinds[Kind] | undefined>;
  getMany<Kind extends keyof Kinds>(kind: Kind, ids: readonly string[]): Promise<Kinds[Kind][]>;
  /** A key by its hash, or by its hash before a rotation whose grace period has not ended. */
  findKey(hash: string, nowMs: number): Promise<Key | undefined>;
  list<Kind extends keyof Kinds>(kind: Kind, search: Search, options: ListOptions): Promise<Kinds[Kind][]>;
  count<Kind extends keyof Kinds>(kind: Kind, search: Search): Promise<number>;
  /** Throws a ConflictError if the id (or, for keys, the alias) is taken. */
  create<Kind extends keyof Kinds>(kind: Kind, value: Kinds[Kind], audit: AuditEntry): Promise<void>;
  /**
   * Replaces an object by what `change` makes of its present state, inside one transaction: two updates at once are
   * both kept. Resolves to undefined if there is no such object. `change` may be called again after a conflict.
   */
  update<Kind extends keyof Kinds>(
    kind: Kind,
    id: string,
    change: (value: Kinds[Kind]) => Kinds[Kind],
    audit: (before: Kinds[Kind], after: Kinds[Kind]) => AuditEntry,
  ): Promise<Kinds[Kind] | undefined>;
  /** Gives a rotated key its new hash. Throws a ConflictError if the new hash is taken. */
  rotateKey(
    hash: string,
    change: (key: Key) => Key,
    audit: (before: Key, after: Key) => AuditEntry,
  ): Promise<Key | undefined>;
  /**
   * Deletes objects and their memberships; also the keys of a deleted team or user, and the teams and keys of an
   * organisation. These are announced and get audit entries too. Resolves to those of the requested objects that
   * existed.
   */
  delete<Kind extends keyof Kinds>(
    kind: Kind,
    ids: readonly string[],
    audit: (value: Kinds[Kind]) => AuditEntry,
    auditOfFollower?: AuditOfFollower,
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

  audit(search: AuditSearch, options: ListOptions): Promise<AuditEntry[]>;
  countAudit(search: AuditSearch): Promise<number>;
  auditEntry(id: string): Promise<AuditEntry | undefined>;
  /** Writes an entry for a change outside the directory. */
  record(entry: AuditEntry): Promise<void>;
  /** Deletes older entries; resolves to how many. */
  pruneAudit(beforeMs: number): Promise<number>;
  /** Keys due for rotation. */
  keysToRotate(nowMs: number, limit: number): Promise<Key[]>;

  /** Small values that must outlive a restart: alerts that were sent, learned quantiles. Names are `purpose/…`. */
  note(name: string): Promise<string | undefined>;
  /** Sets a note if it is not set yet; resolves to whether it did. */
  noteOnce(name: string, value: string): Promise<boolean>;
  setNote(name: string, value: string): Promise<void>;
  /** Deletes notes with this prefix whose value (a time in ISO 8601) sorts before that; resolves to how many. */
  pruneNotes(prefix: string, before: string): Promise<number>;
}
