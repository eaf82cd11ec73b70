/** English word endings: forms of one word get one stem. Light on purpose, since what is written apart here is found by no question. */

const LEAST_STEM = 3;
const DOUBLED = /(?:bb|dd|gg|mm|nn|pp|rr|tt)$/;
const VOWEL = /[aeiouy]/;

/** Words whose forms no ending tells. */
const IRREGULAR: ReadonlyMap<string, string> = new Map(
  [
    'sing sings sang sung singer song',
    'write writes wrote written writer',
    'win wins won winner',
    'begin begins began begun',
    'speak speaks spoke spoken speech',
    'make makes made maker',
    'give gives gave given',
    'take takes took taken',
    'find finds found',
    'hold holds held',
    'lead leads led leader',
    'meet meets met',
    'die dies died death dead',
    'bear born birth birthday',
    'know knows knew known',
    'grow grows grew grown',
    'become becomes became',
    'build builds built',
    'buy buys bought',
    'sell sells sold',
    'think thinks thought',
    'leave leaves left',
    'lose loses lost',
    'run runs ran',
    'fight fights fought',
    'break breaks broke broken',
    'rise rises rose risen',
    'fall falls fell fallen',
    'long length',
    'high height',
    'wide width',
    'deep depth',
    'man men',
    'woman women',
    'child children',
    'person people',
    'foot feet',
  ].flatMap((row) => {
    const [first = '', ...others] = row.split(' ');
    return others.map((word): [string, string] => [word, first]);
  }),
);

/** The stem of a word in small letters. */
export function stemOf(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length <= LEAST_STEM) return word;
  const last = word.charCodeAt(word.length - 1);
  // Most words end in none of these letters: s, d, g, y, r, e, n, t.
  let stem = last === 0x73 ? withoutPlural(word) : word;
  stem = withoutEnding(stem, 'ing') ?? withoutEnding(stem, 'ed') ?? stem;
  stem = withoutEnding(stem, 'ly') ?? stem;
  stem = withoutEnding(stem, 'ment') ?? withoutEnding(stem, 'ation') ?? withoutEnding(stem, 'ion') ?? stem;
  stem = withoutEnding(stem, 'er') ?? withoutEnding(stem, 'or') ?? stem;
  if (stem.endsWith('e') && stem.length > LEAST_STEM) stem = stem.slice(0, -1);
  if (stem.endsWith('y') && stem.length > LEAST_STEM) stem = `${stem.slice(0, -1)}i`;
  return stem;
}

function withoutPlural(word: string): string {
  if (word.endsWith('ss') || word.endsWith('us') || word.endsWith('is')) return word;
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  return /(?:sh|ch|x|ss|z)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

function withoutEnding(word: string, ending: string): string | undefined {
  if (word.length < ending.length + LEAST_STEM || !word.endsWith(ending)) return undefined;
  const rest = word.slice(0, -ending.length);
  if (!VOWEL.test(rest)) return undefined;
  return DOUBLED.test(rest) ? rest.slice(0, -1) : rest;
}
