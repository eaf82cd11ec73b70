import { existsSync, readFileSync } from 'node:fs';

/** The version of the package this file belongs to. */
export function packageVersion(): string {
  // From src/cli in a checkout the package is two folders up; from dist/src/cli in a package, three.
  const candidates = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) return 'unknown';
  const content: unknown = JSON.parse(readFileSync(found, 'utf8'));
  const hasVersion = typeof content === 'object' && content !== null && 'version' in content;
  return hasVersion ? String(content.version) : 'unknown';
}
