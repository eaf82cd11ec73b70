/** Organisations, customers and tags that the configuration file declares: shown beside the directory's, never changed. */
import { GatewayError } from '../core/errors.ts';
import type { Kinds } from '../stores/contracts/directory.ts';
import type { ManagementContext } from './contract.ts';

const LISTS = { organization: 'organizations', customer: 'customers', tag: 'tags' } as const;

/** A kind that a file can declare and these routes show. */
export type DeclaredKind = keyof typeof LISTS;

/** All objects of a kind that the file declares. */
export function declaredObjects<Kind extends DeclaredKind>(
  { config }: ManagementContext,
  kind: Kind,
): readonly Kinds[Kind][] {
  return config().declared[LISTS[kind]] as unknown as readonly Kinds[Kind][];
}

/** Whether the file declares an object of this kind and id. */
export function isDeclared(context: ManagementContext, kind: DeclaredKind, id: string): boolean {
  return declaredObject(context, kind, id) !== undefined;
}

/** Throws where an object stands in the file: what a request changed would be back with the next start. */
export function refuseDeclared(context: ManagementContext, kind: DeclaredKind, ids: readonly string[]): void {
  if (!ids.some((id) => isDeclared(context, kind, id))) return;
  const message = `This ${kind} stands in the configuration file and can only be changed there.`;
  throw new GatewayError('invalid_request', message);
}

/** An object by its id, the file's before the directory's, as requests are served. */
export async function findObject<Kind extends DeclaredKind>(
  context: ManagementContext,
  kind: Kind,
  id: string,
): Promise<Kinds[Kind] | undefined> {
  return declaredObject(context, kind, id) ?? (await context.directory.get(kind, id));
}

/** Objects by their ids; those that do not exist are left out. */
export async function findObjects<Kind extends DeclaredKind>(
  context: ManagementContext,
  kind: Kind,
  ids: readonly string[],
): Promise<Kinds[Kind][]> {
  const declared = ids.flatMap((id) => declaredObject(context, kind, id) ?? []);
  const others = ids.filter((id) => !isDeclared(context, kind, id));
  return others.length === 0 ? declared : [...declared, ...(await context.directory.getMany(kind, others))];
}

/** `"declared": true` for what stands in the file. */
export function showDeclared(context: ManagementContext, kind: DeclaredKind, id: string): { readonly declared?: true } {
  return isDeclared(context, kind, id) ? { declared: true } : {};
}

function declaredObject<Kind extends DeclaredKind>(
  context: ManagementContext,
  kind: Kind,
  id: string,
): Kinds[Kind] | undefined {
  return declaredObjects(context, kind).find((value) => ('name' in value ? value.name : value.id) === id);
}
