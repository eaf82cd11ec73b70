/** Makes the context of the management API from the running gateway. */
import type { GatewayConfig } from '../config/gateway-config.ts';
import { loadConfig } from '../config/load.ts';
import type { ProviderAddresses } from '../config/provider-environment.ts';
import type { JsonObject } from '../core/json.ts';
import { costOf } from '../costs/price-of.ts';
import type { Parts } from '../pipeline/parts.ts';
import { providers } from '../providers/index.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Database } from '../stores/contracts/database.ts';
import type { StoredModel } from '../stores/contracts/directory.ts';
import type { Declared } from '../tenancy/declared.ts';
import type { Identity } from '../tenancy/identity.ts';
import { MASTER_KEY_HASH, makeIdentity } from '../tenancy/make-identity.ts';
import type { Seal } from '../tenancy/seal.ts';
import type { ManagementContext } from './contract.ts';
import { withDeclared } from './declared-directory.ts';
import { modelEntry } from './models/sealed.ts';

/** The parts of a running gateway that the management API needs. */
interface Managed {
  readonly parts: Parts;
  readonly database: Database;
  /** The configuration and everything that follows from it, as they are now. */
  readonly snapshot: () => Snapshot;
  readonly declared: () => Declared;
  readonly seal: Seal;
  /** Serves the models that the directory has now. */
  readonly reloadModels: () => Promise<void>;
}

/** The context of management calls. Each of its functions answers from the state at the time of the call. */
export function makeManagementContext(managed: Managed): ManagementContext {
  const { parts, database, snapshot, declared, seal, reloadModels } = managed;
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
    checkModel: (entry) => {
      const { config, findings } = readModels([entry], snapshot().config.addresses);
      const errors = findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
      return errors.length === 0 && config === undefined ? ['The model cannot be read.'] : errors;
    },
    reloadModels,
    seal: (text, place) => seal.seal(text, place),
    unseal: (sealed, place) => seal.unseal(sealed, place),
    priceOf: (model, usage) => {
      const deployment = snapshot().groups.resolve(model)?.deployments[0];
      return costOf(usage, deployment?.priced.ratesAt(parts.clock.nowMs()))?.total;
    },
    countTokens: parts.countTokens,
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

/** Models that were added by the API: those that can be served, and why others cannot. */
interface ModelsRead {
  readonly deployments: GatewayConfig['deployments'];
  /** By the id of the model, in words without secrets. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Reads stored models as a file's `model_list` is read. A wrong one does not prevent the others from being served. */
export function readStoredModels(models: readonly StoredModel[], seal: Seal, addresses: ProviderAddresses): ModelsRead {
  const deployments: GatewayConfig['deployments'][number][] = [];
  const refused = new Map<string, string>();
  for (const model of models) {
    if (model.blocked) continue;
    try {
      const entry = modelEntry(model, { unseal: (sealed, place) => seal.unseal(sealed, place) });
      const { config, findings } = readModels([entry], addresses);
      if (config !== undefined) deployments.push(...config.deployments);
      else refused.set(model.id, findings.find(({ severity }) => severity === 'error')?.message ?? 'it cannot be read');
    } catch (error) {
      refused.set(model.id, error instanceof Error ? error.message : 'it cannot be read');
    }
  }
  return { deployments, refused };
}

/**
 * Without an environment: text from the API means itself. One that could name any variable of the process would hand its secrets to
 * whatever address the caller writes beside it. Only where the environment says that providers are holds for them too.
 */
function readModels(entries: readonly JsonObject[], addresses: ProviderAddresses) {
  return loadConfig({
    files: ['(model)'],
    env: {},
    knownProviders: providers,
    addresses,
    readFile: () => JSON.stringify({ model_list: entries }),
  });
}
