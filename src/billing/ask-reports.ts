/** Asks a provider's reports, page by page. */
import type { JsonValue } from '../core/json.ts';
import type { BillPage, BillQuery } from '../providers/bill.ts';

/** What came back; `retryAfter` is the header of that name. */
export type BillAnswer =
  | { readonly status: number; readonly text: string; readonly retryAfter?: string | undefined }
  | { readonly fault: string };

/** Sends a question. Never rejects. */
type AskReport = (query: BillQuery) => Promise<BillAnswer>;

/** How questions are sent, and what is heard of it. */
export interface Asking {
  readonly ask: AskReport;
  readonly wait: (ms: number) => Promise<unknown>;
  /** How people call the provider. */
  readonly title: string;
  readonly onPage: (pages: number) => void;
}

const MOST_PAGES = 20_000;
const MOST_TRIES = 6;
const LONGEST_WAIT_MS = 120_000;
const FIRST_WAIT_MS = 1_000;

/** A report cannot be read. The message says which and why, and holds no key. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

/** The pages of all questions and of what follows from them. Throws a `ReportError`. */
export async function* pagesOf(queries: readonly BillQuery[], asking: Asking): AsyncGenerator<BillPage> {
  const waiting = [...queries];
  let pages = 0;
  for (let query = waiting.shift(); query !== undefined; query = waiting.shift()) {
    pages += 1;
    if (pages > MOST_PAGES)
      throw new ReportError(`${asking.title}'s report has more than ${MOST_PAGES} pages: choose a shorter time`);
    const page = readPage(query, await answerTo(query, asking), asking.title);
    asking.onPage(pages);
    waiting.push(...(page.next ?? []));
    yield page;
  }
}

function readPage(query: BillQuery, text: string, title: string): BillPage {
  let answer: JsonValue;
  try {
    answer = JSON.parse(text) as JsonValue;
  } catch {
    throw new ReportError(`${title} answered ${pathOf(query)} with something else than JSON`);
  }
  try {
    return query.read(answer);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReportError(`${title}'s answer to ${pathOf(query)} cannot be read: ${reason}`);
  }
}

async function answerTo(query: BillQuery, { ask, wait, title }: Asking): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask(query);
    if ('text' in answer && answer.status === 200) return answer.text;
    const isLast = tries === MOST_TRIES;
    if ('fault' in answer) {
      if (isLast) throw new ReportError(`${title} cannot be asked for ${pathOf(query)}: ${answer.fault}`);
      await wait(backOffMs(tries));
      continue;
    }
    if (answer.status === 401 || answer.status === 403)
      throw new ReportError(
        `${title} refuses ${pathOf(query)} with status ${answer.status}: reports need an admin key, not one that calls models`,
      );
    const isTemporary = answer.status === 429 || answer.status >= 500;
    if (!isTemporary || isLast)
      throw new ReportError(`${title} answered ${pathOf(query)} with status ${answer.status}${saidIn(answer.text)}`);
    await wait(Math.min(LONGEST_WAIT_MS, secondsOf(answer.retryAfter) ?? backOffMs(tries)));
  }
}

const backOffMs = (tries: number): number => FIRST_WAIT_MS * 2 ** (tries - 1);

function secondsOf(header: string | undefined): number | undefined {
  const seconds = header === undefined ? Number.NaN : Number(header);
  return seconds >= 0 ? seconds * 1_000 : undefined;
}

/** Without the query, which may be long. */
const pathOf = ({ path }: BillQuery): string => path.split('?', 1)[0] ?? path;

/** What an error says of itself, if it says it shortly. Keys that it repeats are not printed. */
function saidIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } };
    const message = typeof error?.message === 'string' ? error.message : '';
    return message === '' ? '' : `: ${message.slice(0, 200).replaceAll(/\b(?:sk|ya29)[-.][\w.*-]+/g, '…')}`;
  } catch {
    // Not JSON: nothing of it is worth showing.
    return '';
  }
}
