/** Every route of the management API, in one list. What is not here does not exist. */
import type { ManagementRoute } from './contract.ts';
import { availableRoles } from './users/available-roles.ts';

export const MANAGEMENT_ROUTES: readonly ManagementRoute[] = [availableRoles];
