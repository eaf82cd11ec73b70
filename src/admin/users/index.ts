/** Routes of users. */
import type { ManagementRoute } from '../contract.ts';
import { availableRoles } from './available-roles.ts';
import { newUser } from './new.ts';
import { availableUsers, listUsers, userActivity, userActivityWhole, userInfo, userInfoAlone } from './read.ts';
import { deleteUsers, updateUser, updateUsers } from './update.ts';

export const USER_ROUTES: readonly ManagementRoute[] = [
  newUser,
  updateUser,
  updateUsers,
  deleteUsers,
  userInfo,
  userInfoAlone,
  listUsers,
  userActivity,
  userActivityWhole,
  availableUsers,
  availableRoles,
];
