/** Whose key it is, what it may use and what limits it: worked out once for a key, and kept until something of it changes. */
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

/** Who a key belongs to, as far as logs and metrics may know. */
interface Caller {
  readonly keyHash: string;
  readonly keyAlias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly teamAlias?: string;
}

/** Whose key it is and what it may use. Holds the hash of the key, never the key. */
export interface Identity {
  /** SHA-256 of the key in hex. */
  readonly keyHash: string;
  /** The master key, and keys of users who are proxy admins. */
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
  /** Model groups it may use, as configured; empty means all. Team, user and organisation narrow it further. */
  readonly models: readonly string[];
  /** What the operator wrote beside the key, in LiteLLM's names; tags and controls of its team folded in. */
  readonly metadata: JsonObject;
  /** Paths it may call; undefined: all that its roles may. */
  readonly allowedRoutes?: readonly string[];
  readonly keyType: Key['keyType'];
  /** The same in telemetry's words; one object per key, so that whoever counts by it can keep it as a key. */
  readonly caller: Caller;
  /** What limits its requests, narrowest first; without those that a request itself names (its customer, its tags). */
  readonly scopes: readonly Scope[];
  /** The objects it hangs on; absent for the master key. */
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
