/**
 * The identity behind a key: its owner, rights and limits. Computed once for a key, and kept until one of its objects
 * changes.
 */
import type { JsonObject } from '../core/json.ts';
import type {
  Key,
  Organization,
  OrganizationMember,
  Team,
  TeamMember,
  User,
  UserRole,
} from '../stores/contracts/directory.ts';
import type { Scope } from './scopes.ts';

/** The owner of a key, as far as logs and metrics may know. */
interface Caller {
  readonly keyHash: string;
  readonly keyAlias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly teamAlias?: string;
}

/** The owner, rights and limits of a key. Contains the hash of the key, never the key. */
export interface Identity {
  /** SHA-256 of the key in hex. */
  readonly keyHash: string;
  /** True for the master key, and for keys of users who are proxy admins. */
  readonly isAdmin: boolean;
  readonly role: UserRole | undefined;
  /** `file`: declared in the configuration, read-only in the API. */
  readonly from: 'master' | 'file' | 'directory';
  readonly alias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organizationId?: string;
  readonly isBlocked: boolean;
  readonly expiresAtMs?: number;
  /** When the text that the caller sent stops being valid, because the key has a new one. */
  readonly textUntilMs?: number;
  /** Model groups it may use, as configured; empty means all. Team, user and organisation narrow it further. */
  readonly models: readonly string[];
  /** The key's metadata in LiteLLM's names, merged with that of its team. */
  readonly metadata: JsonObject;
  /** Paths that it may call; undefined: all that its role may call. */
  readonly allowedRoutes?: readonly string[];
  readonly keyType: Key['keyType'];
  /** The same for telemetry; one object per key, so that it can serve as the key of a map. */
  readonly caller: Caller;
  /**
   * The scopes that limit its requests, narrowest first; without those that a request names (its customer, its tags).
   */
  readonly scopes: readonly Scope[];
  /** The objects that it belongs to; absent for the master key. */
  readonly objects: {
    readonly key?: Key;
    readonly team?: Team;
    readonly user?: User;
    readonly organization?: Organization;
    readonly teamMember?: TeamMember;
    /** All memberships of its user. */
    readonly teams: readonly TeamMember[];
    readonly organizations: readonly OrganizationMember[];
  };
}
