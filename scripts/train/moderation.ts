/** Trains the moderation guardrail and prints how well it ranks texts of a source that it did not see. */
import type { Calibration } from '../../src/features/guardrails/calibration.ts';
import { FeatureReader } from '../../src/features/guardrails/feature-reader.ts';
import { MODERATION_CONCEPTS } from '../../src/features/guardrails/moderation/concepts.ts';
import type { ModerationExtra } from '../../src/features/guardrails/moderation/inspect.ts';
import {
  HEADS,
  type ModerationModels,
  ModerationScorer,
  WINDOW,
} from '../../src/features/guardrails/moderation/scorer.ts';
import type { Weights } from '../../src/features/guardrails/weights.ts';
import { calibrationOf, threshold } from './calibrate.ts';
import { type Example, fit, type LinearModel, quantized, type ReadText, readText, scoreOf } from './linear.ts';
import { moderationTexts } from './moderation-texts.ts';
import { Random } from './random.ts';
import { percent, table } from './report.ts';
import { harmlessDocuments, injectionRows, moderationRows } from './rows.ts';

/** A text with what is known about it: 1, 0, or undefined where no one looked. */
interface ModeratedRow {
  readonly text: string;
  readonly source: string;
  readonly read: ReadText;
  readonly any: 0 | 1 | undefined;
  readonly heads: Readonly<Record<string, 0 | 1 | undefined>>;
  readonly weight: number;
}

const ANY_BITS = 17;
const HEAD_BITS = 15;
const GENERATED = 500;
const GENERATED_WEIGHT = 0.5;
const LONGEST = 5_200;
const FITTING = { epochs: 4, rate: 0.1, decay: 1e-5, seed: 3 };
const FOLDS = 4;
const JUDGED = 'openai-release';
const LETTERS: Readonly<Record<(typeof HEADS)[number], string>> = {
  sexual: 'S',
  hate: 'H',
  violence: 'V',
  harassment: 'HR',
  'self-harm': 'SH',
};
/** How much a row of each source counts: the small one that was labelled with care counts most. */
const WEIGHTS = new Map([
  [JUDGED, 2],
  ['hatecheck', 0.3],
  ['davidson', 0.3],
  ['surge', 0.5],
]);

const reader = new FeatureReader(MODERATION_CONCEPTS);
const read = (text: string): ReadText => readText(text.slice(0, LONGEST), reader);

function labelOf(value: number | undefined): 0 | 1 | undefined {
  return value === undefined ? undefined : value === 1 ? 1 : 0;
}

function anyOf(source: string, labels: Readonly<Record<string, number>>): 0 | 1 | undefined {
  if (source === 'surge') return labelOf(labels.toxic);
  // Rude words that hurt no group are no category: neither an example for, nor against.
  if (source === 'davidson' && labels.H !== 1 && labels.offensive === 1) return undefined;
  return Object.values(labels).some((label) => label === 1) ? 1 : 0;
}

/** Reads the shared rows, and writes the generated ones; the same in every run. */
export function readModerationData(): ModeratedRow[] {
  const harmless = Object.fromEntries(HEADS.map((head) => [head, 0 as const]));
  const shared = moderationRows().map(({ text, source, labels }): ModeratedRow => {
    const any = anyOf(source, labels);
    const heads = Object.fromEntries(
      HEADS.map((head) => [head, any === 0 && source !== JUDGED ? 0 : labelOf(labels[LETTERS[head]])] as const),
    );
    return { text, source, read: read(text), any, heads, weight: WEIGHTS.get(source) ?? 1 };
  });
  const generated = moderationTexts(GENERATED, new Random(9)).map(({ text, family, categories }): ModeratedRow => {
    const heads = Object.fromEntries(
      HEADS.map((head) => [head, categories.includes(LETTERS[head]) ? (1 as const) : (0 as const)]),
    );
    return {
      text,
      source: `generated:${family}`,
      read: read(text),
      any: categories.length > 0 ? 1 : 0,
      heads,
      weight: GENERATED_WEIGHT,
    };
  });
  const prompts = injectionRows().filter(({ label }) => label === 0);
  const documents = harmlessDocuments().filter(({ source }) => source === 'passage');
  const others = [...prompts, ...documents].map(
    ({ text, source }): ModeratedRow => ({ text, source, read: read(text), any: 0, heads: harmless, weight: 0.5 }),
  );
  return [...shared, ...generated, ...others];
}

function trainAny(rows: readonly ModeratedRow[]): LinearModel {
  const wholes: Example[] = [];
  const parts = new Map<ModeratedRow, Example[]>();
  for (const row of rows) {
    if (row.any === undefined) continue;
    const { read: text, any: label, weight } = row;
    wholes.push({ text, from: 0, to: text.count, label, weight });
    if (text.count <= WINDOW) continue;
    const windows: Example[] = [];
    for (let end = WINDOW; ; end = Math.min(text.count, end + WINDOW / 2)) {
      windows.push({ text, from: end - WINDOW, to: end, label, weight: 0 });
      if (end === text.count) break;
    }
    parts.set(
      row,
      windows.map((example) => ({ ...example, weight: (0.7 * weight) / Math.sqrt(windows.length) })),
    );
  }
  const all = [...wholes, ...[...parts.values()].flat()];
  return fit(all, { ...FITTING, bits: ANY_BITS }, (model, epoch) => {
    if (epoch < 2) return all;
    const chosen = [...parts].flatMap(([{ any }, examples]) =>
      any === 0
        ? examples
        : examples
            .map((example) => ({ example, score: scoreOf(model, example.text, example.from, example.to) }))
            .sort((one, other) => other.score - one.score)
            .slice(0, Math.ceil(examples.length / 2))
            .map(({ example }) => example),
    );
    return [...wholes, ...chosen];
  });
}

function trainHead(rows: readonly ModeratedRow[], head: string): LinearModel {
  const examples = rows.flatMap(({ read: text, heads, weight }): Example[] => {
    const label = heads[head];
    return label === undefined
      ? []
      : [{ text, from: 0, to: text.count, label, weight: label === 1 ? weight * 2 : weight }];
  });
  return fit(examples, { ...FITTING, bits: HEAD_BITS });
}

function trainModels(rows: readonly ModeratedRow[]): ModerationModels {
  const [sexual, hate, violence, harassment, selfHarm] = HEADS.map((head) => quantized(trainHead(rows, head)));
  if (!sexual || !hate || !violence || !harassment || !selfHarm) throw new Error('a head is missing');
  return { any: quantized(trainAny(rows)), heads: { sexual, hate, violence, harassment, 'self-harm': selfHarm } };
}

const BEGINNING = 60;

/** The rows of a fold, by the hash of their beginnings: copies with another end fall together. */
function inFold(rows: readonly ModeratedRow[], fold: number): Set<ModeratedRow> {
  return new Set(
    rows.filter(({ text }) => {
      let hash = 0;
      for (let at = 0; at < Math.min(BEGINNING, text.length); at += 1)
        hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
      return ((hash >>> 3) & 0x7fff) % FOLDS === fold;
    }),
  );
}

/** Scores of rows by models that did not see them. */
function unseenScores(data: readonly ModeratedRow[], rows: readonly ModeratedRow[]): Map<ModeratedRow, number> {
  const scores = new Map<ModeratedRow, number>();
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const held = inFold(rows, fold);
    const any = quantized(trainAny(data.filter((row) => !held.has(row))));
    const scorer = new ModerationScorer({
      any,
      heads: { sexual: any, hate: any, violence: any, harassment: any, 'self-harm': any },
    });
    for (const row of held) scores.set(row, scorer.score(row.text).raw);
  }
  return scores;
}

const isHarmlessOfLife = ({ source, any }: ModeratedRow): boolean =>
  any === 0 && (source === JUDGED || source === 'arena-hard-v2');

/** Trains on everything that is not left out. */
export function trainModeration(data: readonly ModeratedRow[], without: readonly string[]): Weights<ModerationExtra> {
  const rows = data.filter(({ source }) => !without.includes(source));
  const models = trainModels(rows);
  const any: Calibration = calibrationOf([...unseenScores(rows, rows.filter(isHarmlessOfLife)).values()]);
  return {
    models: new Map([['any', models.any], ...HEADS.map((head) => [head, models.heads[head]] as const)]),
    extra: { any },
  };
}

/** The area under the curve of precision over recall: the mean precision at each text that should be found. */
function averagePrecision(scored: readonly (readonly [number, 0 | 1])[]): number {
  let [found, sum, seen] = [0, 0, 0];
  for (const [, label] of [...scored].sort(([one], [other]) => other - one)) {
    seen += 1;
    if (label === 0) continue;
    found += 1;
    sum += found / seen;
  }
  return sum / Math.max(1, found);
}

/** How texts of OpenAI's release are ranked, by models without and with other texts of it, and how often each category is found. */
export function reportModeration(data: readonly ModeratedRow[]): string {
  const judged = data.filter(({ source }) => source === JUDGED);
  const stranger = new ModerationScorer(trainModels(data.filter(({ source }) => source !== JUDGED)));
  const alone = judged.map((row) => [stranger.score(row.text).raw, row.any ?? 0] as const);
  const crossed = unseenScores(data, [...judged, ...data.filter(({ source }) => source === 'arena-hard-v2')]);
  const own = judged.map((row) => [crossed.get(row) ?? 0, row.any ?? 0] as const);
  const harmless = data.filter(isHarmlessOfLife).map((row) => crossed.get(row) ?? 0);
  const limit = threshold(harmless, 0.01);
  const areas = table(
    'Any category, on texts of openai-release that were not trained on',
    ['trained on', 'area under precision over recall'],
    [
      ['all but that source', averagePrecision(alone).toFixed(3)],
      [`that source too, in ${FOLDS} folds`, averagePrecision(own).toFixed(3)],
    ],
  );
  const categories = HEADS.map((head) => {
    const rows = judged.filter(({ heads }) => heads[head] === 1);
    const found = rows.filter((row) => (crossed.get(row) ?? 0) > limit).length;
    return [head, String(rows.length), percent(found / rows.length)];
  });
  return `${areas}\n\n${table('Found at 1 % false alarms on harmless prompts and pages, in folds', ['category', 'texts', 'found'], categories)}`;
}
