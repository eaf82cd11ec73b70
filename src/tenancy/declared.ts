/** The objects that a configuration declares, ready to be looked up. */
import type { DeclaredKey, DeclaredTenants } from '../config/gateway-config.ts';
import type {
  Customer,
  Key,
  Organization,
  OrganizationMember,
  Tag,
  Team,
  TeamMember,
  User,
} from '../stores/contracts/directory.ts';
import { hashKey } from './hash-key.ts';

/** Declared objects by id, keys by hash. They win over the directory's. */
export interface Declared {
  readonly keys: ReadonlyMap<string, Key>;
  readonly teams: ReadonlyMap<string, Team>;
  readonly users: ReadonlyMap<string, User>;
  readonly organizations: ReadonlyMap<string, Organization>;
  readonly customers: ReadonlyMap<string, Customer>;
  readonly tags: ReadonlyMap<string, Tag>;
  readonly teamMembers: readonly TeamMember[];
  readonly organizationMembers: readonly OrganizationMember[];
}

/** The part of a configuration that declares objects. */
interface Declaring {
  readonly keys: readonly DeclaredKey[];
  readonly declared: DeclaredTenants;
}

/** Reads declared objects from a configuration; only the hashes of keys are kept. */
export function readDeclared({ keys, declared }: Declaring): Declared {
  const byId = <Value extends { readonly id: string }>(values: readonly Value[]): ReadonlyMap<string, Value> =>
    new Map(values.map((value) => [value.id, value]));
  return {
    keys: new Map(keys.map(keyOf).map((key) => [key.hash, key])),
    teams: byId(declared.teams),
    users: byId(declared.users),
    organizations: byId(declared.organizations),
    customers: byId(declared.customers),
    tags: new Map(declared.tags.map((tag) => [tag.name, tag])),
    teamMembers: declared.teamMembers,
    organizationMembers: declared.organizationMembers,
  };
}

/**
 * A declared key in the form of the directory. It has no date of creation: periods of fixed length count from the
 * epoch.
 */
function keyOf(declared: DeclaredKey): Key {
  const { key, limits, position: _position, ...facts } = declared;
  return {
    further: {},
    ...facts,
    ...limits,
    hash: hashKey(key),
    name: keyName(key),
    rotationCount: 0,
    createdAtMs: 0,
    updatedAtMs: 0,
  };
}

/** The name by which people recognise a key: `sk-...abcd`; it shows nothing of a short key. */
function keyName(key: string): string {
  return key.length < 16 ? 'sk-...' : `sk-...${key.slice(-4)}`;
}
