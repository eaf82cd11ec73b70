/** `sluice import litellm`. */
import { once } from 'node:events';
import { renderFindings } from '../../config/finding.ts';
import { type ImportTarget, runLitellmImport, undoImport } from '../../gateway/run-import.ts';
import type { Outcome, ReportLine, Summary } from '../../moving/report.ts';
import { createLogger } from '../../telemetry/log.ts';
import { dataFolder, findMasterKey, knownMasterKey } from '../master-key.ts';
import { readArguments } from '../read-arguments.ts';
import { chooseOrigin, readServedConfig } from '../served-config.ts';
import { writeError, writeOut } from '../terminal.ts';
import type { ImportFlags } from './import-flags.ts';

/** Something was refused: the rest is imported, and a script should know. */
const SOME_REFUSED = 3;

const MARKS: Readonly<Record<Outcome, string>> = { added: '+', spent: '$', same: '=', left: '-', refused: '!' };

/** Runs it; resolves to the exit code. */
export async function importFromLitellm(flags: ImportFlags, env: NodeJS.ProcessEnv): Promise<number> {
  const databaseUrl = flags.databaseUrl ?? env.LITELLM_DATABASE_URL;
  if (flags.undo === undefined && !databaseUrl) {
    writeError('Say where LiteLLM’s database is: --database-url postgresql://USER:PASSWORD@HOST:PORT/DATABASE\n');
    return 2;
  }
  const isDry = flags.apply !== true && flags.undo === undefined;
  const target = targetOf(flags, env, isDry);
  if (target === undefined) return 2;
  try {
    if (flags.undo !== undefined) return await undo(target, flags.undo);
    if (databaseUrl === target.config.stores.databaseUrl) {
      writeError('--database-url names the database that Sluice itself is configured to use; name LiteLLM’s.\n');
      return 2;
    }
    return await importAll(target, flags, databaseUrl ?? '', isDry);
  } finally {
    await target.log.close();
  }
}

/** The configured gateway; undefined if its configuration has errors, which are said. */
function targetOf(flags: ImportFlags, env: NodeJS.ProcessEnv, isDry: boolean): ImportTarget | undefined {
  const args = readArguments(
    (flags.config ?? []).flatMap((file) => ['--config', file]),
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
    report: async (line) => {
      if (flags.changesOnly === true && line.outcome === 'same') return;
      const text = flags.json === true ? `${JSON.stringify(line)}\n` : renderLine(line);
      writeOut(text);
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    },
  });
  if (flags.json === true) writeOut(`${JSON.stringify({ summary, run: runId ?? null })}\n`);
  else writeOut(renderSummary(summary, runId));
  return Object.values(summary).some((counts) => (counts.refused ?? 0) > 0) ? SOME_REFUSED : 0;
}

function renderLine({ outcome, kind, name, spentUsd, notes }: ReportLine): string {
  const spent = spentUsd === undefined ? '' : `, spent ${spentUsd} USD`;
  const all = notes.length === 0 ? '' : `: ${notes.join('; ')}`;
  return `${MARKS[outcome]} ${kind.replace('_', ' ')} ${name}${spent}${all}\n`;
}

const OUTCOMES: readonly (readonly [Outcome, string])[] = [
  ['added', 'new'],
  ['spent', 'more spent'],
  ['same', 'the same'],
  ['left', 'left out'],
  ['refused', 'refused'],
];

function renderSummary(summary: Summary, runId: string | undefined): string {
  const lines = Object.entries(summary).map(([kind, counts]) => {
    const parts = OUTCOMES.flatMap(([outcome, word]) =>
      counts[outcome] === undefined ? [] : [`${counts[outcome].toLocaleString('en-US')} ${word}`],
    );
    return `  ${`${kind.replace('_', ' ')}s`.padEnd(22)}${parts.join(', ')}`;
  });
  const all = lines.length === 0 ? '  nothing\n' : `${lines.join('\n')}\n`;
  return runId === undefined
    ? `\nA dry run; nothing was written. With --apply:\n${all}`
    : `\nImported as run ${runId}:\n${all}To undo it: sluice import litellm --undo\n`;
}

async function undo(target: ImportTarget, wanted: string | true): Promise<number> {
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
