import type { ManagementRoute } from '../contract.ts';
import { ADMIN, EVERYONE, ORGANIZATION_ADMINS, TEAM_ADMINS, USERS } from '../roles.ts';
import { get, patch, post } from '../route.ts';
import { activityRoutes } from '../spend/activity-routes.ts';
import { removeManyMembers, resetMemberBudget, resetMemberSpend, updateManyMembers } from './many-members.ts';
import { addManyMembers, addMembers, ownMembership, removeMember, updateMember } from './members.ts';
import { newTeam } from './new.ts';
import { availableTeams, listPermissions, listTeamPages, listTeams, teamActivity, teamInfo } from './read.ts';
import { spendByUser } from './spend-by-user.ts';
import {
  addPermissions,
  addTeamModels,
  blockTeam,
  deleteTeams,
  patchTeam,
  removeTeamModels,
  unblockTeam,
  updatePermissions,
  updateTeam,
} from './update.ts';

/** Routes of teams. */
export const TEAM_ROUTES: readonly ManagementRoute[] = [
  post('/team/new', ORGANIZATION_ADMINS, newTeam, 'Makes a team with its first members.'),
  post(
    '/team/update',
    TEAM_ADMINS,
    updateTeam,
    'Changes the fields of a team that are sent; an admin of the team may lower its limits and not raise them.',
  ),
  patch('/team/:team_id', TEAM_ADMINS, patchTeam, 'Does the same as `POST /team/update`.'),
  post('/team/delete', ORGANIZATION_ADMINS, deleteTeams, 'Deletes teams with their memberships and keys.'),
  post('/team/block', ORGANIZATION_ADMINS, blockTeam, 'Refuses requests with keys of a team from now on.'),
  post('/team/unblock', ORGANIZATION_ADMINS, unblockTeam, 'Accepts requests with keys of a blocked team again.'),
  post('/team/member_add', TEAM_ADMINS, addMembers, 'Adds members; makes users of those that do not exist yet.'),
  post('/team/bulk_member_add', TEAM_ADMINS, addManyMembers, 'Adds members one by one; lists who was added.'),
  post('/team/member_update', TEAM_ADMINS, updateMember, 'Changes the role or the limits of a member.'),
  post(
    '/team/member_delete',
    TEAM_ADMINS,
    removeMember,
    'Removes a user from a team and deletes the keys that the user has in it.',
  ),
  post(
    '/team/:team_id/member/:user_id/reset_spend',
    TEAM_ADMINS,
    resetMemberSpend,
    'Lowers what a member has spent in a team.',
  ),
  post(
    '/team/:team_id/member/:user_id/reset_budget',
    TEAM_ADMINS,
    resetMemberBudget,
    'Removes a member’s own limits, so that those of the team hold.',
  ),
  post(
    '/management/v1/teams/:team_id/members/bulk_delete',
    TEAM_ADMINS,
    removeManyMembers,
    'Removes members one by one; lists who was removed.',
  ),
  post(
    '/management/v1/teams/:team_id/members/bulk_update',
    TEAM_ADMINS,
    updateManyMembers,
    'Sets limits of members one by one; lists them as they are now.',
  ),
  get('/team/:team_id/members/me', EVERYONE, ownMembership, 'Shows the caller’s own membership.'),
  get(
    '/team/info',
    EVERYONE,
    teamInfo,
    'Shows a team, its members with their spend, and its keys; a plain member sees only its own part.',
  ),
  get('/team/list', USERS, listTeams, 'Lists up to a thousand teams that the caller may see.'),
  get('/v2/team/list', USERS, listTeamPages, 'Lists teams that the caller may see, in pages.'),
  get('/team/available', USERS, availableTeams, 'Lists teams that anyone may join: always empty.'),
  post('/team/model/add', ORGANIZATION_ADMINS, addTeamModels, 'Lets a team use further models.'),
  post('/team/model/delete', ORGANIZATION_ADMINS, removeTeamModels, 'Takes models away from a team.'),
  get(
    '/team/permissions_list',
    USERS,
    listPermissions,
    'Lists what plain members of a team may do, and what they could be allowed to do.',
  ),
  post(
    '/team/permissions_update',
    TEAM_ADMINS,
    updatePermissions,
    'Sets which management routes plain members of a team may call.',
  ),
  post(
    '/team/permissions_bulk_update',
    ADMIN,
    addPermissions,
    'Lets plain members of several teams, or of all, call further management routes.',
  ),
  ...activityRoutes('/team/daily/activity', USERS, teamActivity, 'teams'),
  get(
    '/team/spend/by_user',
    USERS,
    spendByUser,
    'Shows what each user spent in each team; a plain member sees its own part.',
  ),
];
