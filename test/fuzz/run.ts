/**
 * `npm run fuzz -- --minutes 10 --target redaction --seed 7`: tries mutated inputs on every reader of bytes. Without arguments one
 * minute in all. A failing input is minimised and stored in test/fuzz/corpus, where the tests find it from then on.
 */
import { parseArgs } from 'node:util';
import { fuzz, storeInCorpus } from './fuzz.ts';
import { TARGETS } from './targets/index.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    target: { type: 'string' },
    seed: { type: 'string' },
  },
});

const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const targets = TARGETS.filter(({ name }) => values.target === undefined || name.includes(values.target));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (!(minutes > 0) || !Number.isInteger(seed)) {
  say('--minutes takes a number above 0, and --seed a whole number.');
  process.exitCode = 2;
} else if (targets.length === 0) {
  say(`No target is called ${values.target}; there are ${TARGETS.map(({ name }) => name).join(', ')}.`);
  process.exitCode = 2;
} else {
  say(`seed ${seed}`);
  for (const target of targets) {
    const { inputs, failure } = await fuzz(target, seed, (minutes * 60_000) / targets.length);
    if (failure === undefined) {
      say(`${target.name}: ${inputs} inputs, nothing found`);
      continue;
    }
    process.exitCode = 1;
    const error = failure.error instanceof Error ? failure.error.stack : String(failure.error);
    say(`${target.name}: after ${inputs} inputs, ${storeInCorpus(target, failure.input)}\n${error}`);
  }
}
