import type { Command } from 'commander';
import { withExamples } from './examples.ts';
import type { FileImportFlags } from './file-flags.ts';
import type { ImportFlags } from './import-flags.ts';
import type { Runtime } from './runtime.ts';

/** Repeats of a flag, in their order. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `sluice import …`. */
export function addImport(program: Command, { env, exit }: Runtime): void {
  const command = program
    .command('import')
    .helpCommand(false)
    .description(
      'Import a file that sluice export wrote: what is new in it, and what was spent since the last run. The whole file is checked first. ' +
        'Without --apply nothing is written, and every object gets a line that says what would become of it.',
    )
    .argument('[file]', 'a file that sluice export wrote; or litellm, for a database of LiteLLM')
    .option(
      '-c, --config <file>',
      'configuration of the gateway that objects are imported for; repeat it to merge files',
      collect,
    )
    .option('--apply', 'write what the report says')
    .option('--reseal', 'seal secrets of models again under the key of here; LITELLM_SALT_KEY_PREVIOUS opens them')
    .option('--undo [run]', 'undo the last import: remove what it made and is unchanged since, and take its spend off')
    .option('--changes-only', 'leave out the lines of objects that are the same as before')
    .option('--json', 'print a JSON object for each line')
    .action(async (file: string | undefined, flags: FileImportFlags) => {
      const { importFromFile } = await import('./import-file.ts');
      exit(await importFromFile(file, flags, env));
    });
  withExamples(command, [
    ['sluice import sluice.jsonl -c config.yaml', 'Say what would be imported. Nothing is written.'],
    ['sluice import sluice.jsonl -c config.yaml --apply', 'Import it. A second run adds what is new since.'],
    ['sluice import -c config.yaml --undo', 'Undo the last run.'],
  ]);
  const litellm = command
    .command('litellm')
    .description(
      'Import a database of LiteLLM: what is new there, and what was spent since the last run. Keys keep their texts, budgets what was spent in ' +
        'their period. Without --apply nothing is written, and every object gets a line that says what would become of it.',
    )
    .option('--database-url <url>', 'where LiteLLM’s Postgres is; it is only read [LITELLM_DATABASE_URL]')
    .option(
      '--salt-key <key>',
      'opens stored models: LiteLLM’s salt key, or its master key if it had none [LITELLM_SALT_KEY]',
    )
    .option(
      '-c, --config <file>',
      'configuration of the gateway that objects are imported for; repeat it to merge files',
      collect,
    )
    .option('--apply', 'write what the report says')
    .option('--undo [run]', 'undo the last import: remove what it made and is unchanged since, and take its spend off')
    .option('--changes-only', 'leave out the lines of objects that are the same as before')
    .option('--json', 'print a JSON object for each line')
    .action(async (flags: ImportFlags) => {
      const { importFromLitellm } = await import('./import-litellm.ts');
      exit(await importFromLitellm(flags, env));
    });
  withExamples(litellm, [
    [
      'sluice import litellm --database-url postgresql://… -c config.yaml',
      'Say what would be imported. Nothing is written.',
    ],
    [
      'sluice import litellm --database-url postgresql://… -c config.yaml --apply',
      'Import it. A second run adds what is new since.',
    ],
    ['sluice import litellm -c config.yaml --undo', 'Undo the last run.'],
  ]);
}
