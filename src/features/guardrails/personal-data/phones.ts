import type { Span } from '../inspection.ts';
import { before, behind, REFERENCE } from './around.ts';

/** The country codes of ITU-T E.164 (list of November 2016, with its later changes); one digit stands for the whole zone. */
const COUNTRY =
  /^(?:1|7|2[07]|21[1-368]|2[2-6]\d|29[0-9]|3[0-469]|3[578]\d|4[013-9]|42[0-3]|5[1-8]|50\d|59\d|6[0-6]|6[7-9]\d|8[1246]|80[08]|85\d|87[0-48]|88[0-368]|9[0-58]|9[679]\d)/;
const CANDIDATE =
  /(?<![A-Za-zÀ-ɏ\d_@#$€£%=]|[\d\p{L}][.:\-/]|\d,)[+(]{0,2}\d(?:[ .\-/()\u00a0\u2010\u2011]{0,3}\d){5,17}(?:[ ]?(?:x|ext\.?|extension)[ .:]?\d{1,6})?(?![\d\p{L}_@%€£$]|[.,:]\d|-\d|\/\d)/giu;
const EXTENSION = /\s?(?:x|ext).*$/i;
const SEPARATOR = /[ .\-/()\u00a0\u2010\u2011]+/;

/** Words before a number that make it a telephone's, in the larger languages. */
const ASKED =
  /(?:\b(?:tele)?phones?\b|\b(?:tel|telefono?|téléphone|telefone|telefoon|telefonnummer|mobil|handy|rufnummer|teléfono|celular|móvil|portable|cellulare|puhelin|telefonszám|puh|mobile?|cell(?:phone)?|calls?|called|calling|dial|fax|whats ?app|signal|sms|text(?:ed|ing|s)?|contact(?: me)?(?: at| on)?|hotline|helpline|pager|ring|reach(?: me| us| him| her| them)?|answer(?:ing|s)? at|(?:messages?|codes?) (?:to|on)|registered|landline|toll[- ]free|extension|(?:desk|office|work|home|main|direct|number)(?: (?:phone|line|number|no))?[ \t]*[:#.=])|телефон\p{L}*|тел\.|моб\.|電話|电话|手机|전화|☎|📞|📱)(?:[^\d\n]{0,24}|[ \t]*:[ \t]*\n[ \t]*)$/iu;
const NAMED_BEHIND =
  /^[ \t]{0,2}[-(,\\]{0,2}[ \t]?[\\,]*(?:phone|office|fax|mobile|cell|home|work|desk|direct|tel|landline|main|hotline)\b/i;
const OTHER =
  /(?:\b(?:licen[cs]e|passport|account|acct|card|iban|social security|ssn|zip|postal|code|price|usd|eur|gbp|total|amount|score|size|isin|swift|tax|vat|policy|employee|student|member|customer|page|chapter|coordinates?|lat|lon|latitude|longitude|port|line|rfc|population|years?)\b)[^\d\n]{0,16}$/i;
const DATE =
  /^\(?(?:(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:19|20)\d\d|(?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])[-./](?:19|20)\d\d)(?!\d)/;
const YEARS = /^(?:1[89]|20)\d\d[ -]*[-–/ ][ -]*(?:1[89]|20)\d\d$/;
const NORTH_AMERICAN = /^(?:\(?1\)?[ .-])?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[.-]|[2-9]\d\d )[2-9]\d\d[ .-]\d{4}$/;
const SOCIAL_SECURITY = /^\d{3}[- ]\d{2}[- ]\d{4}$/;

/** Telephone numbers: written with a country code, in a national form, or beside a word for telephones. */
export function findPhones(text: string): Span[] {
  const spans: Span[] = [];
  for (const { 0: found, index } of text.matchAll(CANDIDATE)) {
    const candidate = found.replace(/^\(+(?=[^)]*$)/, '');
    const start = index + found.length - candidate.length;
    if (isPhone(candidate, before(text, start), behind(text, start + candidate.length)))
      spans.push({ type: 'PHONE_NUMBER', start, end: start + candidate.length });
  }
  return spans;
}

function isPhone(candidate: string, head: string, tail: string): boolean {
  const number = candidate.replace(EXTENSION, '');
  const digits = number.replace(/\D/g, '');
  if (DATE.test(number) || YEARS.test(number) || SOCIAL_SECURITY.test(number) || /^(\d)\1+$/.test(digits)) return false;
  const isAsked = (ASKED.test(head) && !OTHER.test(head)) || NAMED_BEHIND.test(tail);
  const international = /^\(?\+/.test(number) ? digits : /^00[1-9]/.test(digits) ? digits.slice(2) : undefined;
  if (international !== undefined && COUNTRY.test(international) && international.length >= 8) {
    const isWritten = number.includes('+') || SEPARATOR.test(number);
    if (international.length <= 15 && (isWritten || isAsked)) return !REFERENCE.test(head);
  }
  if (number.includes('+')) return false;
  if (REFERENCE.test(head) || (OTHER.test(head) && !NAMED_BEHIND.test(tail))) return false;
  if (isAsked) return digits.length >= 7 && digits.length <= 13;
  if (NORTH_AMERICAN.test(number)) return true;
  return isNationalForm(number, digits);
}

/** `0490 75 40 81`, `020 7946 0958`, `(0)30 901820`: a zero, and groups as people write them. A point may be a decimal one. */
function isNationalForm(number: string, digits: string): boolean {
  if (!digits.startsWith('0') || digits.length < 9 || digits.length > 12) return false;
  const groups = number.split(SEPARATOR).filter((group) => group !== '');
  if (groups.some((group) => group.length > 8) || (groups[0]?.length ?? 0) > 5) return false;
  return groups.length >= 3
    ? groups.every((group) => group.length >= 2 || group === '0')
    : /^\(?0\d{1,4}\)?[-/ ]\d{6,8}$/.test(number);
}
