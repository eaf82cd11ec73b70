/** Users one by one in one request: made, or deleted. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields, wrongField } from '../fields.ts';
import { deleteObjects } from '../stored.ts';
import { newUser } from './new.ts';

const MOST_AT_ONCE = 500;

/** `POST /management/v1/users/bulk`: makes users; lists who was made. A first key is made only for those that ask for one. */
export async function newUsers(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const rows = fields.objects('users') ?? [];
  fields.finish(call);
  if (rows.length === 0 || rows.length > MOST_AT_ONCE) {
    throw wrongField('users', `must have 1 to ${MOST_AT_ONCE} entries`);
  }
  const data: JsonObject[] = [];
  for (const { body } of rows) {
    const shown = { user_id: body.user_id ?? null, user_email: body.user_email ?? null };
    const row = await tried(shown, async () => {
      const made = await newUser({ ...call, body: { auto_create_key: false, ...body } });
      const { user_id = null, teams = null, key } = made;
      return { user_id, teams, key: key === '' ? null : (key ?? null) };
    });
    data.push({ teams: null, key: null, ...row });
  }
  const created = data.filter(({ success }) => success === true).length;
  return { data, meta: { total_requested: rows.length, created, failed: rows.length - created } };
}

/** `POST /management/v1/users/bulk_delete`: deletes users with their memberships and keys; lists who was deleted. */
export async function deleteManyUsers(call: ManagementCall): Promise<JsonValue> {
  const { directory } = call.context;
  const fields = new Fields(call.body);
  const ids = fields.requiredTexts('user_ids', MOST_AT_ONCE);
  fields.finish(call);
  const seen = new Set<string>();
  const data: JsonObject[] = [];
  for (const id of ids) {
    const row = await tried({ user_id: id, user_email: null }, async () => {
      if (seen.has(id)) throw wrongField('user_ids', 'names this user a second time');
      seen.add(id);
      const teams = (await directory.teamsOf(id)).map(({ teamId }) => teamId);
      const [user] = await deleteObjects(call, 'user', [id]);
      if (user === undefined) throw wrongField('user_ids', 'names a user that does not exist');
      return { user_email: user.email ?? null, teams_removed: teams };
    });
    data.push({ teams_removed: [], ...row });
  }
  return { data };
}

async function tried(shown: JsonObject, act: () => Promise<JsonObject>): Promise<JsonObject> {
  try {
    return { ...shown, ...(await act()), success: true, error: null };
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'internal') throw error;
    return { ...shown, success: false, error: error.message };
  }
}
