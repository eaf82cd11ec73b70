import { readFileSync, statSync } from 'node:fs';
import type { Environment } from '../config/variables.ts';
import { UsageError } from './read-arguments.ts';

/** What a variable that may name a file with its value ends with. Anything else that ends with `_FILE` is a setting of its own. */
const NAMES_A_SECRET = /^(?!AWS_)([A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS|URL)(?:_\d+)?)_FILE$/;
const LARGEST_BYTES = 65_536;

/**
 * The environment with the secrets that it keeps in files: `OPENAI_API_KEY_FILE=/run/secrets/openai` stands for `OPENAI_API_KEY`, the
 * way containers and systemd hand secrets over. The variable itself wins; an empty file counts as not set.
 * @throws UsageError naming every file that cannot be read
 */
export function withSecretFiles(environment: Environment): Environment {
  const combined: Record<string, string | undefined> = { ...environment };
  const problems: string[] = [];
  for (const [name, path] of Object.entries(environment)) {
    const variable = NAMES_A_SECRET.exec(name)?.[1];
    if (variable === undefined || path === undefined || path === '' || (environment[variable] ?? '') !== '') continue;
    const text = readSecret(path);
    if (typeof text === 'string') combined[variable] = text;
    else problems.push(`${name} names a file that ${text.problem}`);
  }
  if (problems.length > 0) throw new UsageError(`${problems.join('; ')}.`);
  return combined;
}

/** The text of a file without the line ending that editors and `echo` leave. */
function readSecret(path: string): string | { readonly problem: string } {
  try {
    const facts = statSync(path);
    if (!facts.isFile()) return { problem: 'is no file' };
    if (facts.size > LARGEST_BYTES) return { problem: `has more than ${LARGEST_BYTES} bytes` };
    return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    return { problem: `cannot be read (${code})` };
  }
}
