/** Objects that a configuration declares: shaped like those of the directory, and read-only in the API. */
import type {
  Customer,
  Organization,
  OrganizationMember,
  Tag,
  Team,
  TeamMember,
  User,
} from '../stores/contracts/directory.ts';

/** Everything a configuration declares besides keys. Ids are unique within a kind. */
export interface DeclaredTenants {
  readonly organizations: readonly Organization[];
  readonly organizationMembers: readonly OrganizationMember[];
  readonly teams: readonly Team[];
  readonly teamMembers: readonly TeamMember[];
  readonly users: readonly User[];
  readonly customers: readonly Customer[];
  readonly tags: readonly Tag[];
}
