import type { Command } from 'commander';
import { withExamples } from './examples.ts';
import type { ExportFlags } from './file-flags.ts';
import { collect } from './import-command.ts';
import type { Runtime } from './runtime.ts';

/** `sluice export`. */
export function addExport(program: Command, { env, exit }: Runtime): void {
  const command = program
    .command('export')
    .description(
      'Write everything that is stored to a file, for another database or machine: organisations, teams, members, users, keys by their ' +
        'hashes, budgets, customers, tags, models with sealed secrets, and what was spent. The gateway may go on serving.',
    )
    .argument('<file>', 'where to; an older file of that name is replaced when the new one is whole')
    .option('-c, --config <file>', 'configuration of the gateway that is exported; repeat it to merge files', collect)
    .option('--ledger', 'with every row of the ledger and the log of changes')
    .option('--json', 'print a JSON object')
    .action(async (file: string, flags: ExportFlags) => {
      const { exportToFile } = await import('./export-file.ts');
      exit(await exportToFile(file, flags, env));
    });
  withExamples(command, [
    ['sluice export sluice.jsonl -c config.yaml', 'Objects and spend, enough for every budget to go on.'],
    ['sluice export sluice.jsonl -c config.yaml --ledger', 'Requests and the log of changes too.'],
  ]);
}
