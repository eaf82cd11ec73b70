/** Reads bills from files of comma-separated values (RFC 4180), a line at a time. */
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import { BILLED_KINDS, type BilledKind, type BillFile, type BillLine, type BillPage } from '../providers/bill.ts';

/** What is wrong with a file, and where: `bill.csv:12: …`. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
}

const LONGEST_RECORD = 1_048_576;
const MOST_COLUMNS = 500;
const DAY_MS = 86_400_000;

/** A file as it is read: its name, for messages, and its text as it comes. */
interface CsvText {
  readonly name: string;
  readonly text: AsyncIterable<string>;
}

/** The pages of a file, one for each line. `isOfProvider`: of a file that names providers, the lines that are wanted. */
export async function* pagesOfFile(
  file: CsvText,
  forms: readonly BillFile[],
  isOfProvider: (name: string) => boolean,
): AsyncGenerator<BillPage> {
  let columns: readonly string[] | undefined;
  let form: BillFile | undefined;
  for await (const { fields, line } of records(file)) {
    if (columns === undefined) {
      columns = fields.map((name) => name.trim().toLowerCase());
      form = formOf(columns, forms, file.name, line);
      continue;
    }
    if (fields.length === 1 && fields[0]?.trim() === '') continue;
    if (fields.length !== columns.length)
      throw new CsvError(`${file.name}:${line}: ${fields.length} fields, and the first line names ${columns.length}`);
    const read = new Line(columns, fields);
    if (columns.includes('provider') && !isOfProvider(read.text('provider'))) continue;
    try {
      yield form?.read(read) ?? {};
    } catch (error) {
      throw new CsvError(`${file.name}:${line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (columns === undefined) throw new CsvError(`${file.name}: the file is empty`);
}

/** The form with the most columns that are all there. */
function formOf(columns: readonly string[], forms: readonly BillFile[], name: string, line: number): BillFile {
  if (new Set(columns).size !== columns.length) throw new CsvError(`${name}:${line}: two columns have the same name`);
  const fitting = [...forms, GENERIC].filter((form) => form.columns.every((column) => columns.includes(column)));
  const [best] = fitting.sort((one, other) => other.columns.length - one.columns.length);
  if (best !== undefined) return best;
  const known = [...forms, GENERIC].map(({ title, columns: wanted }) => `${title} (${wanted.join(', ')})`).join('; ');
  throw new CsvError(`${name}:${line}: the columns are of no known bill. Known: ${known}`);
}

/**
 * A line for a day, or for a request if it has an id. Counts are of tokens; `input_tokens` leaves out what was read from or written to the
 * cache.
 */
const GENERIC: BillFile = {
  title: 'generic',
  columns: ['time', 'model', 'input_tokens', 'output_tokens'],
  read(line) {
    const startMs = line.time('time');
    const requestId = line.text('request_id') || undefined;
    const cost = line.money('cost_usd');
    const told = {
      startMs,
      endMs: line.text('end_time') === '' ? startMs + (requestId === undefined ? DAY_MS : 1) : line.time('end_time'),
      model: line.text('model'),
      keyId: line.text('key') || undefined,
      project: line.text('project') || undefined,
      tier: line.text('tier') || undefined,
      requests: line.text('requests') === '' ? (requestId === undefined ? undefined : 1) : line.count('requests'),
      requestId,
      cost,
    };
    if (told.model === '') throw new CsvError('`model` is empty');
    const tokens = Object.fromEntries(
      GENERIC_COLUMNS.map(([kind, column]) => [kind, line.count(column)] as const),
    ) as Record<BilledKind, number>;
    return { usage: [{ ...told, tokens }] };
  },
};

const GENERIC_COLUMNS: readonly (readonly [BilledKind, string])[] = BILLED_KINDS.map((kind) => [
  kind,
  {
    input: 'input_tokens',
    cachedInput: 'cached_input_tokens',
    cacheWrite: 'cache_write_tokens',
    cacheWriteOneHour: 'cache_write_1h_tokens',
    audioInput: 'audio_input_tokens',
    output: 'output_tokens',
    audioOutput: 'audio_output_tokens',
  }[kind],
]);

/** A line by its columns' names. */
class Line implements BillLine {
  readonly #columns: readonly string[];
  readonly #fields: readonly string[];

  constructor(columns: readonly string[], fields: readonly string[]) {
    this.#columns = columns;
    this.#fields = fields;
  }

  text(column: string): string {
    return this.#fields[this.#columns.indexOf(column)]?.trim() ?? '';
  }

  count(column: string): number {
    const text = this.text(column).replaceAll(',', '');
    if (text === '') return 0;
    // Some exports write counts as decimals: 12.0.
    const count = /^\d{1,16}(?:\.0+)?$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(count)) return count;
    throw new CsvError(`\`${column}\` must be a count, not ${shown(text)}`);
  }

  money(column: string): PicoUsd | undefined {
    const text = this.text(column).replaceAll(/[$,]/g, '');
    if (text === '') return undefined;
    const money = picoUsdFromUsd(text);
    if (money !== undefined) return money;
    throw new CsvError(`\`${column}\` must be an amount, not ${shown(text)}`);
  }

  time(column: string): number {
    const text = this.text(column);
    if (/^\d{9,11}$/.test(text)) return Number(text) * 1_000;
    const [, date = '', time = '', zone = ''] =
      /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/.exec(text) ?? [];
    const ms = Date.parse(`${date}T${time || '00:00'}${zone === '' || zone === 'UTC' ? 'Z' : zone}`);
    // A calendar has no 31st of February, and JavaScript's may.
    const day = Date.parse(`${date}T00:00Z`);
    const isReal = !Number.isNaN(day) && new Date(day).toISOString().startsWith(date);
    if (isReal && !Number.isNaN(ms)) return ms;
    throw new CsvError(
      `\`${column}\` must be a date such as 2026-11-28, a time in ISO 8601 or seconds since 1970, not ${shown(text)}`,
    );
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 40));

/** The records of a file, with the lines that they begin in. A field in quotes may hold commas, quotes (twice) and lines. */
async function* records({ name, text }: CsvText): AsyncGenerator<{ readonly fields: string[]; readonly line: number }> {
  let line = 1;
  let began = 1;
  let fields: string[] = [];
  let field = '';
  let state: 'plain' | 'quoted' | 'after' = 'plain';
  let size = 0;
  let isFirst = true;
  for await (const chunk of text) {
    let at = 0;
    if (isFirst && chunk.startsWith('\uFEFF')) at = 1;
    isFirst = false;
    for (; at < chunk.length; at += 1) {
      const letter = chunk[at] ?? '';
      size += 1;
      if (size > LONGEST_RECORD)
        throw new CsvError(`${name}:${began}: a record is longer than ${LONGEST_RECORD} characters`);
      if (letter === '\n') line += 1;
      if (state === 'quoted') {
        if (letter === '"') state = 'after';
        else field += letter;
        continue;
      }
      if (letter === '"') {
        if (state === 'after') field += '"';
        else if (field.trim() !== '')
          throw new CsvError(`${name}:${line}: a quote stands inside a field without quotes`);
        else field = '';
        state = 'quoted';
        continue;
      }
      if (letter === ',' || letter === '\n') {
        fields.push(field);
        field = '';
        state = 'plain';
        if (fields.length > MOST_COLUMNS) throw new CsvError(`${name}:${began}: more than ${MOST_COLUMNS} fields`);
        if (letter === ',') continue;
        yield { fields, line: began };
        fields = [];
        began = line;
        size = 0;
        continue;
      }
      if (letter === '\r') continue;
      if (state === 'after' && letter.trim() !== '')
        throw new CsvError(`${name}:${line}: text stands behind a field in quotes`);
      if (state === 'plain') field += letter;
    }
  }
  if (state === 'quoted') throw new CsvError(`${name}:${began}: a field in quotes does not end`);
  if (field !== '' || fields.length > 0) yield { fields: [...fields, field], line: began };
}
