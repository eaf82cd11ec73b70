/**
 * The directory together with the objects that the configuration file declares: found and listed like all others, marked as
 * declared, and never changed. No handler has to look in two places.
 */
import { GatewayError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import type { Directory, Kinds, OrganizationMember, Search, TeamMember } from '../stores/contracts/directory.ts';
import type { Declared } from '../tenancy/declared.ts';
import { namingFields } from './client-names.ts';
import { idOf } from './stored.ts';

type Kind = keyof Kinds;

/** Whether an object comes from the configuration file. */
export function isDeclared(value: { readonly further: Kinds[Kind]['further'] }): boolean {
  return value.further.declared === true;
}

/** The refusal to change such an object. */
export function declaredInFile(): GatewayError {
  const message =
    'The configuration file declares this object, so that the API cannot change it. Change it in the file.';
  return new GatewayError('invalid_request', message);
}

/** A directory together with what is declared at the time of a call. A declared object hides a stored one of the same id. */
export function withDeclared(directory: Directory, declared: () => Declared): Directory {
  const find = <K extends Kind>(kind: K, id: string): Kinds[K] | undefined => {
    const found = objectsOf(declared(), kind).get(id);
    return found === undefined ? undefined : marked(found);
  };
  const refuse = (kind: Kind, id: string): void => {
    if (objectsOf(declared(), kind).has(id)) throw declaredInFile();
  };
  const matching = <K extends Kind>(kind: K, search: Search): Kinds[K][] => {
    const all = declared();
    return [...objectsOf(all, kind)]
      .filter(([id, value]) => matches(all, kind, id, value, search))
      .map(([, value]) => marked(value));
  };
  const teamMembers = (by: 'teamId' | 'userId', id: string): TeamMember[] =>
    declared().teamMembers.filter((member) => member[by] === id);
  const organizationMembers = (by: 'organizationId' | 'userId', id: string): OrganizationMember[] =>
    declared().organizationMembers.filter((member) => member[by] === id);

  return {
    get: async (kind, id) => find(kind, id) ?? (await directory.get(kind, id)),
    getMany: async (kind, ids) => {
      const own = ids.flatMap((id) => find(kind, id) ?? []);
      const rest = ids.filter((id) => !objectsOf(declared(), kind).has(id));
      return rest.length === 0 ? own : [...own, ...(await directory.getMany(kind, rest))];
    },
    findKey: async (hash, nowMs) => find('key', hash) ?? (await directory.findKey(hash, nowMs)),
    list: async (kind, search, options) => {
      const own = matching(kind, search);
      if (own.length === 0) return await directory.list(kind, search, options);
      // They follow those of the database in any order: pages stay whole, and nothing is on two of them.
      const [stored, count] = await Promise.all([directory.list(kind, search, options), directory.count(kind, search)]);
      const from = Math.max(0, options.offset - count);
      return [...stored, ...own.slice(from, from + options.limit - stored.length)];
    },
    count: async (kind, search) => (await directory.count(kind, search)) + matching(kind, search).length,
    create: async (kind, value, audit) => {
      refuse(kind, idOf(value));
      await namingFields(kind, () => directory.create(kind, value, audit));
    },
    update: async (kind, id, change, audit) => {
      refuse(kind, id);
      return await namingFields(kind, () => directory.update(kind, id, change, audit));
    },
    rotateKey: async (hash, change, audit) => {
      refuse('key', hash);
      return await namingFields('key', () => directory.rotateKey(hash, change, audit));
    },
    delete: async (kind, ids, audit, auditOfFollower) => {
      for (const id of ids) refuse(kind, id);
      return await directory.delete(kind, ids, audit, auditOfFollower);
    },
    teamMembers: async (teamId) => joined(teamMembers('teamId', teamId), await directory.teamMembers(teamId), 'userId'),
    teamsOf: async (userId) => joined(teamMembers('userId', userId), await directory.teamsOf(userId), 'teamId'),
    teamMember: async (teamId, userId) => {
      const own = teamMembers('teamId', teamId).find((member) => member.userId === userId);
      return own ?? (await directory.teamMember(teamId, userId));
    },
    putTeamMember: async (member, audit) => {
      refuse('team', member.teamId);
      await namingFields('team', () => directory.putTeamMember(member, audit));
    },
    removeTeamMember: async (teamId, userId, audit) => {
      refuse('team', teamId);
      return await directory.removeTeamMember(teamId, userId, audit);
    },
    organizationMembers: async (id) =>
      joined(organizationMembers('organizationId', id), await directory.organizationMembers(id), 'userId'),
    organizationsOf: async (userId) =>
      joined(organizationMembers('userId', userId), await directory.organizationsOf(userId), 'organizationId'),
    putOrganizationMember: async (member, audit) => {
      refuse('organization', member.organizationId);
      await namingFields('organization', () => directory.putOrganizationMember(member, audit));
    },
    removeOrganizationMember: async (organizationId, userId, audit) => {
      refuse('organization', organizationId);
      return await directory.removeOrganizationMember(organizationId, userId, audit);
    },
    record: (entry) => directory.record(entry),
    audit: (search, options) => directory.audit(search, options),
    countAudit: (search) => directory.countAudit(search),
    auditEntry: (id) => directory.auditEntry(id),
    pruneAudit: (beforeMs) => directory.pruneAudit(beforeMs),
    keysToRotate: (nowMs, limit) => directory.keysToRotate(nowMs, limit),
    note: (name) => directory.note(name),
    noteOnce: (name, value) => directory.noteOnce(name, value),
    setNote: (name, value) => directory.setNote(name, value),
    pruneNotes: (prefix, before) => directory.pruneNotes(prefix, before),
  };
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

function objectsOf<K extends Kind>(declared: Declared, kind: K): ReadonlyMap<string, Kinds[K]> {
  const byKind: { readonly [Name in Kind]: ReadonlyMap<string, Kinds[Name]> } = {
    key: declared.keys,
    team: declared.teams,
    user: declared.users,
    organization: declared.organizations,
    customer: declared.customers,
    tag: declared.tags,
    budget: NONE,
    model: NONE,
    // The file's have no place in the directory: their values are in its configuration.
    credential: NONE,
  };
  return byKind[kind];
}

function marked<Value extends Kinds[Kind]>(value: Value): Value {
  return { ...value, further: { ...value.further, declared: true } };
}

/** The members of both, each once; one of the file hides a stored one. */
function joined<Member extends object>(own: Member[], stored: Member[], by: keyof Member): Member[] {
  return [...own, ...stored.filter((member) => !own.some((one) => one[by] === member[by]))];
}

/** Members that objects can be searched by; a kind has only some of them. */
interface Facts
  extends Partial<
    Readonly<Record<'alias' | 'userId' | 'teamId' | 'organizationId' | 'email' | 'role' | 'budgetId', string>>
  > {
  readonly createdAtMs: number;
}

/** Searches as the database would; words that a kind has no column for look at its memberships. */
function matches(declared: Declared, kind: Kind, id: string, value: Kinds[Kind], search: Search): boolean {
  const facts: Facts = value;
  const alias = kind === 'tag' ? id : facts.alias;
  const users = kind === 'team' ? membersOf(declared.teamMembers, 'teamId', id, 'userId') : only(facts.userId);
  const teams = kind === 'user' ? membersOf(declared.teamMembers, 'userId', id, 'teamId') : only(facts.teamId);
  const organizations =
    kind === 'user'
      ? membersOf(declared.organizationMembers, 'userId', id, 'organizationId')
      : only(kind === 'organization' ? id : facts.organizationId);
  const isAny = (wanted: readonly string[] | undefined, has: readonly string[]): boolean =>
    wanted === undefined || has.some((one) => wanted.includes(one));
  return (
    isAny(search.ids, [id]) &&
    (search.alias === undefined || alias === search.alias) &&
    (search.aliasContains === undefined || (alias ?? '').toLowerCase().includes(search.aliasContains.toLowerCase())) &&
    isPart(search.emailContains, [facts.email]) &&
    isPart(search.contains, kind === 'key' ? [alias] : [alias, facts.email, id]) &&
    (search.email === undefined || facts.email?.toLowerCase() === search.email.toLowerCase()) &&
    (search.role === undefined || facts.role === search.role) &&
    (search.budgetId === undefined || facts.budgetId === search.budgetId) &&
    search.modelName === undefined &&
    (search.expiry === undefined || isOver(value, search.expiry.atMs) === search.expiry.isOver) &&
    (search.accessGroup === undefined || accessGroupsOf(value).includes(search.accessGroup)) &&
    isAny(search.userIds, users) &&
    isAny(search.teamIds, teams) &&
    isAny(search.organizationIds, organizations) &&
    (search.userId === undefined || users.includes(search.userId)) &&
    (search.teamId === undefined || teams.includes(search.teamId)) &&
    (search.organizationId === undefined || organizations.includes(search.organizationId))
  );
}

function isOver(value: Kinds[Kind], atMs: number): boolean {
  return 'expiresAtMs' in value && value.expiresAtMs !== undefined && value.expiresAtMs <= atMs;
}

function accessGroupsOf({ further }: Kinds[Kind]): readonly JsonValue[] {
  return Array.isArray(further.access_group_ids) ? further.access_group_ids : [];
}

/** Whether one of the texts has the part in it, in any case. */
function isPart(part: string | undefined, texts: readonly (string | undefined)[]): boolean {
  return part === undefined || texts.some((text) => text?.toLowerCase().includes(part.toLowerCase()) === true);
}

function only(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

function membersOf<Member extends object>(
  members: readonly Member[],
  by: keyof Member,
  id: string,
  wanted: keyof Member,
): readonly string[] {
  return members.filter((member) => member[by] === id).map((member) => String(member[wanted]));
}
