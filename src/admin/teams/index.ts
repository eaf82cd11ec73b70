/** Routes of teams. */
import type { ManagementRoute } from '../contract.ts';
import { addManyMembers, addMembers, ownMembership, removeMember, updateMember } from './members.ts';
import { newTeam } from './new.ts';
import { availableTeams, listTeamPages, listTeams, teamActivity, teamInfo } from './read.ts';
import {
  addTeamModels,
  blockTeam,
  deleteTeams,
  listPermissions,
  patchTeam,
  removeTeamModels,
  unblockTeam,
  updatePermissions,
  updateTeam,
} from './update.ts';

export const TEAM_ROUTES: readonly ManagementRoute[] = [
  newTeam,
  updateTeam,
  patchTeam,
  deleteTeams,
  blockTeam,
  unblockTeam,
  addMembers,
  addManyMembers,
  updateMember,
  removeMember,
  ownMembership,
  teamInfo,
  listTeams,
  listTeamPages,
  availableTeams,
  addTeamModels,
  removeTeamModels,
  listPermissions,
  updatePermissions,
  teamActivity,
];
