/** `sluice import litellm`. */
import { type ImportTarget, runLitellmImport } from '../../gateway/run-import.ts';
import { writeError, writeOut } from '../terminal.ts';
import type { ImportFlags } from './import-flags.ts';
import { exitCodeOf, renderSummary, reportOf } from './import-report.ts';
import { targetOf, undoLast } from './import-target.ts';

/** Runs it; resolves to the exit code. */
export async function importFromLitellm(flags: ImportFlags, env: NodeJS.ProcessEnv): Promise<number> {
  const databaseUrl = flags.databaseUrl ?? env.LITELLM_DATABASE_URL;
  if (flags.undo === undefined && !databaseUrl) {
    writeError('Say where LiteLLM’s database is: --database-url postgresql://USER:PASSWORD@HOST:PORT/DATABASE\n');
    return 2;
  }
  const isDry = flags.apply !== true && flags.undo === undefined;
  const target = targetOf(flags.config, env, isDry);
  if (target === undefined) return 2;
  try {
    if (flags.undo !== undefined) return await undoLast(target, flags.undo);
    if (databaseUrl === target.config.stores.databaseUrl) {
      writeError('--database-url names the database that Sluice itself is configured to use; name LiteLLM’s.\n');
      return 2;
    }
    return await importAll(target, flags, databaseUrl ?? '', isDry);
  } finally {
    await target.log.close();
  }
}

async function importAll(
  target: ImportTarget,
  flags: ImportFlags,
  databaseUrl: string,
  isDry: boolean,
): Promise<number> {
  const { env } = target;
  const { runId, summary } = await runLitellmImport(target, {
    databaseUrl,
    saltKey: flags.saltKey ?? (env.LITELLM_SALT_KEY || undefined),
    isDry,
    report: reportOf(flags),
  });
  if (flags.json === true) writeOut(`${JSON.stringify({ summary, run: runId ?? null })}\n`);
  else writeOut(renderSummary(summary, runId, 'sluice import litellm --undo'));
  return exitCodeOf(summary);
}
