/** Splits rows for cross-validation by the hash of their texts: the same prompt is always on one side. */

/** For each text the fold that it belongs to. Another `salt` is another split. */
export function foldsOf(texts: readonly string[], folds: number, salt: number): Int32Array {
  return Int32Array.from(texts, (text) => hashOf(text, salt) % folds);
}

/** An order of the rows that hangs on their texts alone. */
export function shuffled(texts: readonly string[], salt: number): Int32Array {
  const keys = texts.map((text) => hashOf(text, salt));
  return Int32Array.from(keys.keys()).sort(
    (left, right) => (keys[left] as number) - (keys[right] as number) || left - right,
  );
}

/** A number in [0, 1) that hangs on the text alone. */
export const shareOf = (text: string): number => hashOf(text, 5) / 2 ** 32;

function hashOf(text: string, salt: number): number {
  let hash = (0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1)) | 0;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}
