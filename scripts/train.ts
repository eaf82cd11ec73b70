/**
 * `npm run train`: makes the weights of the local guardrails again, from ../shared/data and the texts generated in scripts/train, and
 * prints what they find of sources that were not trained on. `-- --without SOURCE` leaves a source out, `--only NAME` trains one
 * guardrail, `--out FOLDER` writes elsewhere, `--quiet` prints no tables. Two runs make the same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeWeights } from '../src/features/guardrails/weights.ts';
import { reportInjection, trainInjection } from './train/injection.ts';
import { readInjectionData } from './train/injection-models.ts';
import { readModerationData, reportModeration, trainModeration } from './train/moderation.ts';

const { values } = parseArgs({
  options: {
    without: { type: 'string', multiple: true, default: [] },
    only: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '../src/features/guardrails/weights') },
    quiet: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function save(name: string, bytes: Buffer): void {
  mkdirSync(resolve(values.out), { recursive: true });
  const file = join(resolve(values.out), `${name}.weights`);
  writeFileSync(file, bytes);
  say(`${file}: ${bytes.length} bytes`);
}

if (values.only === undefined || values.only === 'injection') {
  const data = readInjectionData();
  save('injection', writeWeights(trainInjection(data, { without: values.without })));
  if (!values.quiet) say(`\n${reportInjection(data)}\n`);
}

if (values.only === undefined || values.only === 'moderation') {
  const data = readModerationData();
  save('moderation', writeWeights(trainModeration(data, values.without)));
  if (!values.quiet) say(`\n${reportModeration(data)}\n`);
}
