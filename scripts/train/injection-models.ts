/** Trains the two models of the injection guardrail from rows that were read once. */
import { FeatureReader } from '../../src/features/guardrails/feature-reader.ts';
import { INJECTION_CONCEPTS } from '../../src/features/guardrails/injection/concepts.ts';
import { segmentsOf } from '../../src/features/guardrails/injection/segments.ts';
import { orderOf, passageOf } from './document-orders.ts';
import { ATTACK_FAMILIES, attackOf } from './injection-attacks.ts';
import { HARMLESS_FAMILIES, harmlessOf } from './injection-harmless.ts';
import { type Example, fit, type LinearModel, type ReadText, readText, scoreOf } from './linear.ts';
import { Random } from './random.ts';
import { harmlessDocuments, injectionRows } from './rows.ts';

/** A text that was read, what it is and where it is from. */
export interface ReadRow {
  readonly text: string;
  readonly source: string;
  readonly label: 0 | 1;
  readonly read: ReadText;
  /** In which half of the harmless texts it is, by its beginning, so that near copies fall together. */
  readonly half: 0 | 1;
}

/** Everything that the models are trained from. */
export interface InjectionData {
  readonly rows: readonly ReadRow[];
  readonly generated: readonly ReadRow[];
  /** Documents without orders, and orders as they stand in documents. */
  readonly documents: readonly ReadRow[];
  readonly orders: readonly ReadRow[];
}

const USER_BITS = 18;
const DOCUMENT_BITS = 17;
const ATTACKS = 3_000;
const HARMLESS = 4_500;
const ORDERS = 4_000;
const PASSAGES = 1_500;
const LONGEST = 8_000;
const WINDOW = 32;
const GENERATED_WEIGHT = 0.5;
const FITTING = { epochs: 5, rate: 0.1, decay: 1e-5, seed: 3 };
const DOCUMENTS = ['email', 'table'];
const INDIRECT = ['indirect-text', 'indirect-code'];
const PROMPTS = ['arena-hard-v2', 'xstest-safe', 'mitre-frr', 'cyberseceval', 'piguard-valid'];
const LONGEST_PROMPT = 500;

const reader = new FeatureReader(INJECTION_CONCEPTS);

function row(text: string, label: 0 | 1, source: string): ReadRow {
  let hash = 0;
  for (let at = 0; at < Math.min(200, text.length); at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return { text, label, source, read: readText(text.slice(0, LONGEST), reader), half: ((hash >>> 4) & 1) as 0 | 1 };
}

/** Reads the rows of the shared data and writes the generated ones; the same in every run. */
export function readInjectionData(): InjectionData {
  const random = new Random(7);
  const attacks = Array.from({ length: ATTACKS }, (_, at) => {
    const family = ATTACK_FAMILIES[at % ATTACK_FAMILIES.length] ?? '';
    return row(attackOf(family, random), 1, `generated:${family}`);
  });
  const harmless = Array.from({ length: HARMLESS }, (_, at) => {
    const family = HARMLESS_FAMILIES[at % HARMLESS_FAMILIES.length] ?? '';
    return row(harmlessOf(family, random), 0, `generated:${family}`);
  });
  const shared = injectionRows();
  const rows = shared
    .filter(({ source }) => !INDIRECT.includes(source))
    .map(({ text, label, source }) => row(text, label, source));
  const documents = [
    ...rows.filter(({ source }) => DOCUMENTS.includes(source)),
    ...harmlessDocuments().map(({ text, source }) => row(text, 0, source)),
    ...Array.from({ length: PASSAGES }, () => row(passageOf(random), 0, 'generated:passage')),
  ];
  const orders = [
    ...shared.filter(({ source }) => INDIRECT.includes(source)).map(({ text, source }) => row(text, 1, source)),
    ...Array.from({ length: ORDERS }, () => row(orderOf(random), 1, 'generated:order')),
  ];
  return { rows, generated: [...attacks, ...harmless], documents, orders };
}

/** Generated texts count half; those in other languages fully, because the shared data has hardly any. */
const weightOf = (row: ReadRow): number =>
  isGenerated(row) && row.source !== 'generated:languages' ? GENERATED_WEIGHT : 1;

const isGenerated = ({ source }: ReadRow): boolean => source.startsWith('generated:');

function windowsOf(count: number): (readonly [number, number])[] {
  const windows: (readonly [number, number])[] = [];
  for (let end = Math.min(WINDOW, count); ; end = Math.min(count, end + WINDOW / 2)) {
    windows.push([Math.max(0, end - WINDOW), end]);
    if (end === count) return windows;
  }
}

/** The model of what users write. After two rounds only the more suspicious half of an attack's windows counts as an attack. */
export function trainUser(rows: readonly ReadRow[]): LinearModel {
  const wholes: Example[] = [];
  const parts = new Map<ReadRow, Example[]>();
  for (const each of rows) {
    const weight = weightOf(each);
    const { read: text, label } = each;
    const windows = windowsOf(text.count);
    const share = weight / Math.sqrt(windows.length);
    parts.set(
      each,
      windows.map(([from, to]) => ({ text, from, to, label, weight: share })),
    );
    if (windows.length > 1) wholes.push({ text, from: 0, to: text.count, label, weight });
  }
  const all = [...wholes, ...[...parts.values()].flat()];
  return fit(all, { ...FITTING, bits: USER_BITS }, (model, epoch) => {
    if (epoch < 2) return all;
    const chosen = [...parts].flatMap(([{ label }, examples]) => {
      if (label === 0 || examples.length === 1) return examples;
      return examples
        .map((example) => ({ example, score: scoreOf(model, example.text, example.from, example.to) }))
        .sort((one, other) => other.score - one.score)
        .slice(0, Math.ceil(examples.length / 2))
        .map(({ example }) => example);
    });
    return [...wholes, ...chosen];
  });
}

/** The model of what tools and documents bring: sentence by sentence, an order or none. What users ask is an order in a document. */
export function trainDocument(orders: readonly ReadRow[], documents: readonly ReadRow[]): LinearModel {
  const examples: Example[] = [];
  for (const each of orders) {
    const { read: text } = each;
    const segments = sentencesOf(text);
    const weight = isGenerated(each) ? GENERATED_WEIGHT : 1;
    for (const [from, to] of segments)
      examples.push({ text, from, to, label: 1, weight: weight / Math.sqrt(segments.length) });
    if (segments.length > 1)
      examples.push({ text, from: 0, to: Math.min(text.count, 96), label: 1, weight: weight / 2 });
  }
  for (const each of documents) {
    const { read: text, source } = each;
    const segments = sentencesOf(text);
    const weight =
      (source === 'email' ? 2 : isGenerated(each) ? GENERATED_WEIGHT : 1) / Math.sqrt(Math.max(1, segments.length / 4));
    for (const [from, to] of segments) examples.push({ text, from, to, label: 0, weight });
  }
  return fit(examples, { ...FITTING, bits: DOCUMENT_BITS });
}

function sentencesOf(text: ReadText): (readonly [number, number])[] {
  const bounds = segmentsOf(text.canonical, text);
  const sentences: (readonly [number, number])[] = [];
  for (let at = 0; at + 1 < bounds.length; at += 1) {
    const [from, to] = [bounds[at] ?? 0, bounds[at + 1] ?? 0];
    if (to - from >= 2) sentences.push([from, to]);
  }
  return sentences;
}

/** What the document's model takes for orders: those of documents, attacks, and what users ask. */
export const ordersAmong = ({ rows, generated, orders }: InjectionData): ReadRow[] => [
  ...orders,
  ...generated.filter(({ label }, at) => label === 1 && at % 2 === 0),
  ...rows.filter(({ source, text }) => PROMPTS.includes(source) && text.length < LONGEST_PROMPT),
];
