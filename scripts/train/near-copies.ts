const WORDS = 8;
const MOST_SHARED = 0.3;

function shinglesOf(text: string): Set<string> {
  const words = text.toLowerCase().split(/\s+/);
  const shingles = new Set<string>();
  for (let at = 0; at + WORDS <= words.length; at += 1) shingles.add(words.slice(at, at + WORDS).join(' '));
  return shingles;
}

/** Whether a text is no near copy of one of these: collections of attacks copy from each other, which would make unseen ones seen. */
export function farFrom(texts: readonly string[]): (text: string) => boolean {
  const known = new Set(texts.flatMap((text) => [...shinglesOf(text)]));
  const whole = new Set(texts);
  return (text) => {
    if (whole.has(text)) return false;
    const own = [...shinglesOf(text)];
    return own.length === 0 || own.filter((shingle) => known.has(shingle)).length / own.length <= MOST_SHARED;
  };
}
