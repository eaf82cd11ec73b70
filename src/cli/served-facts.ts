import { defined } from '../core/defined.ts';
import type { ServedFacts } from './ask-running.ts';
import type { Arguments } from './read-arguments.ts';

/** What the configuration files given say about a running gateway that serves them. */
export async function readServedFacts(args: Arguments, env: NodeJS.ProcessEnv): Promise<ServedFacts> {
  if (args.files.length === 0) return {};
  const { readServedConfig } = await import('./served-config.ts');
  const { server, servedTls } = readServedConfig('files', args, env, '').config ?? {};
  return defined({ masterKey: server?.masterKey, certificateFile: servedTls?.certificateFile });
}
