/** Reads `organizations`, `teams`, `users`, `customers` and `tags` into objects as the directory has them. */
import { defined } from '../core/defined.ts';
import type { OrganizationMember, Stored, TeamMember } from '../stores/contracts/directory.ts';
import { type ConfigNode, type MapNode, member } from './config-node.ts';
import type { DeclaredTenants } from './declared-tenants.ts';
import * as known from './known-settings.ts';
import { readLimits } from './limits.ts';
import { type ReadingContext, Section } from './section.ts';

/** An entry of one of the lists: a section with an id that no other entry has. */
interface Entry {
  readonly section: Section;
  readonly id: string;
}

/** A kind of object: the list it stands in, what its id is called, and its settings. */
interface Kind {
  readonly list: string;
  readonly id: string;
  readonly settings: known.SettingTable;
}

/** Reads everything that is declared; an entry without an id, or with one that is taken, is an error. */
export function readDeclaredTenants(root: MapNode, context: ReadingContext): DeclaredTenants {
  const read = (list: string, id: string, settings: known.SettingTable): readonly Entry[] =>
    readEntries(member(root, list), { list, id, settings }, context);
  const limitsOf = (section: Section, list: string) => readLimits(section, `${list}[]`, context);

  const organizations = read('organizations', 'organization_id', known.ORGANIZATION);
  const teams = read('teams', 'team_id', known.TEAM);
  const users = read('users', 'user_id', known.USER);
  return {
    organizations: organizations.map(({ section, id }) => ({
      ...storedOf(section),
      ...limitsOf(section, 'organizations'),
      id,
      alias: section.text('organization_alias') ?? id,
      models: section.texts('models') ?? [],
      blocked: section.flag('blocked') ?? false,
    })),
    organizationMembers: uniqueMembers([
      ...organizations.flatMap(({ section, id }) => organizationMembers(section, id, context)),
      ...users.flatMap(({ section, id }) =>
        (section.texts('organizations') ?? []).map(
          (organizationId): OrganizationMember => ({
            organizationId,
            userId: id,
            role: 'internal_user',
            createdAtMs: 0,
          }),
        ),
      ),
    ]),
    teams: teams.map(({ section, id }) => ({
      ...storedOf(section),
      ...limitsOf(section, 'teams'),
      id,
      ...defined({ alias: section.text('team_alias'), organizationId: section.text('organization_id') }),
      models: section.texts('models') ?? [],
      ...defined({ modelAliases: textMap(section, 'model_aliases'), tags: section.texts('tags') }),
      blocked: section.flag('blocked') ?? false,
      ...defined({ memberDefaults: memberDefaults(section) }),
      memberPermissions: section.texts('team_member_permissions') ?? [],
    })),
    teamMembers: uniqueMembers([
      ...teams.flatMap(({ section, id }) => teamMembers(section, id, context)),
      ...users.flatMap(({ section, id }) =>
        (section.texts('teams') ?? []).map(
          (teamId): TeamMember => ({ teamId, userId: id, role: 'user', createdAtMs: 0 }),
        ),
      ),
    ]),
    users: users.map(({ section, id }) => ({
      ...storedOf(section),
      ...limitsOf(section, 'users'),
      id,
      ...defined({ alias: section.text('user_alias'), email: section.text('user_email') }),
      role: known.USER_ROLES.find((role) => role === section.text('user_role')) ?? 'internal_user',
      models: section.texts('models') ?? [],
      blocked: section.flag('blocked') ?? false,
    })),
    customers: read('customers', 'user_id', known.CUSTOMER).map(({ section, id }) => ({
      ...storedOf(section),
      ...limitsOf(section, 'customers'),
      id,
      ...defined({ alias: section.text('alias') }),
      blocked: section.flag('blocked') ?? false,
      ...defined({
        allowedModelRegion: section.text('allowed_model_region'),
        defaultModel: section.text('default_model'),
      }),
    })),
    tags: read('tags', 'name', known.TAG).map(({ section, id }) => ({
      ...storedOf(section),
      ...limitsOf(section, 'tags'),
      name: id,
      ...defined({ description: section.text('description') }),
      models: section.texts('models') ?? [],
    })),
  };
}

function readEntries(list: ConfigNode | undefined, kind: Kind, context: ReadingContext): readonly Entry[] {
  if (list?.kind !== 'list') return [];
  const seen = new Set<string>();
  return list.items.flatMap((item) => {
    const section = sectionOf(item, kind, context);
    const id = section?.text(kind.id);
    if (section === undefined || id === undefined) return [];
    if (seen.has(id)) {
      const message = `"${id}" is declared twice in ${kind.list}; keep one entry`;
      context.findings.add('error', 'duplicate-id', item, message);
      return [];
    }
    seen.add(id);
    return [{ section, id }];
  });
}

/** A section with an id; undefined, and said, where it is none. */
function sectionOf(item: ConfigNode, { list, id, settings }: Kind, context: ReadingContext): Section | undefined {
  if (item.kind !== 'map') {
    context.findings.add('error', 'wrong-type', item, `an entry of ${list} must be a map with ${id}`);
    return undefined;
  }
  const path = `${list}[]`;
  const options = { path, unknown: 'refuse-typos', unsetIsError: (name: string) => name === id } as const;
  const section = new Section(item, settings, options, context);
  if (section.text(id) !== undefined) return section;
  const node = section.node(id);
  const isReported = node?.kind === 'scalar' ? node.missing !== undefined : node !== undefined;
  if (!isReported) context.findings.add('error', 'missing-key', item, `this entry of ${list} has no ${id}`);
  return undefined;
}

/** What stands in a file has been there for ever: its fixed periods count from the epoch, whenever the gateway started. */
function storedOf(section: Section): Stored {
  return { createdAtMs: 0, updatedAtMs: 0, metadata: section.map('metadata') ?? {}, further: {} };
}

function textMap(section: Section, name: string): Readonly<Record<string, string>> | undefined {
  const texts = Object.entries(section.map(name) ?? {}).flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, value] as const] : [],
  );
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}

function memberDefaults(team: Section): TeamMemberDefaults | undefined {
  const limits = {
    ...defined({
      maxBudget: team.usd('team_member_budget'),
      budgetDuration: team.period('team_member_budget_duration'),
      rpmLimit: team.number('team_member_rpm_limit'),
      tpmLimit: team.number('team_member_tpm_limit'),
    }),
  };
  return Object.keys(limits).length === 0 ? undefined : limits;
}
type TeamMemberDefaults = NonNullable<DeclaredTenants['teams'][number]['memberDefaults']>;

function teamMembers(team: Section, teamId: string, context: ReadingContext): readonly TeamMember[] {
  const list = 'teams[].members_with_roles';
  const withRoles = readEntries(
    team.node('members_with_roles'),
    { list, id: 'user_id', settings: known.TEAM_MEMBER },
    context,
  ).map(
    ({ section, id }): TeamMember => ({
      ...readLimits(section, `${list}[]`, context),
      teamId,
      userId: id,
      role: section.text('role') === 'admin' ? 'admin' : 'user',
      createdAtMs: 0,
    }),
  );
  const plain = (name: string, role: TeamMember['role']): readonly TeamMember[] =>
    (team.texts(name) ?? []).map((userId) => ({ teamId, userId, role, createdAtMs: 0 }));
  return [...withRoles, ...plain('admins', 'admin'), ...plain('members', 'user')];
}

function organizationMembers(
  organization: Section,
  organizationId: string,
  context: ReadingContext,
): readonly OrganizationMember[] {
  const list = 'organizations[].members';
  const kind = { list, id: 'user_id', settings: known.ORGANIZATION_MEMBER };
  return readEntries(organization.node('members'), kind, context).map(({ section, id }) => ({
    ...readLimits(section, `${list}[]`, context),
    organizationId,
    userId: id,
    role: known.ORGANIZATION_ROLES.find((role) => role === section.text('role')) ?? 'internal_user',
    createdAtMs: 0,
  }));
}

/** One membership for each user, the first one: what says more of it stands before what only names it. */
function uniqueMembers<Member extends TeamMember | OrganizationMember>(members: readonly Member[]): readonly Member[] {
  const unique = new Map<string, Member>();
  for (const each of members) {
    const owner = 'teamId' in each ? each.teamId : each.organizationId;
    const name = JSON.stringify([owner, each.userId]);
    if (!unique.has(name)) unique.set(name, each);
  }
  return [...unique.values()];
}
