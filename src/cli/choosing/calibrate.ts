import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { calibrate } from '../../routing/quality/calibration.ts';
import { writeRouter } from '../../routing/quality/router-file.ts';
import type { Arguments } from '../read-arguments.ts';
import { writeError } from '../terminal.ts';
import { readExamples, readPrices, UnusableData } from './read-examples.ts';
import { renderEvidence } from './render-evidence.ts';

const MOST_FAULTS = 20;

/**
 * `sluice calibrate --data FILE [--prices FILE] --out FILE`: learns which model is good enough for which prompt, and writes the router
 * with its evidence. 0 whatever the evidence says; 2 if a file cannot be read or nothing can be learnt from it.
 */
export function calibrateRouter({ data, prices, out }: Arguments): number {
  if (data === undefined || out === undefined)
    return fail('calibrate needs --data FILE.jsonl and --out ROUTER.json; --prices FILE tells what models cost.');
  try {
    const costs = prices === undefined ? undefined : named(prices, readPrices);
    const { examples, outcomes, hasCosts, faults, notes } = named(data, (text) => readExamples(text, costs));
    for (const fault of faults.slice(0, MOST_FAULTS)) writeError(`${data}: ${fault}\n`);
    if (faults.length > MOST_FAULTS) writeError(`${data}: and ${faults.length - MOST_FAULTS} more lines\n`);
    if (faults.length > 0) writeError(`${faults.length} lines were left out.\n`);
    for (const note of notes) writeError(`${note}\n`);
    const state = calibrate(examples, outcomes, hasCosts);
    // A gateway that watches the file never sees half of it.
    writeFileSync(`${out}.part`, writeRouter(state));
    renameSync(`${out}.part`, out);
    writeError(renderEvidence(state));
    return 0;
  } catch (error) {
    if (error instanceof UnusableData || (error instanceof Error && 'syscall' in error)) return fail(error.message);
    throw error;
  }
}

/** Reads a file; what is wrong with it is said with its name. */
function named<Read>(path: string, read: (text: string) => Read): Read {
  const text = readFileSync(path, 'utf8');
  try {
    return read(text);
  } catch (error) {
    throw error instanceof UnusableData ? new UnusableData(`${path}: ${error.message}`) : error;
  }
}

function fail(message: string): number {
  writeError(`${message}\n`);
  return 2;
}
