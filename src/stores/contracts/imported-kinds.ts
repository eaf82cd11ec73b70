import type { Kinds, OrganizationMember, TeamMember } from './directory.ts';

/** Everything that an import can make, by kind. */
export interface ImportedKinds extends Kinds {
  readonly team_member: TeamMember;
  readonly organization_member: OrganizationMember;
}
