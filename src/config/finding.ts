/** The findings about a configuration, gathered as a whole, so that one run shows everything there is to fix. */
import { defined } from '../core/defined.ts';
import { printable } from '../core/printable.ts';
import { type ConfigNode, lineAndColumn, type Place } from './config-node.ts';

/** How much it matters: an error stops the start, a warning is likely a mistake, a note is for information. */
type Severity = 'error' | 'warning' | 'note';

/** A stable word for each kind of finding, for scripts that read `--json`. */
type FindingCode =
  | 'file-not-read'
  | 'file-too-large'
  | 'unreadable-file'
  | 'unchecked-certificates'
  | 'not-yaml'
  | 'not-a-config'
  | 'duplicate-key'
  | 'forbidden-key'
  | 'include-cycle'
  | 'include-too-deep'
  | 'unknown-key'
  | 'misplaced-key'
  | 'passed-through'
  | 'wrong-type'
  | 'missing-key'
  | 'not-yet-in-effect'
  | 'unprotected'
  | 'no-meaning-here'
  | 'secret-in-plain-text'
  | 'weak-master-key'
  | 'unset-variable'
  | 'shadowed-variable'
  | 'unknown-provider'
  | 'not-served'
  | 'no-api-key'
  | 'no-api-base'
  | 'empty-model-list'
  | 'unknown-group'
  | 'alias-cycle'
  | 'fallback-cycle'
  | 'mixed-order'
  | 'mixed-weight'
  | 'unpriced-under-budget'
  | 'key-without-model'
  | 'duplicate-id'
  | 'duplicate-declared-key'
  | 'more-of-the-same';

/** One finding and its place. Lines and columns count from 1; both are 0 if there is no place to name. */
export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** What is wrong and what to do; never a secret's value. */
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The word that was probably intended. */
  readonly suggestion?: string;
}

/** How many findings of one code are kept before the rest is only counted. */
const KEPT_PER_CODE = 200;

/** Collects findings, each once per place, and only counts those beyond a readable number. */
export class Findings {
  readonly #kept: Finding[] = [];
  readonly #seen = new Set<string>();
  readonly #perCode = new Map<FindingCode, number>();
  #errors = 0;

  /** Whether anything was found that stops the start. */
  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  add(severity: Severity, code: FindingCode, place: Place | undefined, message: string, suggestion?: string): void {
    const { file, line, column } =
      place === undefined ? { file: '', line: 0, column: 0 } : { file: place.source.file, ...lineAndColumn(place) };
    this.addAt({ severity, code, message, file, line, column, ...defined({ suggestion }) });
  }

  addAt(finding: Finding): void {
    const identity = `${finding.code}\u0000${finding.file}\u0000${finding.line}:${finding.column}\u0000${finding.line === 0 ? finding.message : ''}`;
    if (this.#seen.has(identity)) return;
    const count = (this.#perCode.get(finding.code) ?? 0) + 1;
    this.#perCode.set(finding.code, count);
    if (finding.severity === 'error') this.#errors += 1;
    if (count > KEPT_PER_CODE) return;
    this.#seen.add(identity);
    this.#kept.push(finding);
  }

  /** Everything found, in the order of the files (those given first) and of the lines in them. */
  list(files: readonly string[] = []): readonly Finding[] {
    const fileOrder = new Map<string, number>();
    for (const file of files) fileOrder.set(file, fileOrder.size);
    for (const finding of this.#kept) if (!fileOrder.has(finding.file)) fileOrder.set(finding.file, fileOrder.size);
    const sorted = this.#kept.toSorted(
      (a, b) => (fileOrder.get(a.file) ?? 0) - (fileOrder.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
    );
    for (const [code, count] of this.#perCode) {
      if (count <= KEPT_PER_CODE) continue;
      const message = `${count - KEPT_PER_CODE} more findings "${code}" are not listed`;
      sorted.push({ severity: 'note', code: 'more-of-the-same', message, file: '', line: 0, column: 0 });
    }
    return sorted;
  }
}

/** Says what a node holds without showing a secret: `the text "abc"`, `a list`. */
export function describeValue(node: ConfigNode, isSecret: boolean): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'empty';
  if (typeof node.value !== 'string') return isSecret ? `a ${typeof node.value}` : String(node.value);
  if (isSecret || node.fromVariable === true || node.value.length > 40) return 'a text';
  return `the text ${JSON.stringify(node.value)}`;
}

const COLOURS = { error: '\u001b[31m', warning: '\u001b[33m', note: '\u001b[36m' } as const;

/** Writes findings for people, one line each: `config.yaml:12:5 error  unknown key "moddel_list" — did you mean "model_list"?` */
export function renderFindings(findings: readonly Finding[], options: { readonly color?: boolean } = {}): string {
  const lines = findings.map((finding) => {
    const { file, line, column } = finding;
    const where = printable(line > 0 ? `${file}:${line}:${column} ` : file === '' ? '' : `${file} `);
    const word = finding.severity.padEnd(7);
    const severity = options.color === true ? `${COLOURS[finding.severity]}${word}\u001b[0m` : word;
    const suggestion = finding.suggestion === undefined ? '' : ` — did you mean "${finding.suggestion}"?`;
    return `${where}${severity} ${printable(`${finding.message}${suggestion}`)}`;
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Writes findings for machines (`--json`): `{ ok, errors, warnings, notes, findings }`. */
export function findingsAsJson(findings: readonly Finding[]): string {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const errors = count('error');
  const report = { ok: errors === 0, errors, warnings: count('warning'), notes: count('note'), findings };
  return `${JSON.stringify(report, null, 2)}\n`;
}
