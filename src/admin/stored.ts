/** Writes of stored objects, each with its entry in the change log. */
import type { AuditEntry, Kinds } from '../stores/contracts/directory.ts';
import { unknownObject } from './authority.ts';
import { changeEntry, TABLES } from './change-log.ts';
import type { ManagementCall } from './contract.ts';

/** How a refusal calls an object of each kind, and the field that names it. */
const NAMES: Readonly<Record<keyof Kinds, readonly [what: string, param: string]>> = {
  key: ['a key', 'key'],
  team: ['a team', 'team_id'],
  user: ['a user', 'user_id'],
  organization: ['an organisation', 'organization_id'],
  customer: ['a customer', 'user_id'],
  budget: ['a budget', 'budget_id'],
  tag: ['a tag', 'name'],
  model: ['a model', 'model_info.id'],
  credential: ['a credential', 'credential_name'],
};

/** What the directory finds an object by. */
export function idOf(value: Kinds[keyof Kinds]): string {
  if ('hash' in value) return value.hash;
  return 'id' in value ? value.id : value.name;
}

/** Stores a new object. */
export async function createObject<Kind extends keyof Kinds>(
  call: ManagementCall,
  kind: Kind,
  value: Kinds[Kind],
  action: AuditEntry['action'] = 'created',
): Promise<void> {
  const entry = changeEntry(call, action, TABLES[kind], idOf(value), { after: value });
  await call.context.directory.create(kind, value, entry);
}

/** Changes a stored object. Throws if there is none. */
export async function changeObject<Kind extends keyof Kinds>(
  call: ManagementCall,
  kind: Kind,
  id: string,
  change: (value: Kinds[Kind]) => Kinds[Kind],
  action: AuditEntry['action'] = 'updated',
): Promise<Kinds[Kind]> {
  const changed = await call.context.directory.update(kind, id, change, (before, after) =>
    changeEntry(call, action, TABLES[kind], id, { before, after }),
  );
  const [what, param] = NAMES[kind];
  if (changed === undefined) throw unknownObject(call, what, param);
  return changed;
}

/** Deletes the objects that exist, with everything that belongs to them; resolves to them. */
export async function deleteObjects<Kind extends keyof Kinds>(
  call: ManagementCall,
  kind: Kind,
  ids: readonly string[],
): Promise<Kinds[Kind][]> {
  const entryOf = <Any extends keyof Kinds>(of: Any, before: Kinds[Any]): AuditEntry =>
    changeEntry(call, 'deleted', TABLES[of], idOf(before), { before });
  return await call.context.directory.delete(kind, [...new Set(ids)], (before) => entryOf(kind, before), entryOf);
}

/** Throws if an object that another one refers to does not exist. */
export async function checkExists(
  call: ManagementCall,
  kind: keyof Kinds,
  id: string | null | undefined,
  param: string = NAMES[kind][1],
): Promise<void> {
  if (typeof id !== 'string') return;
  if ((await call.context.directory.get(kind, id)) === undefined) throw unknownObject(call, NAMES[kind][0], param);
}
