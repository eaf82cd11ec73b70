import { findingsAsJson, renderFindings } from '../config/finding.ts';
import type { Arguments } from './read-arguments.ts';
import { readServedConfig } from './served-config.ts';
import { writeError, writeOut } from './terminal.ts';

/** `sluice check`: prints every finding about the files; 2 where one of them would stop a start. */
export function check(args: Arguments, env: NodeJS.ProcessEnv): number {
  if (args.files.length === 0) {
    writeError('check needs a file: sluice check config.yaml\n');
    return 2;
  }
  const { config, findings } = readServedConfig('files', args, env, '');
  const left = config?.unserved.length ?? 0;
  const isGood = config !== undefined;
  if (args.json) {
    writeOut(findingsAsJson(findings));
  } else {
    process.stdout.write(renderFindings(findings, { color: process.stdout.isTTY === true }));
    const models = config?.deployments.length ?? 0;
    writeOut(
      isGood
        ? `${args.files.join(' + ')} can be served: ${models} deployment${models === 1 ? '' : 's'}${left === 0 ? '' : `; ${left} cannot, and ${left === 1 ? 'is' : 'are'} left out`}.\n`
        : 'Nothing can be served with this.\n',
    );
  }
  return isGood ? 0 : 2;
}
