import type { Dashboard } from './dashboard.ts';
import { gateway } from './gateway.ts';
import { group } from './group.ts';
import { money } from './money.ts';
import { overview } from './overview.ts';
import { reliability } from './reliability.ts';
import { tenants } from './tenants.ts';

/** Every dashboard that we ship. */
export const DASHBOARDS: readonly Dashboard[] = [overview, reliability, money, tenants, group, gateway];
