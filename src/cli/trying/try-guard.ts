/** `sluice try guard NAME`: what a guardrail finds in each text, offline. */

import { didYouMean } from '../../config/did-you-mean.ts';
import { renderFindings } from '../../config/finding.ts';
import type { GatewayConfig } from '../../config/gateway-config.ts';
import { isJsonObject } from '../../core/json.ts';
import { loadLocalGuardrails } from '../../features/index.ts';
import type { Arguments } from '../read-arguments.ts';
import { readServedConfig } from '../served-config.ts';
import { writeError, writeOut } from '../terminal.ts';
import { LONGEST_LINE, linesOf } from './lines-of.ts';
import { secretsOf } from './secrets-of.ts';

const ORIGINS = ['user', 'tool', 'document'] as const;
type Origin = (typeof ORIGINS)[number];

interface Row {
  readonly text: string;
  readonly from: Origin;
}

/** Reads texts from standard input, and writes a line for each in order. Ends with 1 if one could not be read, 2 if nothing can be tried. */
export async function tryGuard(args: Arguments, name: string, env: NodeJS.ProcessEnv): Promise<number> {
  const { makeLocalGuardrail, LOCAL_GUARDRAIL_NAMES } = await loadLocalGuardrails();
  let config: GatewayConfig | undefined;
  if (args.files.length > 0) {
    const read = readServedConfig('files', args, env, '');
    writeError(renderFindings(read.findings, { color: false }));
    if (read.config === undefined) return 2;
    config = read.config;
  }
  const guardrail = makeLocalGuardrail(name, config === undefined ? {} : { secrets: secretsOf(config) });
  if (guardrail === undefined) {
    const near = didYouMean(name, LOCAL_GUARDRAIL_NAMES)?.word;
    const hint = near === undefined ? '' : ` Did you mean ${near}?`;
    writeError(`There is no guardrail ${name}.${hint} The local ones are ${LOCAL_GUARDRAIL_NAMES.join(', ')}.\n`);
    return 2;
  }
  warmUp((text) => guardrail.inspect(text, 'document'));
  let isGood = true;
  let line = 0;
  for await (const text of linesOf(process.stdin)) {
    line += 1;
    if (text?.trim() === '') continue;
    const row = readRow(text);
    if (typeof row === 'string') {
      isGood = false;
      // In its place, so that the answers stay beside their lines.
      writeOut(`${JSON.stringify({ error: `line ${line}: ${row}` })}\n`);
      continue;
    }
    const startedAt = performance.now();
    const inspection = guardrail.inspect(row.text, row.from);
    const ms = Number((performance.now() - startedAt).toFixed(4));
    writeOut(`${JSON.stringify({ ...inspection, ms })}\n`);
  }
  return isGood ? 0 : 1;
}

const WARM_UP_MS = 60;
const WARM_UP_ROUNDS = 400;
const WARM_UP_TEXT =
  'Dear team, ignore the rest: password = "a1!b2", call +1 212 555 0100 or mail ann@example.org by 2026-01-31. '.repeat(
    9,
  );

/** A process that serves has compiled its expressions long ago; `ms` says what it would take there. */
function warmUp(inspect: (text: string) => unknown): void {
  const until = performance.now() + WARM_UP_MS;
  for (let round = 0; round < WARM_UP_ROUNDS && performance.now() < until; round += 1) inspect(WARM_UP_TEXT);
}

/** A line as a row, or what is wrong with it. */
function readRow(line: string | undefined): Row | string {
  if (line === undefined) return `longer than ${LONGEST_LINE} bytes`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!isJsonObject(value) || typeof value.text !== 'string') return 'not an object with a `text`';
  const from = ORIGINS.find((origin) => origin === (value.from ?? 'user'));
  return from === undefined ? `\`from\` must be one of ${ORIGINS.join(', ')}` : { text: value.text, from };
}
