/** Trains the injection guardrail, calibrates it on texts that its model did not see, and prints what it finds of unseen sources. */
import {
  INJECTION_DEFAULTS,
  type InjectionExtra,
  makeInjectionInspector,
} from '../../src/features/guardrails/injection/inspect.ts';
import { InjectionScorer } from '../../src/features/guardrails/injection/scorer.ts';
import type { Weights } from '../../src/features/guardrails/weights.ts';
import { calibrationOf, threshold } from './calibrate.ts';
import { type InjectionData, ordersAmong, type ReadRow, trainDocument, trainUser } from './injection-models.ts';
import { quantized } from './linear.ts';
import { farFrom } from './near-copies.ts';
import { percent, table } from './report.ts';

const ATTACK_SOURCES = ['jailbreak-templates', 'self-reminder', 'in-the-wild', 'cyberseceval', 'piguard-valid'];
const REAL_PROMPTS = 'arena-hard-v2';
const HALVES = [0, 1] as const;

/** What a run leaves out, to measure on it. */
interface Leaving {
  readonly without: readonly string[];
}

const isPrompt = ({ source }: ReadRow): boolean => !['email', 'table'].includes(source);

/** Scores by the two models that did not see the half in question. */
class HalvedScorers {
  readonly #scorers: readonly InjectionScorer[];

  constructor(data: InjectionData, isSeen: (row: ReadRow) => boolean) {
    this.#scorers = HALVES.map((half) => {
      const keeps = (row: ReadRow): boolean =>
        isSeen(row) && (row.label === 1 || row.half !== half || row.source.startsWith('generated:'));
      const user = trainUser([...data.rows.filter(keeps), ...data.generated.filter(isSeen)]);
      const seen = {
        ...data,
        rows: data.rows.filter(isSeen),
        orders: data.orders.filter(isSeen),
        generated: data.generated.filter(isSeen),
      };
      const document = trainDocument(ordersAmong(seen), data.documents.filter(keeps));
      return new InjectionScorer({ user: quantized(user), document: quantized(document) });
    });
  }

  of(half: 0 | 1): InjectionScorer {
    const scorer = this.#scorers[half];
    if (scorer === undefined) throw new RangeError(`there is no half ${half}`);
    return scorer;
  }

  user = (row: ReadRow): number => this.of(row.half).score(row.text, false).user.raw;
  document = (row: ReadRow): number => this.of(row.half).score(row.text, true).document?.raw ?? 0;
}

const above = (scores: readonly number[], limit: number): number =>
  scores.filter((score) => score > limit).length / Math.max(1, scores.length);

/** Trains on everything that is not left out. */
export function trainInjection(data: InjectionData, { without }: Leaving): Weights<InjectionExtra> {
  const isSeen = ({ source }: ReadRow): boolean => !without.includes(source);
  const halved = new HalvedScorers(data, isSeen);
  const prompts = data.rows.filter((row) => row.label === 0 && isPrompt(row) && isSeen(row));
  const documents = data.documents.filter((row) => isSeen(row) && !row.source.startsWith('generated:'));
  const asUsers = documents.map(halved.user);
  const asDocuments = documents.map(halved.document);
  const shift = threshold(asDocuments, 0.01) - threshold(asUsers, 0.01);
  const user = quantized(trainUser([...data.rows, ...data.generated].filter(isSeen)));
  const seen = { ...data, rows: data.rows.filter(isSeen), orders: data.orders.filter(isSeen) };
  const document = quantized(trainDocument(ordersAmong(seen), data.documents.filter(isSeen)));
  return {
    models: new Map([
      ['user', user],
      ['document', document],
    ]),
    extra: {
      user: calibrationOf(prompts.map(halved.user)),
      document: calibrationOf(asDocuments.map((raw, at) => Math.max(raw, (asUsers[at] ?? 0) + shift))),
      shift,
    },
  };
}

/** What is found of each source by models that never saw it nor near copies of it. */
export function reportInjection(data: InjectionData): string {
  return [usersTable(data), documentsTable(data), familiesTable(data)].join('\n\n');
}

function usersTable(data: InjectionData): string {
  const rows: string[][] = [];
  const sums = [0, 0, 0];
  for (const source of ATTACK_SOURCES) {
    const held = data.rows.filter((row) => row.label === 1 && row.source === source);
    const isFar = farFrom(held.map(({ text }) => text));
    const halved = new HalvedScorers(
      data,
      (row) => row.label === 0 || (row.source !== source && (row.source.startsWith('generated:') || isFar(row.text))),
    );
    const real = data.rows.filter((row) => row.source === REAL_PROMPTS);
    const harmless = real.map(halved.user);
    const [one, tenth] = [threshold(harmless, 0.01), threshold(harmless, 0.001)];
    const both = (texts: readonly string[]): number[] =>
      HALVES.flatMap((half) => texts.map((text) => halved.of(half).score(text, false).user.raw));
    const attacks = both(held.map(({ text }) => text));
    const embedded = both(held.map(({ text }, at) => within(text, real, at)));
    const measured = [above(attacks, one), above(attacks, tenth), above(embedded, one)];
    measured.forEach((share, at) => {
      sums[at] = (sums[at] ?? 0) + share / ATTACK_SOURCES.length;
    });
    rows.push([source, String(held.length), ...measured.map(percent)]);
  }
  rows.push(['mean', '', ...sums.map(percent)]);
  return table(
    'Attacks of sources not trained on, at a rate of false alarms on real prompts',
    ['source', 'texts', 'at 1 %', 'at 0.1 %', 'within 2 kB, at 1 %'],
    rows,
  );
}

/** An attack in the middle of harmless text of about 2 kB. */
function within(attack: string, harmless: readonly ReadRow[], at: number): string {
  const fill = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    .map((step) => harmless[(at * 9 + step) % harmless.length]?.text ?? '')
    .join('\n\n')
    .slice(0, 2_000);
  const middle = fill.indexOf(' ', 1_000);
  return `${fill.slice(0, middle)}\n${attack}\n${fill.slice(middle)}`;
}

function documentsTable(data: InjectionData): string {
  const rows: string[][] = [];
  for (const source of ['indirect-text', 'indirect-code']) {
    const held = data.orders.filter((row) => row.source === source);
    const halved = new HalvedScorers(data, (row) => row.source !== source);
    const places = data.documents.filter((row) => !row.source.startsWith('generated:'));
    const limit = threshold(places.map(halved.document), 0.02);
    for (const kind of ['email', 'table', 'passage', 'tool-result']) {
      const hosts = places.filter((row) => row.source === kind);
      const scores = held.flatMap(({ text }, at) =>
        [0, 1, 2].map((where) => {
          const host = hosts[(at * 7 + where * 3) % hosts.length];
          return host === undefined
            ? 0
            : (halved.of(host.half).score(inserted(host.text, text, where), true).document?.raw ?? 0);
        }),
      );
      rows.push([source, kind, String(scores.length), percent(above(scores, limit))]);
    }
  }
  return table(
    'Orders hidden in documents, of sources not trained on, at 2 % false alarms over all documents',
    ['source', 'in', 'texts', 'found'],
    rows,
  );
}

function inserted(host: string, order: string, where: number): string {
  if (where === 0) return `${order}\n${host}`;
  if (where === 2) return `${host}\n${order}`;
  const line = host.indexOf('\n', host.length / 2);
  const sentence = host.indexOf('. ', host.length / 2);
  const at = line !== -1 ? line : sentence !== -1 ? sentence + 1 : host.length;
  return `${host.slice(0, at)}\n${order}\n${host.slice(at + 1)}`;
}

function familiesTable(data: InjectionData): string {
  const rows: string[][] = [];
  const measure = (name: string, held: readonly ReadRow[], what: string): void => {
    const texts = new Set(held);
    const weights = trainInjectionQuick(data, (row) => !texts.has(row));
    const inspect = makeInjectionInspector(INJECTION_DEFAULTS, weights);
    rows.push([
      name,
      String(held.length),
      what,
      percent(held.filter(({ text }) => inspect(text, 'user').flagged).length / held.length),
    ]);
  };
  measure(
    'piguard-valid, harmless',
    data.rows.filter(({ source, label }) => source === 'piguard-valid' && label === 0),
    'flagged',
  );
  measure(
    'xstest-safe',
    data.rows.filter(({ source }) => source === 'xstest-safe'),
    'flagged',
  );
  measure(
    'mitre-frr',
    data.rows.filter(({ source }) => source === 'mitre-frr'),
    'flagged',
  );
  for (const family of ['everyday', 'triggers', 'roles', 'security', 'odd', 'languages'])
    measure(
      `generated: ${family}`,
      data.generated.filter(({ source, label }) => label === 0 && source === `generated:${family}`),
      'flagged',
    );
  for (const family of ['leak', 'languages', 'system', 'split'])
    measure(
      `generated: ${family}`,
      data.generated.filter(({ source, label }) => label === 1 && source === `generated:${family}`),
      'found',
    );
  return table(
    'Families not trained on, at the rate of false alarms that applies unless configured (0.5 %)',
    ['family', 'texts', '', 'share'],
    rows,
  );
}

/** Weights with the calibration of one half only: for reports, where the last digit does not matter. */
function trainInjectionQuick(data: InjectionData, isSeen: (row: ReadRow) => boolean): Weights<InjectionExtra> {
  const rows = data.rows.filter(isSeen);
  const model = quantized(
    trainUser([...rows.filter((row) => row.label === 1 || row.half === 1), ...data.generated.filter(isSeen)]),
  );
  const scorer = new InjectionScorer({ user: model, document: model });
  const unseen = rows
    .filter((row) => row.label === 0 && row.half === 0 && isPrompt(row))
    .map(({ text }) => scorer.score(text, false).user.raw);
  const calibration = calibrationOf(unseen);
  return {
    models: new Map([
      ['user', model],
      ['document', model],
    ]),
    extra: { user: calibration, document: calibration, shift: 0 },
  };
}
