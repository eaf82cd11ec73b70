/** Seals stored secrets again at the start: those of an older form, and those of an older key. */
import { randomUUID } from 'node:crypto';
import { addressOf, sealedTexts, sealParams, unsealParams } from '../admin/models/sealed.ts';
import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { Directory, StoredModel } from '../stores/contracts/directory.ts';
import type { Log } from '../telemetry/log.ts';
import { Seal } from '../tenancy/seal.ts';

const MOST_MODELS = 50_000;

/**
 * Binds what an earlier release sealed to its model, field and address, and puts everything under the key of now. A model whose
 * secrets do not open is left as it is; it is not served, and the log says why. Never rejects.
 */
export async function resealModels(
  directory: Pick<Directory, 'list' | 'update'>,
  seal: Seal,
  { clock, log }: { readonly clock: Clock; readonly log: Pick<Log, 'app'> },
): Promise<void> {
  try {
    const models = await directory.list('model', {}, { limit: MOST_MODELS, offset: 0 });
    let resealed = 0;
    for (const model of models) {
      if (!sealedTexts(model.litellmParams).some((text) => seal.isOutdated(text))) continue;
      if (await reseal(model, directory, seal, clock)) resealed++;
    }
    if (resealed > 0) log.app.info({ models: resealed }, 'Sealed the secrets of stored models again');
  } catch (error) {
    log.app.error({ error }, 'Secrets of stored models could not be sealed again; the next start tries again');
  }
}

async function reseal(
  { id }: StoredModel,
  directory: Pick<Directory, 'update'>,
  seal: Seal,
  clock: Clock,
): Promise<boolean> {
  let hasChanged = false;
  await directory.update(
    'model',
    id,
    (before) => {
      const litellmParams = resealed(before, seal);
      hasChanged = litellmParams !== undefined;
      return litellmParams === undefined ? before : { ...before, litellmParams };
    },
    () => ({
      id: randomUUID(),
      atMs: clock.nowMs(),
      changedBy: 'the gateway, which sealed its secrets again',
      keyHash: '',
      action: 'updated',
      table: 'LiteLLM_ProxyModelTable',
      objectId: id,
    }),
  );
  return hasChanged;
}

function resealed({ id, litellmParams }: StoredModel, seal: Seal): JsonObject | undefined {
  const opening = {
    seal: (text: string, place: string) => seal.seal(text, place),
    unseal: (text: string, place: string) =>
      Seal.isUnbound(text) ? seal.unsealUnbound(text) : seal.unseal(text, place),
  };
  try {
    const open = unsealParams(litellmParams, id, opening);
    return sealParams(open, id, opening, addressOf(id, open, opening));
  } catch {
    return undefined;
  }
}
