/** Makes the context of the management API from the running gateway. */
import { costOf } from '../costs/price-of.ts';
import type { Parts } from '../pipeline/parts.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Database } from '../stores/contracts/database.ts';
import type { Declared } from '../tenancy/declared.ts';
import type { Identity } from '../tenancy/identity.ts';
import { MASTER_KEY_HASH, makeIdentity } from '../tenancy/make-identity.ts';
import type { Seal } from '../tenancy/seal.ts';
import type { ManagementContext } from './contract.ts';
import type { UsableCredentials } from './credentials/usable.ts';
import { withDeclared } from './declared-directory.ts';
import { readModel } from './models/read-models.ts';

/** The parts of a running gateway that the management API needs. */
interface Managed {
  readonly parts: Parts;
  readonly database: Database;
  /** The configuration and everything that follows from it, as they are now. */
  readonly snapshot: () => Snapshot;
  readonly declared: () => Declared;
  readonly seal: Seal;
  /** The credentials that models may name now. */
  readonly credentials: () => UsableCredentials;
  /** Serves the models that the directory has now. */
  readonly reloadModels: () => Promise<void>;
}

/** The context of management calls. Each of its functions answers from the state at the time of the call. */
export function makeManagementContext(managed: Managed): ManagementContext {
  const { parts, database, snapshot, declared, seal, credentials, reloadModels } = managed;
  let identities: { readonly of: Declared; readonly keys: readonly Identity[] } | undefined;
  return {
    clock: parts.clock,
    config: () => snapshot().config,
    directory: withDeclared(database.directory, declared),
    ledger: database.ledger,
    claims: parts.claims,
    declared: () => {
      const now = declared();
      if (identities?.of !== now) identities = { of: now, keys: declaredIdentities(now) };
      return { keys: identities.keys };
    },
    modelGroups: () => snapshot().groups.listedNames(),
    checkModel: (entry) =>
      readModel(entry, { addresses: snapshot().config.addresses, credentials: credentials() }).problems,
    credentials,
    reloadModels,
    seal: (text, place) => seal.seal(text, place),
    unseal: (sealed, place) => seal.unseal(sealed, place),
    priceOf: (model, usage) => {
      const deployment = snapshot().groups.resolve(model)?.deployments[0];
      return costOf(usage, deployment?.priced.ratesAt(parts.clock.nowMs()));
    },
    countTokens: parts.countTokens,
    cachedAnswers: parts.cachedAnswers,
    compressedOriginals: parts.compressedOriginals,
    masterKeyHash: MASTER_KEY_HASH,
  };
}

function declaredIdentities(declared: Declared): Identity[] {
  return [...declared.keys.values()].map((key) =>
    makeIdentity({
      key,
      from: 'file',
      team: key.teamId === undefined ? undefined : declared.teams.get(key.teamId),
      user: key.userId === undefined ? undefined : declared.users.get(key.userId),
    }),
  );
}
