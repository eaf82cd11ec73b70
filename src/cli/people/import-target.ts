/** The gateway that objects are imported for or exported from, by its configuration. */
import { renderFindings } from '../../config/finding.ts';
import { type ImportTarget, undoImport } from '../../gateway/run-import.ts';
import { createLogger } from '../../telemetry/log.ts';
import { dataFolder, findMasterKey, knownMasterKey } from '../master-key.ts';
import { readArguments } from '../read-arguments.ts';
import { chooseOrigin, readServedConfig } from '../served-config.ts';
import { writeError, writeOut } from '../terminal.ts';

/** The configured gateway; undefined if its configuration has errors, which are said. */
export function targetOf(
  configs: readonly string[] | undefined,
  env: NodeJS.ProcessEnv,
  isDry: boolean,
): ImportTarget | undefined {
  const args = readArguments(
    (configs ?? []).flatMap((file) => ['--config', file]),
    env,
  );
  const origin = chooseOrigin(args, env);
  if (origin !== 'files') {
    writeError('Name the configuration of the gateway that objects are imported for: --config config.yaml\n');
    return undefined;
  }
  const { config, findings } = readServedConfig(origin, args, env, '');
  if (config === undefined) {
    const errors = findings.filter(({ severity }) => severity === 'error');
    process.stderr.write(renderFindings(errors, { color: process.stderr.isTTY === true }));
    return undefined;
  }
  const { masterKey } = config.server;
  const key = isDry ? (knownMasterKey(masterKey, env) ?? 'of a dry run') : findMasterKey(masterKey, env).key;
  const log = createLogger(config.telemetry, { stdout: process.stderr });
  return { config, env, log, dataFolder: dataFolder(env), masterKey: key };
}

/** Undoes the last import, and says what stays. */
export async function undoLast(target: ImportTarget, wanted: string | true): Promise<number> {
  let removed = 0;
  let kept = 0;
  const run = await undoImport(target, wanted === true ? undefined : wanted, (step) => {
    removed += step.removed.length;
    kept += step.kept.length;
    for (const { kind, id, why } of step.kept) {
      const reason = why === 'changed' ? 'it was changed here since' : 'objects that were made here since use it';
      writeOut(`- ${kind.replace('_', ' ')} ${id}: stays, because ${reason}\n`);
    }
  });
  writeOut(`Undid run ${run.id} from ${run.source}: ${removed} removed, ${kept} kept.\n`);
  return 0;
}
