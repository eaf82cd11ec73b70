import { renderFindings } from '../../config/finding.ts';
import type { GatewayConfig } from '../../config/gateway-config.ts';
import { newMasterKey } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { knownMasterKey } from '../master-key.ts';
import type { Arguments } from '../read-arguments.ts';
import { chooseOrigin, readServedConfig } from '../served-config.ts';
import { snapshotAtStart } from '../snapshot-at-start.ts';
import { writeError, writeOut } from '../terminal.ts';
import { Trial } from './trial.ts';

/** Larger lines are refused: no request of that size is taken. */
const LONGEST_LINE = 33_554_432;
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

/** The lines of a text as it comes; undefined for one that is too long. */
async function* linesOf(input: AsyncIterable<Buffer | string>): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  const line = (): string | undefined =>
    length > LONGEST_LINE
      ? undefined
      : Buffer.concat(parts)
          .toString('utf8')
          .replace(/^\uFEFF/, '');
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, from)) {
      parts.push(bytes.subarray(from, end));
      length += end - from;
      yield line();
      parts = [];
      length = 0;
      from = end + 1;
    }
    length += bytes.length - from;
    // What is too long is not kept.
    if (length <= LONGEST_LINE) parts.push(bytes.subarray(from));
  }
  if (length > 0) yield line();
}
