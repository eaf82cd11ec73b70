/** The fields by which clients know the members of stored objects, for refusals of a database. */
import { ConflictError, InvalidValueError, type Kinds } from '../stores/contracts/directory.ts';

const SHARED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    hash: 'key',
    email: 'user_email',
    userId: 'user_id',
    teamId: 'team_id',
    organizationId: 'organization_id',
    budgetId: 'budget_id',
    modelName: 'model_name',
  }),
);

const BY_KIND: { readonly [Kind in keyof Kinds]: Readonly<Record<string, string>> } = {
  key: { alias: 'key_alias' },
  team: { id: 'team_id', alias: 'team_alias' },
  user: { id: 'user_id', alias: 'user_alias' },
  organization: { id: 'organization_id', alias: 'organization_alias' },
  customer: { id: 'user_id' },
  budget: { id: 'budget_id' },
  tag: {},
  model: { id: 'model_info.id' },
  credential: { name: 'credential_name' },
};

/** Does a write; if the database refuses a value, the error names the field that the client sent. */
export async function namingFields<Result>(kind: keyof Kinds, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof InvalidValueError || error instanceof ConflictError)) throw error;
    const name = BY_KIND[kind][error.field] ?? SHARED.get(error.field) ?? error.field;
    const message = error.message.replace(error.field, `\`${name}\``);
    throw error instanceof ConflictError ? new ConflictError(name, message) : new InvalidValueError(name, message);
  }
}
