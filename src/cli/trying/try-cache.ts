import { renderFindings } from '../../config/finding.ts';
import type { GatewayConfig } from '../../config/gateway-config.ts';
import { newMasterKey } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { knownMasterKey } from '../master-key.ts';
import type { Arguments } from '../read-arguments.ts';
import { chooseOrigin, readServedConfig } from '../served-config.ts';
import { snapshotAtStart } from '../snapshot-at-start.ts';
import { writeError, writeOut } from '../terminal.ts';
import { LONGEST_LINE, linesOf } from './lines-of.ts';
import { Trial } from './trial.ts';

/** Nothing listens there: what is tried is sent to no provider. */
const NO_SIMULATOR = 'http://127.0.0.1:9';

/**
 * `sluice try cache < requests.jsonl`: a JSON line for each line, in their order. 0; 1 if a line could not be tried; 2 if the
 * configuration cannot be served.
 */
export async function tryCache(args: Arguments, env: NodeJS.ProcessEnv): Promise<number> {
  const { config, findings } = readServedConfig(chooseOrigin(args, env), args, env, NO_SIMULATOR);
  if (config === undefined) {
    const errors = findings.filter(({ severity }) => severity === 'error');
    process.stderr.write(renderFindings(errors, { color: process.stderr.isTTY === true }));
    return 2;
  }
  return tryLines(config, env);
}

async function tryLines(config: GatewayConfig, env: NodeJS.ProcessEnv): Promise<number> {
  const known = knownMasterKey(config.server.masterKey, env);
  if (known === undefined)
    writeError(
      'There is no master key here, so the handles are not those of a running gateway: set LITELLM_MASTER_KEY.\n',
    );
  const trial = new Trial(config, { masterKey: known ?? newMasterKey(), env, makeSnapshot: snapshotAtStart });
  let isGood = true;
  let line = 0;
  try {
    for await (const text of linesOf(process.stdin)) {
      line += 1;
      if (text?.trim() === '') continue;
      const told = await triedLine(trial, text, line);
      if ('error' in told) isGood = false;
      writeOut(`${JSON.stringify({ line, ...told })}\n`);
    }
  } finally {
    await trial.close();
  }
  return isGood ? 0 : 1;
}

async function triedLine(trial: Trial, text: string | undefined, line: number): Promise<JsonObject> {
  if (text === undefined) return { error: `line ${line}: longer than ${LONGEST_LINE} bytes` };
  try {
    return await trial.try(text, line);
  } catch (error) {
    // Whatever is wrong with one line, the others are tried.
    return { error: `line ${line}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
