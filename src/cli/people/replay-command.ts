import type { Command } from 'commander';
import { withExamples } from './examples.ts';
import { collect } from './import-command.ts';
import type { ReplayFlags } from './replay-flags.ts';
import type { Runtime } from './runtime.ts';

/** `sluice replay`. */
export function addReplay(program: Command, { env, exit }: Runtime): void {
  const command = program
    .command('replay')
    .description(
      'Say what recorded requests would have cost under another configuration, how long they would have taken, and which would have been ' +
        'refused, moved to another deployment, or answered from a cache. Calls no provider; works on the ledger, and on more where `record:` is on.',
    )
    .requiredOption('-c, --config <file>', 'the other configuration; repeat it to merge files', collect)
    .option(
      '--baseline <file>',
      'the configuration that the requests were made under; repeat it to merge files',
      collect,
    )
    .option('--from <when>', 'the first day (UTC), or a time ago such as 7d (7d)')
    .option('--to <when>', 'the end, a day being included (now)')
    .option('--host <address>', 'read the ledger of the gateway that runs there, in place of the database')
    .option('--port <n>', 'its port (4000)')
    .option('--ssl-certfile-path <file>', 'the certificate that it serves HTTPS with')
    .option('--json', 'print JSON')
    .action(async (flags: ReplayFlags) => {
      const { runReplay } = await import('./run-replay.ts');
      exit(await runReplay(flags, env));
    });
  withExamples(command, [
    ['sluice replay -c new.yaml --from 7d', 'What last week would have cost under new.yaml.'],
    [
      'sluice replay -c new.yaml --baseline config.yaml --from 7d --json',
      'With the configuration of last week: only what it changes moves.',
    ],
  ]);
}
