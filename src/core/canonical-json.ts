/**
 * A value as JSON in one spelling: members in the order of their names, and none that is undefined. Maps count as lists of their
 * pairs. Two values have the same text if, and only if, they are equal. Throws a RangeError for a number that JSON cannot say.
 */
export function canonicalJson(value: unknown): string {
  if (value instanceof Map) return canonicalJson([...value].sort(([left], [right]) => compare(left, right)));
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('no number of JSON');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => compare(left, right))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** By UTF-16 units: the order of a locale may call different names equal. */
const compare = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

/** Strings of a JSON text, of which nothing outside them is meant. */
const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*"/gs;
/** More digits than a double holds: two such numbers may be read as one. */
const LONG_NUMBER = /[\d.]{16}/;

/**
 * Whether a valid JSON text means to every reader what it means to `JSON.parse`, which made `value` of it: no name stands twice in
 * an object, and no number has more digits than are kept.
 */
export function isPlain(text: string, value: unknown): boolean {
  const bare = text.replace(STRINGS, '');
  if (LONG_NUMBER.test(bare)) return false;
  let colons = 0;
  for (let at = bare.indexOf(':'); at !== -1; at = bare.indexOf(':', at + 1)) colons += 1;
  return colons === countMembers(value);
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const item of value) count += countMembers(item);
  else for (const member of Object.values(value)) count += 1 + countMembers(member);
  return count;
}
