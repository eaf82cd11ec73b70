/** One spelling for what can be written in many: what a reader, or a model, sees is what is scored. */

/** A text in one spelling, with the way back to where each unit came from. */
interface Canonical {
  /** Lower case, without invisible characters, accents and other scripts' look-alikes. */
  readonly text: string;
  /** Where each unit of `text` stands in the original; undefined if nothing moved. */
  readonly places: Int32Array | undefined;
  /** What was written in tag characters, which no screen shows. */
  readonly hidden: string;
  /** How many characters were invisible or turned the direction of writing. */
  readonly invisible: number;
}

const TAG_FIRST = 0xe0020;
const TAG_LAST = 0xe007e;

/** Look-alikes of Latin letters that compatibility decomposition leaves (Unicode TR 39, confusables). */
const LOOK_ALIKES = new Map<string, string>(
  Object.entries({
    а: 'a',
    в: 'b',
    с: 'c',
    ԁ: 'd',
    е: 'e',
    ё: 'e',
    ғ: 'f',
    һ: 'h',
    н: 'h',
    і: 'i',
    ї: 'i',
    ј: 'j',
    к: 'k',
    ӏ: 'l',
    м: 'm',
    п: 'n',
    о: 'o',
    р: 'p',
    ԛ: 'q',
    г: 'r',
    ѕ: 's',
    т: 't',
    у: 'y',
    ѵ: 'v',
    ԝ: 'w',
    х: 'x',
    ү: 'y',
    α: 'a',
    β: 'b',
    ε: 'e',
    η: 'n',
    ι: 'i',
    κ: 'k',
    ν: 'v',
    ο: 'o',
    ρ: 'p',
    τ: 't',
    υ: 'u',
    χ: 'x',
    γ: 'y',
    ω: 'w',
    ı: 'i',
    ɡ: 'g',
    ɩ: 'i',
    ʟ: 'l',
    ɴ: 'n',
    ʀ: 'r',
    ꜱ: 's',
    ᴀ: 'a',
    ʙ: 'b',
    ᴄ: 'c',
    ᴅ: 'd',
    ᴇ: 'e',
    ꜰ: 'f',
    ɢ: 'g',
    ʜ: 'h',
    ɪ: 'i',
    ᴊ: 'j',
    ᴋ: 'k',
    ᴍ: 'm',
    ᴏ: 'o',
    ᴘ: 'p',
    ᴛ: 't',
    ᴜ: 'u',
    ᴠ: 'v',
    ᴡ: 'w',
    ʏ: 'y',
    ᴢ: 'z',
    ł: 'l',
    ø: 'o',
    đ: 'd',
    ħ: 'h',
    '’': "'",
    '‘': "'",
    '“': '"',
    '”': '"',
    '–': '-',
    '—': '-',
    '…': '...',
  }),
);

const isInvisible = (code: number): boolean =>
  code === 0xad ||
  code === 0x180e ||
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x202a && code <= 0x202e) ||
  (code >= 0x2060 && code <= 0x206f) ||
  (code >= 0xfe00 && code <= 0xfe0f) ||
  code === 0xfeff ||
  (code >= 0xe0000 && code <= 0xe0fff);

const isAscii = (text: string): boolean => {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
};

/** A text in its one spelling. */
export function canonicalOf(original: string): Canonical {
  if (isAscii(original)) return { text: original.toLowerCase(), places: undefined, hidden: '', invisible: 0 };
  const letters: string[] = [];
  const places: number[] = [];
  let hidden = '';
  let invisible = 0;
  for (let at = 0; at < original.length; ) {
    const code = original.codePointAt(at) ?? 0;
    const width = code > 0xffff ? 2 : 1;
    if (isInvisible(code)) {
      if (code >= TAG_FIRST && code <= TAG_LAST) hidden += String.fromCharCode(code - 0xe0000);
      // A selector of an emoji's look and the joiner of its parts are everyday writing.
      if (!(code >= 0xfe00 && code <= 0xfe0f) && code !== 0x200d) invisible += 1;
    } else {
      const spelled = code < 128 ? String.fromCharCode(code).toLowerCase() : spellingOf(code);
      for (const unit of spelled) {
        letters.push(unit);
        for (let part = 0; part < unit.length; part += 1) places.push(at);
      }
    }
    at += width;
  }
  return { text: withLookAlikes(letters), places: Int32Array.from(places), hidden, invisible };
}

/** Compatibility decomposition, lower case, no combining marks. */
function spellingOf(code: number): string {
  const character = String.fromCodePoint(code);
  // Han, Kana and Hangul: only their compatibility forms change, and decomposed Hangul would be other letters.
  if ((code >= 0x3040 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3)) return character;
  const spelled = character
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return spelled === '' ? '' : spelled;
}

/** Look-alikes become Latin in words that also hold Latin letters, or look-alikes alone; other words stay what they are. */
function withLookAlikes(letters: string[]): string {
  let from = 0;
  const close = (to: number): void => {
    let [latin, others, alike] = [0, 0, 0];
    for (let at = from; at < to; at += 1) {
      const letter = letters[at] ?? '';
      if (letter >= 'a' && letter <= 'z') latin += 1;
      else if (LOOK_ALIKES.has(letter)) alike += 1;
      else others += 1;
    }
    if (alike > 0 && (latin > 0 || (others === 0 && to - from > 3))) {
      for (let at = from; at < to; at += 1) letters[at] = LOOK_ALIKES.get(letters[at] ?? '') ?? letters[at] ?? '';
    }
  };
  for (let at = 0; at <= letters.length; at += 1) {
    const letter = letters[at];
    if (letter !== undefined && (letter > '\x7f' || (letter >= 'a' && letter <= 'z'))) continue;
    if (at > from) close(at);
    from = at + 1;
  }
  return letters.join('');
}
