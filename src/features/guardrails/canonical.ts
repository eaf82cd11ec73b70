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
const LOOK_ALIKES: ReadonlyMap<number, number> = new Map(
  (
    'аaвbсcԁdеeёeғfһhнhіiїiјjкkӏlмmпnоoрpԛqгrѕsтtуyѵvԝwхxүyαaβbεeηnιiκkνvοoρpτtυuχxγyωwıiɡgɩiʟlɴnʀrꜱsᴀaʙbᴄcᴅd' +
    'ᴇeꜰfɢgʜhɪiᴊjᴋkᴍmᴏoᴘpᴛtᴜuᴠvᴡwʏyᴢzłløođdħh'
  )
    .match(/../gu)
    ?.map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)] as const) ?? [],
);

/** Typographic signs that stand for plain ones. */
const PUNCTUATION: ReadonlyMap<number, string> = new Map(
  [...'’\'‘\'“"”"–-—-'].reduce<[number, string][]>((pairs, sign, at, signs) => {
    if (at % 2 === 0) pairs.push([sign.charCodeAt(0), signs[at + 1] ?? '']);
    return pairs;
  }, []),
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
  const written = new Written(original.length);
  let hidden = '';
  let invisible = 0;
  for (let at = 0; at < original.length; ) {
    const code = original.codePointAt(at) ?? 0;
    if (code < FIRST_OF_OTHERS) written.put(code >= 65 && code <= 90 ? code + 32 : code, at);
    else if (!isInvisible(code)) written.spell(spellingOf(code), at);
    else {
      if (code >= TAG_FIRST && code <= TAG_LAST) hidden += String.fromCharCode(code - 0xe0000);
      // A selector of an emoji's look and the joiner of its parts are everyday writing.
      if (!(code >= 0xfe00 && code <= 0xfe0f) && code !== 0x200d) invisible += 1;
    }
    at += code > 0xffff ? 2 : 1;
  }
  written.closeWord();
  return { text: written.text(), places: written.places(), hidden, invisible };
}

const FIRST_OF_OTHERS = 128;
const TEXT_PART = 8_192;

/** What is written so far: units, where each is from, and what the word under way is made of. */
class Written {
  #units: Uint16Array;
  #from: Int32Array;
  #length = 0;
  #wordStart = 0;
  #latin = 0;
  #alike = 0;
  #others = 0;

  constructor(length: number) {
    this.#units = new Uint16Array(length + 16);
    this.#from = new Int32Array(length + 16);
  }

  put(unit: number, from: number): void {
    if (this.#length === this.#units.length) this.#grow();
    this.#units[this.#length] = unit;
    this.#from[this.#length] = from;
    this.#length += 1;
    if (unit >= 97 && unit <= 122) this.#latin += 1;
    else if (unit < FIRST_OF_OTHERS) this.closeWord();
    else if (LOOK_ALIKES.has(unit)) this.#alike += 1;
    else this.#others += 1;
  }

  spell(spelled: string, from: number): void {
    for (let at = 0; at < spelled.length; at += 1) this.put(spelled.charCodeAt(at), from);
  }

  /** Look-alikes become Latin in words that also hold Latin letters, or look-alikes alone; other words stay what they are. */
  closeWord(): void {
    if (this.#alike > 0 && (this.#latin > 0 || (this.#others === 0 && this.#alike > 3))) {
      for (let at = this.#wordStart; at < this.#length; at += 1) {
        const unit = this.#units[at] as number;
        this.#units[at] = LOOK_ALIKES.get(unit) ?? unit;
      }
    }
    this.#latin = 0;
    this.#alike = 0;
    this.#others = 0;
    this.#wordStart = this.#length;
  }

  text(): string {
    let text = '';
    for (let at = 0; at < this.#length; at += TEXT_PART)
      text += String.fromCharCode(...this.#units.subarray(at, Math.min(this.#length, at + TEXT_PART)));
    return text;
  }

  places(): Int32Array {
    return this.#from.subarray(0, this.#length);
  }

  #grow(): void {
    const units = new Uint16Array(this.#units.length * 2);
    units.set(this.#units);
    this.#units = units;
    const from = new Int32Array(units.length);
    from.set(this.#from);
    this.#from = from;
  }
}

/** Spellings by character, as far as two bytes reach: what is computed once is the same for ever. */
const SPELLINGS: (string | undefined)[] = [];

/** Compatibility decomposition, lower case, no combining marks. */
function spellingOf(code: number): string {
  // Han, Kana and Hangul: only their compatibility forms change, and decomposed Hangul would be other letters.
  if ((code >= 0x3040 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3)) return String.fromCodePoint(code);
  const known = SPELLINGS[code];
  if (known !== undefined) return known;
  const spelled =
    PUNCTUATION.get(code) ??
    String.fromCodePoint(code)
      .normalize('NFKD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase();
  if (code <= 0xffff) SPELLINGS[code] = spelled;
  return spelled;
}
