/** Seals stored secrets again at the start: those of an older form, and those of an older key. */
import { randomUUID } from 'node:crypto';
import { sealCredential, unsealCredential } from '../admin/credentials/sealed.ts';
import { addressOf, sealedTexts, sealParams, unsealParams } from '../admin/models/sealed.ts';
import type { Clock } from '../core/clock.ts';
import type { Directory, Kinds, StoredCredential, StoredModel } from '../stores/contracts/directory.ts';
import type { Log } from '../telemetry/log.ts';
import { Seal } from '../tenancy/seal.ts';

const MOST_OF_A_KIND = 50_000;

/** What it is done with. */
interface Resealing {
  readonly directory: Pick<Directory, 'list' | 'update'>;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly log: Pick<Log, 'app'>;
}

/**
 * Binds what an earlier release sealed to its model, field and address, and puts everything under the key of now. A model or a
 * credential whose secrets do not open is left as it is; it is not served, and the log says why. Never rejects.
 */
export async function resealStored(resealing: Resealing): Promise<void> {
  const { directory, seal, log } = resealing;
  const page = { limit: MOST_OF_A_KIND, offset: 0 };
  const isOutdated = (text: string): boolean => seal.isOutdated(text);
  try {
    const counts = { models: 0, credentials: 0 };
    for (const { id, litellmParams } of await directory.list('model', {}, page)) {
      if (!sealedTexts(litellmParams).some(isOutdated)) continue;
      if (await reseal('model', id, resealedModel, resealing)) counts.models++;
    }
    for (const { name, values } of await directory.list('credential', {}, page)) {
      if (!sealedTexts(values).some(isOutdated)) continue;
      if (await reseal('credential', name, resealedCredential, resealing)) counts.credentials++;
    }
    if (counts.models + counts.credentials > 0) log.app.info(counts, 'Sealed stored secrets again');
  } catch (error) {
    log.app.error({ error }, 'Stored secrets could not be sealed again; the next start tries again');
  }
}

const TABLES = { model: 'LiteLLM_ProxyModelTable', credential: 'LiteLLM_CredentialsTable' } as const;

interface Sealers {
  readonly seal: (text: string, place: string) => string;
  readonly unseal: (text: string, place: string) => string;
}

/** Resolves to whether it was changed. */
async function reseal<Kind extends keyof typeof TABLES>(
  kind: Kind,
  id: string,
  resealed: (before: Kinds[Kind], sealers: Sealers) => Kinds[Kind],
  { directory, seal, clock }: Resealing,
): Promise<boolean> {
  const sealers: Sealers = {
    seal: (text, place) => seal.seal(text, place),
    unseal: (text, place) => (Seal.isUnbound(text) ? seal.unsealUnbound(text) : seal.unseal(text, place)),
  };
  let hasChanged = false;
  await directory.update(
    kind,
    id,
    (before) => {
      try {
        const after = resealed(before, sealers);
        hasChanged = true;
        return after;
      } catch {
        hasChanged = false;
        return before;
      }
    },
    () => ({
      id: randomUUID(),
      atMs: clock.nowMs(),
      changedBy: 'the gateway, which sealed its secrets again',
      keyHash: '',
      action: 'updated',
      table: TABLES[kind],
      objectId: id,
    }),
  );
  return hasChanged;
}

function resealedModel(before: StoredModel, sealers: Sealers): StoredModel {
  const { id, litellmParams } = before;
  const open = unsealParams(litellmParams, id, sealers);
  return { ...before, litellmParams: sealParams(open, id, sealers, addressOf(id, open, sealers)) };
}

function resealedCredential(before: StoredCredential, sealers: Sealers): StoredCredential {
  return { ...before, values: sealCredential({ ...before, values: unsealCredential(before, sealers) }, sealers) };
}
