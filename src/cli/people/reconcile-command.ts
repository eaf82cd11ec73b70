import type { Command } from 'commander';
import { withExamples } from './examples.ts';
import { collect } from './import-command.ts';
import type { ReconcileFlags } from './reconcile-flags.ts';
import type { Runtime } from './runtime.ts';

/** `sluice reconcile`. */
export function addReconcile(program: Command, { env, exit }: Runtime): void {
  const command = program
    .command('reconcile')
    .description(
      "Compare what providers billed with the ledger: by day, model and key, and by request where ids allow. Reads OpenAI's, Anthropic's and " +
        "Google's reports with admin keys of their own, or exported files. Exits with 1 if less than --min agrees, with 2 if a side cannot be read.",
    )
    .option('-c, --config <file>', 'configuration of the gateway; repeat it to merge files', collect)
    .option('--provider <name>', 'only this provider; repeat it (all that have an admin key)', collect)
    .option('--from <date>', 'the first day (UTC), as YYYY-MM-DD, or a time ago such as 7d (30 days before --to)')
    .option('--to <date>', 'the last day (yesterday)')
    .option('--csv <file>', 'a bill as a file, in place of the reports; repeat it for usage and costs', collect)
    .option('--min <percent>', 'how much must agree (99.9)')
    .option('--host <address>', 'read the ledger of the gateway that runs there, in place of the database')
    .option('--port <n>', 'its port (4000)')
    .option('--ssl-certfile-path <file>', 'the certificate that it serves HTTPS with')
    .option('--json', 'print JSON')
    .action(async (flags: ReconcileFlags) => {
      const { runReconcile } = await import('./run-reconcile.ts');
      exit(await runReconcile(flags, env));
    });
  withExamples(command, [
    [
      'sluice reconcile -c config.yaml --from 2026-11-01 --to 2026-11-30',
      'A month, for every provider with an admin key.',
    ],
    ['sluice reconcile -c config.yaml --provider openai --csv usage.csv --csv costs.csv', 'With exported files.'],
    ['sluice reconcile -c config.yaml --json --min 99.5 > report.json', 'For a job that fails if too little agrees.'],
  ]);
}
