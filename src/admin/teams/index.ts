import type { ManagementRoute } from '../contract.ts';
import { EVERYONE, ORGANIZATION_ADMINS, TEAM_ADMINS, USERS } from '../roles.ts';
import { route } from '../route.ts';
import { addManyMembers, addMembers, ownMembership, removeMember, updateMember } from './members.ts';
import { newTeam } from './new.ts';
import { availableTeams, listPermissions, listTeamPages, listTeams, teamActivity, teamInfo } from './read.ts';
import {
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
  route('POST', '/team/new', ORGANIZATION_ADMINS, newTeam, 'Makes a team with its first members.'),
  route(
    'POST',
    '/team/update',
    TEAM_ADMINS,
    updateTeam,
    'Changes the fields of a team that are sent; an admin of the team may lower its limits and not raise them.',
  ),
  route('PATCH', '/team/:team_id', TEAM_ADMINS, patchTeam, 'Does the same as `POST /team/update`.'),
  route('POST', '/team/delete', ORGANIZATION_ADMINS, deleteTeams, 'Deletes teams with their memberships and keys.'),
  route('POST', '/team/block', ORGANIZATION_ADMINS, blockTeam, 'Refuses requests with keys of a team from now on.'),
  route(
    'POST',
    '/team/unblock',
    ORGANIZATION_ADMINS,
    unblockTeam,
    'Accepts requests with keys of a blocked team again.',
  ),
  route(
    'POST',
    '/team/member_add',
    TEAM_ADMINS,
    addMembers,
    'Adds members; makes users of those that do not exist yet.',
  ),
  route('POST', '/team/bulk_member_add', TEAM_ADMINS, addManyMembers, 'Adds members one by one; lists who was added.'),
  route('POST', '/team/member_update', TEAM_ADMINS, updateMember, 'Changes the role or the limits of a member.'),
  route(
    'POST',
    '/team/member_delete',
    TEAM_ADMINS,
    removeMember,
    'Removes a user from a team and deletes the keys that the user has in it.',
  ),
  route('GET', '/team/:team_id/members/me', EVERYONE, ownMembership, 'Shows the caller’s own membership.'),
  route(
    'GET',
    '/team/info',
    EVERYONE,
    teamInfo,
    'Shows a team, its members with their spend, and its keys; a plain member sees only its own part.',
  ),
  route('GET', '/team/list', USERS, listTeams, 'Lists up to a thousand teams that the caller may see.'),
  route('GET', '/v2/team/list', USERS, listTeamPages, 'Lists teams that the caller may see, in pages.'),
  route('GET', '/team/available', USERS, availableTeams, 'Lists teams that anyone may join: always empty.'),
  route('POST', '/team/model/add', ORGANIZATION_ADMINS, addTeamModels, 'Lets a team use further models.'),
  route('POST', '/team/model/delete', ORGANIZATION_ADMINS, removeTeamModels, 'Takes models away from a team.'),
  route(
    'GET',
    '/team/permissions_list',
    USERS,
    listPermissions,
    'Lists what plain members of a team may do, and what they could be allowed to do.',
  ),
  route(
    'POST',
    '/team/permissions_update',
    TEAM_ADMINS,
    updatePermissions,
    'Sets which management routes plain members of a team may call.',
  ),
  route(
    'GET',
    '/team/daily/activity',
    USERS,
    teamActivity,
    'Shows what teams used and spent by day; a plain member sees only its own part.',
  ),
];
