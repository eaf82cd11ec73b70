import { Seal } from '../tenancy/seal.ts';

/**
 * Seals the secrets of stored models. What was sealed under the master key, or under a salt key that is named as a
 * previous one, can be read whatever the salt is now.
 */
export function makeSeal(env: NodeJS.ProcessEnv, masterKey: string): Seal {
  const previous = (env.LITELLM_SALT_KEY_PREVIOUS || env.SLUICE_SALT_KEY_PREVIOUS || '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  return new Seal([env.LITELLM_SALT_KEY || env.SLUICE_SALT_KEY || masterKey, masterKey, ...previous]);
}
