/** Numbers by which states know people, as far as a check digit or a fixed form proves them. */
import type { Span } from '../inspection.ts';
import { before, behind } from './around.ts';
import { isDate, passesLuhn, passesMod1110, passesVerhoeff, remainder, weighted } from './check-digits.ts';

/** One country's number. */
interface NationalId {
  readonly type: string;
  /** Finds candidates; global, and bounded in length. */
  readonly form: RegExp;
  /** Whether the check digits hold; takes letters and digits only, in upper case. */
  readonly isValid: (compact: string) => boolean;
  /** Words without which it is not believed; undefined if the form alone is rare enough. */
  readonly words: RegExp | undefined;
}

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;
const mod11 = (sum: number): number => (11 - (sum % 11)) % 11;
const NEAR = 50;

const SOCIAL = /\b(?:ssn|ss#|social[ -]?security|soc(?:ial)? sec)\b/i;
const TAX = /\b(?:tax|tin|itin|steuer\p{L}*|fiscal\p{L}*|identifikationsnummer|idnr|codice)\b/iu;
const ID =
  /(?:\b(?:national|personal|identity|identification|citizen|id(?:entity)? (?:card|number|no)|\w*personnummer|pesel|cpf|rut|run|bsn|burgerservicenummer|curp|dni|nif|nie|nric|fin|oib|emso|jmbg|cnp|rodn[eéáy] \p{L}+|isikukood|henkil[oö]tunnus|hetu|f[oø]dselsnummer|cpr|kennitala|registre national|rijksregister|s[eé]curit[eé] sociale|nir|insee|aadhaar|pan|nhs|nino|tc kimlik|kimlik|身份证|身分證|マイナンバー|주민등록|resident|tfn|medicare|sin|social insurance|teudat|egn|amka|ahv|avs)\b|身份证|身分證|マイナンバー|주민등록)/iu;

function isSpanish(id: string): boolean {
  const number = id.replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)));
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number.slice(0, 8)) % 23] === id.at(-1);
}

const ODD_ITALIAN: readonly number[] = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];
function isItalian(id: string): boolean {
  let sum = 0;
  for (let at = 0; at < 15; at += 1) {
    const code = id.charCodeAt(at);
    const value = code >= 65 ? code - 65 : code - 48;
    sum += at % 2 === 0 ? (ODD_ITALIAN[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === id[15];
}

function isBrazilian(id: string): boolean {
  if (/^(\d)\1+$/.test(id)) return false;
  const check = (length: number): number => {
    let sum = 0;
    for (let at = 0; at < length; at += 1) sum += digit(id, at) * (length + 1 - at);
    return ((sum * 10) % 11) % 10;
  };
  return check(9) === digit(id, 9) && check(10) === digit(id, 10);
}

function isFrench(id: string): boolean {
  const number = id.slice(0, 13).replace('2A', '19').replace('2B', '18');
  return 97 - remainder(number, 97) === Number(id.slice(13));
}

function isChinese(id: string): boolean {
  const sum = weighted(id, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
  return isDate(id.slice(8, 14)) && '10X98765432'[sum % 11] === id[17];
}

function isSingaporean(id: string): boolean {
  const sum =
    weighted(id.slice(1, 8), [2, 7, 6, 5, 4, 3, 2]) + ('TG'.includes(id[0] ?? '') ? 4 : id[0] === 'M' ? 3 : 0);
  const letters = 'ST'.includes(id[0] ?? '') ? 'JZIHGFEDCBA' : id[0] === 'M' ? 'KLJNPQRTUWX' : 'XWUTRQPNMLK';
  return letters[sum % 11] === id[8];
}

const isTurkish = (id: string): boolean => {
  const odd = digit(id, 0) + digit(id, 2) + digit(id, 4) + digit(id, 6) + digit(id, 8);
  const even = digit(id, 1) + digit(id, 3) + digit(id, 5) + digit(id, 7);
  const tenth = (((odd * 7 - even) % 10) + 10) % 10;
  return id[0] !== '0' && tenth === digit(id, 9) && (odd + even + tenth) % 10 === digit(id, 10);
};

const isNorwegian = (id: string): boolean =>
  mod11(weighted(id, [3, 7, 6, 1, 8, 9, 4, 5, 2])) === digit(id, 9) &&
  mod11(weighted(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) === digit(id, 10);

const isSsn = (id: string): boolean =>
  !/^(?:000|666|9)/.test(id) && !/^\d{3}00|0000$/.test(id) && !['078051120', '219099999'].includes(id);

/** Sources: the states' own descriptions, as python-stdnum's documentation (2.0, 2025) collects them. */
const NATIONAL_IDS: readonly NationalId[] = [
  { type: 'US_SSN', form: /(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w]|-\w)/g, isValid: isSsn, words: undefined },
  { type: 'US_SSN', form: /(?<![\w.,-])\d{3}(?: \d{2} |\d\d)\d{4}(?![\w]|[.,-]\d)/g, isValid: isSsn, words: SOCIAL },
  {
    type: 'US_ITIN',
    form: /(?<![\w-])9\d{2}-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-\d{4}(?![\w-])/g,
    isValid: () => true,
    words: undefined,
  },
  {
    type: 'UK_NHS',
    form: /(?<![\w.-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\w-])/g,
    isValid: (id) => mod11(weighted(id, [10, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(id, 9),
    words: /\bnhs\b/i,
  },
  {
    type: 'UK_NINO',
    form: /(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)/g,
    isValid: () => true,
    words: undefined,
  },
  { type: 'ES_NIF', form: /(?<!\w)\d{8}[- ]?[A-HJ-NP-TV-Z](?!\w)/g, isValid: isSpanish, words: undefined },
  { type: 'ES_NIE', form: /(?<!\w)[XYZ][- ]?\d{7}[- ]?[A-HJ-NP-TV-Z](?!\w)/g, isValid: isSpanish, words: undefined },
  {
    type: 'IT_FISCAL_CODE',
    form: /(?<!\w)[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?!\w)/gi,
    isValid: isItalian,
    words: undefined,
  },
  {
    type: 'FI_PERSONAL_IDENTITY_CODE',
    form: /(?<!\w)\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?!\w)/g,
    isValid: (id) => '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(id.slice(0, 6) + id.slice(-4, -1)) % 31] === id.at(-1),
    words: undefined,
  },
  {
    type: 'PL_PESEL',
    form: /(?<![\w.-])\d{11}(?![\w-])/g,
    isValid: (id) => (10 - (weighted(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === digit(id, 10),
    words: ID,
  },
  { type: 'NO_NATIONAL_ID', form: /(?<![\w.-])\d{6} ?\d{5}(?![\w-])/g, isValid: isNorwegian, words: ID },
  {
    type: 'SE_PERSONNUMMER',
    form: /(?<![\w.-])(?:19|20)?\d{6}[-+]\d{4}(?![\w-])/g,
    isValid: (id) => isDate(id.slice(-10, -4)) && passesLuhn(id.slice(-10)),
    words: undefined,
  },
  {
    type: 'DK_CPR',
    form: /(?<![\w.-])(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}-\d{4}(?![\w-])/g,
    isValid: () => true,
    words: ID,
  },
  {
    type: 'NL_BSN',
    form: /(?<![\w.-])\d{9}(?![\w-])/g,
    isValid: (id) => (weighted(id, [9, 8, 7, 6, 5, 4, 3, 2]) - digit(id, 8)) % 11 === 0,
    words: ID,
  },
  {
    type: 'BE_NATIONAL_ID',
    form: /(?<![\w.-])\d{2}[.]?\d{2}[.]?\d{2}[- ]?\d{3}[. ]?\d{2}(?![\w-])/g,
    isValid: (id) =>
      [id.slice(0, 9), `2${id.slice(0, 9)}`].some((number) => 97 - remainder(number, 97) === Number(id.slice(9))),
    words: ID,
  },
  {
    type: 'FR_NIR',
    form: /(?<!\w)[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?!\w)/g,
    isValid: isFrench,
    words: undefined,
  },
  { type: 'DE_TAX_ID', form: /(?<![\w.-])[1-9]\d(?: ?\d{3}){3}(?![\w-])/g, isValid: passesMod1110, words: TAX },
  { type: 'HR_OIB', form: /(?<![\w.-])\d{11}(?![\w-])/g, isValid: passesMod1110, words: /\boib\b/i },
  {
    type: 'CH_AHV',
    form: /(?<![\w.-])756\.?\d{4}\.?\d{4}\.?\d{2}(?![\w-])/g,
    isValid: (id) => (10 - (weighted(id, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === digit(id, 12),
    words: undefined,
  },
  {
    type: 'IN_AADHAAR',
    form: /(?<![\w.-])[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}(?![\w-]| \d{4})/g,
    isValid: passesVerhoeff,
    words: /\b(?:aadhaa?r|uidai)\b/i,
  },
  {
    type: 'IN_PAN',
    form: /(?<!\w)[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z](?!\w)/g,
    isValid: () => true,
    words: /\b(?:pan|permanent account)\b/i,
  },
  { type: 'SG_NRIC_FIN', form: /(?<!\w)[STFGM]\d{7}[A-Z](?!\w)/g, isValid: isSingaporean, words: undefined },
  { type: 'BR_CPF', form: /(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])/g, isValid: isBrazilian, words: undefined },
  { type: 'BR_CPF', form: /(?<![\w.-])\d{11}(?![\w-])/g, isValid: isBrazilian, words: /\bcpf\b/i },
  {
    type: 'CL_RUT',
    form: /(?<![\w.-])\d{1,2}\.\d{3}\.\d{3}-[\dkK](?![\w-])/g,
    isValid: (id) => {
      let sum = 0;
      for (let at = id.length - 2, factor = 2; at >= 0; at -= 1, factor = factor === 7 ? 2 : factor + 1)
        sum += digit(id, at) * factor;
      return '0123456789K'[mod11(sum)] === id.at(-1);
    },
    words: undefined,
  },
  {
    type: 'CN_RESIDENT_ID',
    form: /(?<!\w)[1-9]\d{5}(?:19|20)\d{9}[\dXx](?!\w)/g,
    isValid: isChinese,
    words: undefined,
  },
  {
    type: 'KR_RRN',
    form: /(?<![\w-])\d{6}-[1-8]\d{6}(?![\w-])/g,
    isValid: (id) =>
      isDate(id.slice(0, 6)) && (11 - (weighted(id, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 === digit(id, 12),
    words: undefined,
  },
  { type: 'TR_NATIONAL_ID', form: /(?<![\w.-])[1-9]\d{10}(?![\w-])/g, isValid: isTurkish, words: ID },
  {
    type: 'ZA_ID',
    form: /(?<![\w.-])\d{13}(?![\w-])/g,
    isValid: (id) => isDate(id.slice(0, 6)) && passesLuhn(id),
    words: ID,
  },
  {
    type: 'AU_TFN',
    form: /(?<![\w.-])\d{3} ?\d{3} ?\d{3}(?![\w-])/g,
    isValid: (id) => weighted(id, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
    words: /\b(?:tfn|tax file)\b/i,
  },
  {
    type: 'AU_MEDICARE',
    form: /(?<![\w.-])[2-6]\d{3} ?\d{5} ?\d(?![\w-])/g,
    isValid: (id) => weighted(id, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digit(id, 8),
    words: /\bmedicare\b/i,
  },
  {
    type: 'CA_SIN',
    form: /(?<![\w.-])\d{3}[ -]?\d{3}[ -]?\d{3}(?![\w-])/g,
    isValid: passesLuhn,
    words: /\b(?:sin|social insurance)\b/i,
  },
  {
    type: 'RO_CNP',
    form: /(?<![\w.-])[1-8]\d{12}(?![\w-])/g,
    isValid: (id) =>
      isDate(id.slice(1, 7)) && (weighted(id, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11) % 10 === digit(id, 12),
    words: ID,
  },
  {
    type: 'US_DRIVER_LICENSE',
    form: /(?<!\w)(?:[A-Z]{1,2}\d{5,14}|[A-Z]\d{3}-\d{3,4}-\d{2,4}-?\d{0,4}|\d{7,9})(?!\w)/g,
    isValid: () => true,
    words: /\bdriv(?:er['’]?s?|ing) ?licen[cs]e\b/i,
  },
  {
    type: 'PASSPORT',
    form: /(?<!\w)(?:[A-Z]{1,2}\d{6,8}|\d{9}|[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8})(?!\w)/g,
    isValid: (id) => /\d/.test(id),
    words: /\b(?:passport|reisepass|passeport|pasaporte|passaporto)\b/i,
  },
];

/** Any of the words without which most numbers are not believed. */
const ANY_WORD =
  /ssn|ss#|social|soc sec|tax|tin|steuer|fiscal|ident|idnr|codice|national|person|citizen|\bid\b|pesel|cpf|rut|run|bsn|burger|curp|dni|ni[fer]|nric|fin|oib|emso|jmbg|cnp|rodn|isiku|hetu|henkil|dselsnummer|cpr|kennitala|registre|rijks|s[eé]cu|insee|aadha|pan|nhs|kimlik|身|マイ|주민|resident|tfn|medicare|sin|teudat|egn|amka|ahv|avs|licen|passp|pass[ae]|reisepass/i;

/** National ids, each with its check digit; numbers that many things look like only beside a word that names them. */
export function findNationalIds(text: string): Span[] {
  const spans: Span[] = [];
  const hasWord = ANY_WORD.test(text);
  /** Several rows share their words, which are searched for once. */
  const inText = new Map<RegExp, boolean>();
  const holds = (words: RegExp): boolean => {
    const known = inText.get(words) ?? (hasWord && words.test(text));
    inText.set(words, known);
    return known;
  };
  for (const { type, form, isValid, words } of NATIONAL_IDS) {
    // A word that the text does not hold at all spares the search.
    if (words !== undefined && !holds(words)) continue;
    for (const { 0: found, index: start } of text.matchAll(form)) {
      const end = start + found.length;
      if (words !== undefined && !words.test(before(text, start, NEAR)) && !words.test(behind(text, end))) continue;
      if (!isValid(found.replace(/[^A-Za-z0-9]/g, '').toUpperCase())) continue;
      if (type === 'US_SSN' && words === undefined && isReference(text, start)) continue;
      spans.push({ type, start, end });
    }
  }
  return spans;
}

const isReference = (text: string, start: number): boolean =>
  /\b(?:order|invoice|ticket|tracking|part|serial|ref(?:erence)?|sku|model|item|version|isbn|case|claim|po|rma)\b[^\n]{0,14}$/i.test(
    before(text, start),
  ) && !SOCIAL.test(before(text, start));
