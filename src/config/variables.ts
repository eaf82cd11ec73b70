/** Fills in `${NAME}`, `${NAME:-default}` and `os.environ/NAME`. */
import type { ConfigNode, MapNode, ScalarNode } from './config-node.ts';
import { textOf } from './config-node.ts';
import type { Findings } from './finding.ts';

/** Names and values, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;
const WHOLE_PREFIX = 'os.environ/';

/**
 * The environment with the file's `environment_variables` laid over it. The file wins, as it does in LiteLLM, which exports
 * them at its start; a note tells when that hides a different value. Nothing is written to the process's own environment.
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

/** Fills in every variable below a node, in place. Unset ones leave null and are named in `missing`. */
export function resolveVariables(node: ConfigNode, environment: Environment): void {
  if (node.kind === 'scalar') resolveScalar(node, environment);
  else if (node.kind === 'list') for (const item of node.items) resolveVariables(item, environment);
  else for (const entry of (node satisfies MapNode).entries.values()) resolveVariables(entry.value, environment);
}

function resolveScalar(node: ScalarNode, environment: Environment): void {
  // A value that came out of a variable is not read for references again: what an operator's secret holds is no template.
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
  if (!text.includes('${')) return;
  node.isResolved = true;
  const missing: string[] = [];
  let fromVariable = false;
  const filled = text.replace(
    REFERENCE,
    (whole: string, escaped: string | undefined, name: string, fallback: string | undefined) => {
      if (escaped !== undefined) return whole.slice(1);
      const value = lookUp(environment, name);
      // A default stands in the file: it stays a literal, and is looked at as one when it may be a secret.
      if (value !== undefined || fallback === undefined) fromVariable = true;
      if (value === undefined && fallback === undefined) missing.push(name);
      return value ?? fallback ?? '';
    },
  );
  if (fromVariable) node.fromVariable = true;
  node.value = missing.length > 0 ? null : filled;
  if (missing.length > 0) node.missing = missing;
}

/** A variable that is set to nothing counts as not set: that is what an unfilled line of an .env file looks like. */
function lookUp(environment: Environment, name: string): string | undefined {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  return value === '' ? undefined : value;
}
