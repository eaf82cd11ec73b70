/** Reads `organizations`, `teams`, `users`, `customers` and `tags` into objects as the directory has them. */

import { defined } from '../core/defined.ts';
import type { OrganizationMember, Stored, Tag, TeamMember } from '../stores/contracts/directory.ts';
import { withBoundNames } from './bound-names.ts';
import { type ConfigNode, type MapNode, member } from './config-node.ts';
import type { DeclaredTenants } from './gateway-config.ts';
import type { ReadingContext } from './reading-context.ts';
import { Section } from './section.ts';
import type { FieldsOf, SettingRows } from './setting-rows.ts';
import {
  CUSTOMER,
  ORGANIZATION,
  ORGANIZATION_MEMBER,
  TAG,
  TEAM,
  TEAM_MEMBER,
  USER,
} from './settings/declared-objects.ts';
import type { LITELLM_SETTINGS } from './settings/litellm-settings.ts';

/** An entry of one of the lists, with an id that no other entry has. */
interface Entry<Rows extends SettingRows> {
  readonly section: Section<Rows>;
  readonly fields: FieldsOf<Rows>;
  readonly id: string;
}

/** What an object of a file is known for: it has always been there, so its fixed periods count from the epoch. */
const DECLARED: Omit<Stored, 'metadata'> = { createdAtMs: 0, updatedAtMs: 0, further: {} };

/** Reads everything that is declared; an entry without an id, or with one that is taken, is an error. */
export function readDeclaredTenants(root: MapNode, context: ReadingContext): DeclaredTenants {
  const organizations = readEntries(
    member(root, 'organizations'),
    'organizations',
    'organization_id',
    ORGANIZATION,
    context,
  );
  const teams = readEntries(member(root, 'teams'), 'teams', 'team_id', TEAM, context);
  const users = readEntries(member(root, 'users'), 'users', 'user_id', USER, context);
  const customers = readEntries(member(root, 'customers'), 'customers', 'user_id', CUSTOMER, context);
  const tags = readEntries(member(root, 'tags'), 'tags', 'name', TAG, context);
  return {
    organizations: organizations.map(({ fields, id }) => ({ ...DECLARED, alias: id, ...fields, id })),
    organizationMembers: uniqueMembers([
      ...organizations.flatMap(({ section, id }) => organizationMembers(section, id, context)),
      ...users.flatMap(({ section, id }) =>
        (section.get('organizations') ?? []).map(
          (organizationId): OrganizationMember => ({
            organizationId,
            userId: id,
            role: 'internal_user',
            createdAtMs: 0,
          }),
        ),
      ),
    ]),
    teams: teams.map(({ section, fields, id }) => {
      const memberDefaults = section.fields('memberDefaults.');
      const hasDefaults = Object.keys(memberDefaults).length > 0;
      const kept = defined({ team_member_key_duration: section.json('team_member_key_duration') });
      return { ...DECLARED, ...withBoundNames(fields, kept), id, ...(hasDefaults && { memberDefaults }) };
    }),
    teamMembers: uniqueMembers([
      ...teams.flatMap(({ section, id }) => teamMembers(section, id, context)),
      ...users.flatMap(({ section, id }) => plainMembers(section.get('teams'), (teamId) => ({ teamId, userId: id }))),
    ]),
    users: users.map(({ fields, id }) => ({ ...DECLARED, ...fields, id })),
    customers: customers.map(({ fields, id }) => ({ ...DECLARED, ...fields, id })),
    tags: tags.map(({ fields, id }) => ({ ...DECLARED, ...fields, name: id })),
  };
}

/** Adds the tags that `litellm_settings.tag_budget_config` gives budgets. */
export function withTagBudgets(
  declared: DeclaredTenants,
  litellm: Section<typeof LITELLM_SETTINGS>,
  { findings }: ReadingContext,
): DeclaredTenants {
  const budgets = Object.entries(litellm.get('tag_budget_config') ?? {});
  if (budgets.length === 0) return declared;
  const known = new Set(declared.tags.map(({ name }) => name));
  for (const [name] of budgets) {
    if (!known.has(name)) continue;
    const message = `tag_budget_config gives the tag "${name}" a budget, but "tags" declares it too; keep one of them`;
    findings.add('error', 'duplicate-id', litellm.placeOf('tag_budget_config'), message);
  }
  const made = budgets.map(
    ([name, { max, duration, rpmLimit, tpmLimit }]): Tag => ({
      ...DECLARED,
      ...{ metadata: {}, models: [], name, maxBudget: max },
      ...defined({ budgetDuration: duration, rpmLimit, tpmLimit }),
    }),
  );
  return { ...declared, tags: [...declared.tags, ...made] };
}

function readEntries<Rows extends SettingRows>(
  node: ConfigNode | undefined,
  list: string,
  idName: keyof Rows & string,
  rows: Rows,
  context: ReadingContext,
): readonly Entry<Rows>[] {
  const seen = new Set<string>();
  return (node?.kind === 'list' ? node.items : []).flatMap((item) => {
    if (item.kind !== 'map') {
      context.findings.add('error', 'wrong-type', item, `an entry of ${list} must be a map with ${idName}`);
      return [];
    }
    const options = {
      path: `${list}[]`,
      unknown: 'refuse-typos',
      unsetIsError: (name: string) => name === idName,
    } as const;
    const section = new Section(item, rows, options, context);
    const id = section.get(idName) as string | undefined;
    if (id === undefined) {
      const isReported = section.isUnset(idName) || (section.node(idName)?.kind ?? 'scalar') !== 'scalar';
      if (!isReported) context.findings.add('error', 'missing-key', item, `this entry of ${list} has no ${idName}`);
      return [];
    }
    if (seen.has(id)) {
      const message = `"${id}" is declared twice in ${list}; keep one entry`;
      context.findings.add('error', 'duplicate-id', item, message);
      return [];
    }
    seen.add(id);
    return [{ section, fields: section.fields(), id }];
  });
}

function teamMembers(team: Section<typeof TEAM>, teamId: string, context: ReadingContext): readonly TeamMember[] {
  const node = team.node('members_with_roles');
  const withRoles = readEntries(node, 'teams[].members_with_roles', 'user_id', TEAM_MEMBER, context);
  const named = (userId: string) => ({ teamId, userId });
  return [
    ...withRoles.map(({ fields, id }) => ({ ...fields, teamId, userId: id, createdAtMs: 0 })),
    ...plainMembers(team.get('admins'), named, 'admin'),
    ...plainMembers(team.get('members'), named),
  ];
}

function plainMembers(
  ids: readonly string[] | undefined,
  named: (id: string) => Pick<TeamMember, 'teamId' | 'userId'>,
  role: TeamMember['role'] = 'user',
): readonly TeamMember[] {
  return (ids ?? []).map((id) => ({ ...named(id), role, createdAtMs: 0 }));
}

function organizationMembers(
  organization: Section<typeof ORGANIZATION>,
  organizationId: string,
  context: ReadingContext,
): readonly OrganizationMember[] {
  const node = organization.node('members');
  const entries = readEntries(node, 'organizations[].members', 'user_id', ORGANIZATION_MEMBER, context);
  return entries.map(({ fields, id }) => ({ ...fields, organizationId, userId: id, createdAtMs: 0 }));
}

/** One membership for each user, the first one: an entry with limits comes before one that only names the user. */
function uniqueMembers<Member extends TeamMember | OrganizationMember>(members: readonly Member[]): readonly Member[] {
  const unique = new Map<string, Member>();
  for (const each of members) {
    const owner = 'teamId' in each ? each.teamId : each.organizationId;
    const name = JSON.stringify([owner, each.userId]);
    if (!unique.has(name)) unique.set(name, each);
  }
  return [...unique.values()];
}
