/** Who asks: the key that a line names, or one with the team, user and organisation that it names. */

import { defined } from '../../core/defined.ts';
import type { Declared } from '../../tenancy/declared.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import type { Identity } from '../../tenancy/identity.ts';
import { makeIdentity, masterIdentity } from '../../tenancy/make-identity.ts';
import type { Row } from './read-row.ts';

/** The identity of a line. One that names no caller is asked by the master key, and so is the master key's own text. */
export function identityOf(row: Row, declared: Declared, masterKey: string): Identity {
  const { key, team, user, org } = row;
  const names = [team, user, org].some((name) => name !== undefined);
  if (!names && (key === undefined || key === masterKey)) return masterIdentity(hashKey(masterKey));
  const hash = key === undefined ? hashKey(JSON.stringify([team, user, org])) : hashOf(key);
  const known = declared.keys.get(hash);
  const teamId = team ?? known?.teamId;
  const userId = user ?? known?.userId;
  const made = {
    ...(known ?? NEW_KEY),
    hash,
    ...defined({ teamId, userId, organizationId: org ?? known?.organizationId }),
  };
  return makeIdentity({
    key: made,
    from: known === undefined ? 'directory' : 'file',
    team: teamId === undefined ? undefined : declared.teams.get(teamId),
    user: userId === undefined ? undefined : declared.users.get(userId),
    organization: made.organizationId === undefined ? undefined : declared.organizations.get(made.organizationId),
  });
}

/** A key is named by its text, or by its hash as `/key/list` shows it. */
const hashOf = (key: string): string => (/^[0-9a-f]{64}$/.test(key) ? key : hashKey(key));

const NEW_KEY = {
  ...{ name: 'sk-...', models: [], blocked: false, keyType: 'default' as const, rotationCount: 0 },
  ...{ metadata: {}, further: {}, createdAtMs: 0, updatedAtMs: 0 },
};
