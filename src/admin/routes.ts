/** Every route of the management API, in one list. What is not here does not exist. */

import { AUDIT_ROUTES } from './audit/index.ts';
import { BUDGET_ROUTES } from './budgets/index.ts';
import { CACHE_ROUTES } from './cache/index.ts';
import { COMPRESSION_ROUTES } from './compression/index.ts';
import type { ManagementRoute } from './contract.ts';
import { CREDENTIAL_ROUTES } from './credentials/index.ts';
import { CUSTOMER_ROUTES } from './customers/index.ts';
import { KEY_ROUTES } from './keys/index.ts';
import { ACCESS_GROUP_ROUTES } from './models/access-groups.ts';
import { MODEL_ROUTES } from './models/index.ts';
import { ORGANIZATION_ROUTES } from './organizations/index.ts';
import { SPEND_ROUTES } from './spend/index.ts';
import { TAG_ROUTES } from './tags/index.ts';
import { TEAM_ROUTES } from './teams/index.ts';
import { USER_ROUTES } from './users/index.ts';

export const MANAGEMENT_ROUTES: readonly ManagementRoute[] = [
  ...KEY_ROUTES,
  ...USER_ROUTES,
  ...TEAM_ROUTES,
  ...ORGANIZATION_ROUTES,
  ...CUSTOMER_ROUTES,
  ...BUDGET_ROUTES,
  ...TAG_ROUTES,
  ...MODEL_ROUTES,
  ...ACCESS_GROUP_ROUTES,
  ...CREDENTIAL_ROUTES,
  ...SPEND_ROUTES,
  ...AUDIT_ROUTES,
  ...CACHE_ROUTES,
  ...COMPRESSION_ROUTES,
];
