/** Memberships of users in teams and organisations. */
import type { Directory, OrganizationMember, TeamMember } from '../../contracts/directory.ts';
import { decodeObject, encodeObject } from '../../contracts/object-text.ts';
import type { SqlConnection } from '../connection.ts';
import { isStorable, refuseUnstorableId } from './storable.ts';
import type { DirectoryTables } from './tables.ts';
import { addAudit, type DirectoryWriter } from './writing.ts';

type Members = Pick<
  Directory,
  | 'teamMembers'
  | 'teamsOf'
  | 'teamMember'
  | 'putTeamMember'
  | 'removeTeamMember'
  | 'organizationMembers'
  | 'organizationsOf'
  | 'putOrganizationMember'
  | 'removeOrganizationMember'
>;

/** The directory's methods on memberships. */
export function membersOf(connection: SqlConnection, writer: DirectoryWriter): Members {
  const read = connection.read.withTables<DirectoryTables>();

  const teams = async (column: 'team_id' | 'user_id', id: string): Promise<TeamMember[]> => {
    if (!isStorable(id)) return [];
    const rows = await read
      .selectFrom('team_members')
      .select('data')
      .where(column, '=', id)
      .orderBy('created_at')
      .orderBy(column === 'team_id' ? 'user_id' : 'team_id')
      .execute();
    return rows.map(({ data }) => decodeObject<TeamMember>(data));
  };

  const organizations = async (column: 'organization_id' | 'user_id', id: string): Promise<OrganizationMember[]> => {
    if (!isStorable(id)) return [];
    const rows = await read
      .selectFrom('organization_members')
      .select('data')
      .where(column, '=', id)
      .orderBy('created_at')
      .orderBy(column === 'organization_id' ? 'user_id' : 'organization_id')
      .execute();
    return rows.map(({ data }) => decodeObject<OrganizationMember>(data));
  };

  const columnsOf = (member: TeamMember | OrganizationMember) => {
    refuseUnstorableId('userId', member.userId);
    refuseUnstorableId('budgetId', member.budgetId);
    return {
      user_id: member.userId,
      budget_id: member.budgetId ?? null,
      created_at: Math.round(member.createdAtMs),
      data: encodeObject(member),
    };
  };

  return {
    teamMembers: (teamId) => teams('team_id', teamId),
    teamsOf: (userId) => teams('user_id', userId),

    async teamMember(teamId, userId) {
      if (!isStorable(teamId) || !isStorable(userId)) return undefined;
      const row = await read
        .selectFrom('team_members')
        .select('data')
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return row === undefined ? undefined : decodeObject<TeamMember>(row.data);
    },

    async putTeamMember(member, audit) {
      refuseUnstorableId('teamId', member.teamId);
      const columns = columnsOf(member);
      await writer.write(async (transaction) => {
        await transaction
          .insertInto('team_members')
          .values({ team_id: member.teamId, ...columns })
          .onConflict((conflict) => conflict.columns(['team_id', 'user_id']).doUpdateSet(columns))
          .execute();
        await addAudit(transaction, [audit]);
        return { result: undefined, changed: changesOf('team', member.teamId, member.userId) };
      });
    },

    async removeTeamMember(teamId, userId, audit) {
      if (!isStorable(teamId) || !isStorable(userId)) return false;
      return writer.write(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('team_members')
          .where('team_id', '=', teamId)
          .where('user_id', '=', userId)
          .executeTakeFirst();
        if (numDeletedRows === 0n) return { result: false, changed: [] };
        await addAudit(transaction, [audit]);
        return { result: true, changed: changesOf('team', teamId, userId) };
      });
    },

    organizationMembers: (organizationId) => organizations('organization_id', organizationId),
    organizationsOf: (userId) => organizations('user_id', userId),

    async putOrganizationMember(member, audit) {
      refuseUnstorableId('organizationId', member.organizationId);
      const columns = columnsOf(member);
      await writer.write(async (transaction) => {
        await transaction
          .insertInto('organization_members')
          .values({ organization_id: member.organizationId, ...columns })
          .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doUpdateSet(columns))
          .execute();
        await addAudit(transaction, [audit]);
        return { result: undefined, changed: changesOf('organization', member.organizationId, member.userId) };
      });
    },

    async removeOrganizationMember(organizationId, userId, audit) {
      if (!isStorable(organizationId) || !isStorable(userId)) return false;
      return writer.write(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('organization_members')
          .where('organization_id', '=', organizationId)
          .where('user_id', '=', userId)
          .executeTakeFirst();
        if (numDeletedRows === 0n) return { result: false, changed: [] };
        await addAudit(transaction, [audit]);
        return { result: true, changed: changesOf('organization', organizationId, userId) };
      });
    },
  };
}

/** A membership changes what is known of both of its ends. */
const changesOf = (kind: 'team' | 'organization', id: string, userId: string) =>
  [
    { kind, id },
    { kind: 'user', id: userId },
  ] as const;
