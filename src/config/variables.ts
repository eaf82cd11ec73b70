/** Fills in `${NAME}`, `${NAME:-default}` and `os.environ/NAME`. */
import type { ConfigNode, MapNode, ScalarNode } from './config-node.ts';
import { textOf } from './config-node.ts';
import type { Findings } from './finding.ts';

/** Names and values, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const WHOLE_PREFIX = 'os.environ/';
/** A longer text is data, not a setting; it is not searched, so that a hostile one cannot keep the reader busy. */
const LONGEST_TEXT = 65_536;
const DEEPEST_DEFAULT = 16;

/**
 * The environment, overridden by the file's `environment_variables`. The file wins, as in LiteLLM, which exports them at its
 * start; a note reports when that hides a different value. Nothing is written to the process's own environment.
 */
export function environmentWith(
  section: ConfigNode | undefined,
  environment: Environment,
  findings: Findings,
): Environment {
  if (section?.kind !== 'map') return environment;
  const combined: Record<string, string | undefined> = { ...environment };
  for (const entry of section.entries.values()) {
    if (entry.value.kind !== 'scalar') {
      findings.add('error', 'wrong-type', entry.value, `the variable "${entry.key}" must be a text`);
      continue;
    }
    resolveScalar(entry.value, environment);
    const value = textOf(entry.value);
    if (value === undefined) continue;
    const outer = environment[entry.key];
    if (outer !== undefined && outer !== '' && outer !== value) {
      const message = `environment_variables sets "${entry.key}", which the environment sets to something else; the file's value is used`;
      findings.add('note', 'shadowed-variable', entry, message);
    }
    combined[entry.key] = value;
  }
  return combined;
}

/** Fills in every variable below a node, in place. Unset ones become null and are named in `missing`. */
export function resolveVariables(node: ConfigNode, environment: Environment): void {
  if (node.kind === 'scalar') resolveScalar(node, environment);
  else if (node.kind === 'list') for (const item of node.items) resolveVariables(item, environment);
  else for (const entry of (node satisfies MapNode).entries.values()) resolveVariables(entry.value, environment);
}

function resolveScalar(node: ScalarNode, environment: Environment): void {
  // The value of a variable is not searched for references again: an operator's secret is not a template.
  if (typeof node.value !== 'string' || node.isResolved === true) return;
  const text = node.value;
  if (text.startsWith(WHOLE_PREFIX)) {
    node.isResolved = true;
    node.fromVariable = true;
    const name = text.slice(WHOLE_PREFIX.length);
    const value = lookUp(environment, name);
    node.value = value ?? null;
    if (value === undefined) node.missing = [name];
    return;
  }
  if (!text.includes('${') || text.length > LONGEST_TEXT) return;
  node.isResolved = true;
  const filling = new Filling(environment);
  const filled = filling.fill(text);
  if (filling.fromVariable) node.fromVariable = true;
  node.value = filling.missing.length > 0 ? null : filled;
  if (filling.missing.length > 0) node.missing = filling.missing;
}

const OPENING = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)(:-|\})/y;

/** Fills in one text. A default may itself hold references: `${A:-${B:-c}}`. */
class Filling {
  readonly missing: string[] = [];
  fromVariable = false;
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  fill(text: string, depth = 0): string {
    let filled = '';
    let position = 0;
    while (position < text.length) {
      const next = text.indexOf('$', position);
      if (next < 0) break;
      filled += text.slice(position, next);
      OPENING.lastIndex = next;
      const opening = OPENING.exec(text);
      const [start = '', name = '', ending] = opening ?? [];
      const close = ending === ':-' ? closingBrace(text, next + start.length) : next + start.length - 1;
      if (opening === null || close < 0 || start.startsWith('$$')) {
        // No reference: a lone `$` stays, and `$${` becomes `${`.
        const isEscape = text.startsWith('$${', next);
        filled += isEscape ? '${' : '$';
        position = next + (isEscape ? 3 : 1);
        continue;
      }
      const fallback = ending === ':-' ? text.slice(next + start.length, close) : undefined;
      filled += this.#valueOf(name, fallback, depth);
      position = close + 1;
    }
    return filled + text.slice(position);
  }

  #valueOf(name: string, fallback: string | undefined, depth: number): string {
    const value = lookUp(this.#environment, name);
    // A default is written in the file: it stays a literal, and is checked as one if it may be a secret.
    if (value !== undefined || fallback === undefined) this.fromVariable = true;
    if (value !== undefined) return value;
    if (fallback !== undefined) return depth < DEEPEST_DEFAULT ? this.fill(fallback, depth + 1) : fallback;
    this.missing.push(name);
    return '';
  }
}

/** Where the brace that opened before `from` closes, or -1. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === '}') depth -= 1;
    else if (text[index] === '{' && text[index - 1] === '$') depth += 1;
    if (depth === 0) return index;
  }
  return -1;
}

/** A variable that is set to nothing counts as not set: that is what an unfilled line of an .env file looks like. */
function lookUp(environment: Environment, name: string): string | undefined {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  return value === '' ? undefined : value;
}
