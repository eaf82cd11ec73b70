import type { ManagementRoute } from '../contract.ts';
import { ADMIN, EVERYONE, ORGANIZATION_ADMINS, ORGANIZATION_READERS, READERS, USERS } from '../roles.ts';
import { get, post } from '../route.ts';
import { activityRoutes, costliestUsers } from '../spend/activity-routes.ts';
import { availableRoles } from './available-roles.ts';
import { deleteManyUsers, newUsers } from './many-users.ts';
import { newUser } from './new.ts';
import { availableUsers, listUsers, userActivity, userInfo, userInfoAlone } from './read.ts';
import { deleteUsers, updateUser, updateUsers } from './update.ts';

/** Routes of users. */
export const USER_ROUTES: readonly ManagementRoute[] = [
  post(
    '/user/new',
    ORGANIZATION_ADMINS,
    newUser,
    'Makes a user, its memberships and, unless `auto_create_key` is false, its first key.',
  ),
  post(
    '/user/update',
    ['internal_user', 'proxy_admin'],
    updateUser,
    'Changes the fields of a user that are sent; users may change their own name and metadata.',
  ),
  post('/user/bulk_update', ADMIN, updateUsers, 'Changes several users one by one; lists which were changed.'),
  post(
    '/management/v1/users/bulk',
    ADMIN,
    newUsers,
    'Makes users one by one, with a first key only if asked for; lists who was made.',
  ),
  post(
    '/management/v1/users/bulk_delete',
    ADMIN,
    deleteManyUsers,
    'Deletes users one by one, with their memberships and keys; lists who was deleted.',
  ),
  post('/user/delete', ADMIN, deleteUsers, 'Deletes users with their memberships and keys.'),
  get('/user/info', USERS, userInfo, 'Shows a user with its keys and teams; without `user_id` the caller.'),
  get('/v2/user/info', USERS, userInfoAlone, 'Shows a user without its keys and teams.'),
  get('/user/list', ORGANIZATION_READERS, listUsers, 'Lists users in pages.'),
  ...activityRoutes('/user/daily/activity', EVERYONE, userActivity, 'users'),
  get(
    '/user/daily/activity/aggregated/users',
    EVERYONE,
    async (call) => costliestUsers(call, await userActivity(call)),
    'Lists users with what they used and spent, costliest first.',
  ),
  get('/user/available_users', READERS, availableUsers, 'Counts users and teams. No licence limits them.'),
  get('/user/available_roles', EVERYONE, availableRoles, 'Lists the roles that a user can have.'),
];
