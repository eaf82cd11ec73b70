import { bannerText } from './banner.ts';
import type { Prepared } from './prepare.ts';
import { writeError } from './terminal.ts';
import { packageVersion } from './version.ts';

/** Says on standard error where and what is served; standard output belongs to the log. */
export function sayStarted({ config, origin, key }: Prepared, env: NodeJS.ProcessEnv, port: number): void {
  const { host } = config.server;
  const isTerminal = process.stderr.isTTY === true;
  writeError(bannerText({ version: packageVersion(), host, port, config, origin, key, env, isTerminal }));
}
