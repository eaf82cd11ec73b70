/** Runs scripts by their digest, so that their text is sent only once. */
import { createHash } from 'node:crypto';
import { CLAIM_SCRIPTS } from './claims-script.ts';
import type { Answer } from './claims-wire.ts';
import type { RedisClient } from './link.ts';
import { MEMBERSHIP_SCRIPTS } from './membership-script.ts';

const TEXTS = { ...CLAIM_SCRIPTS, ...MEMBERSHIP_SCRIPTS };

/** The name of a script. */
export type ScriptName = keyof typeof TEXTS;

const DIGESTS = Object.fromEntries(
  Object.entries(TEXTS).map(([name, text]) => [name, createHash('sha1').update(text).digest('hex')]),
) as Readonly<Record<ScriptName, string>>;

/** Loads all scripts into Redis. If that is not allowed, each is loaded by its first run. */
export async function loadScripts(client: RedisClient): Promise<void> {
  await Promise.all(Object.values(TEXTS).map((text) => client.scriptLoad(text).catch(() => undefined)));
}

/** Runs a script; if Redis has forgotten it, its text is sent. */
export async function runScript(
  client: RedisClient,
  name: ScriptName,
  prefix: string,
  words: readonly string[],
): Promise<Answer> {
  const options = { keys: [prefix], arguments: words as string[] };
  try {
    return asAnswer(await client.evalSha(DIGESTS[name], options));
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return asAnswer(await client.eval(TEXTS[name], options));
  }
}

function asAnswer(reply: unknown): Answer {
  return Array.isArray(reply) ? reply : [reply];
}
