import type { Span } from '../inspection.ts';
import { before, REFERENCE } from './around.ts';
import { passesLuhn } from './check-digits.ts';

/** An issuer's numbers: the first digits, from and to, and the lengths that it gives out. ISO/IEC 7812; lists as of 2025. */
interface Issuer {
  readonly from: number;
  readonly to: number;
  readonly lengths: readonly number[];
}

const issuer = (from: number, to: number, ...lengths: readonly number[]): Issuer => ({ from, to, lengths });
const LONG = [16, 17, 18, 19];

const ISSUERS: readonly Issuer[] = [
  issuer(4, 4, 13, 16, 18, 19), // Visa
  issuer(51, 55, 16), // Mastercard
  issuer(2221, 2720, 16), // Mastercard
  issuer(34, 34, 15), // American Express
  issuer(37, 37, 15), // American Express
  issuer(300, 305, 14, 16), // Diners Club
  issuer(3095, 3095, 14, 16), // Diners Club
  issuer(36, 36, 14, 16), // Diners Club
  issuer(38, 39, 14, 16), // Diners Club
  issuer(6011, 6011, ...LONG), // Discover
  issuer(644, 649, ...LONG), // Discover
  issuer(65, 65, ...LONG), // Discover, RuPay
  issuer(3528, 3589, ...LONG), // JCB
  issuer(2131, 2131, 15), // JCB
  issuer(1800, 1800, 15), // JCB
  issuer(62, 62, ...LONG), // UnionPay
  issuer(81, 82, ...LONG), // UnionPay, RuPay
  issuer(60, 60, 16), // RuPay
  issuer(508, 508, 16), // RuPay
  issuer(2200, 2204, ...LONG), // Mir
  issuer(9792, 9792, 16), // Troy
  issuer(1, 1, 15), // UATP
];
const DIGITS = /(?<![\d.,/_\-\p{L}])\d{12,19}(?![\d_\p{L}]|[.,/-]\d)/gu;
const GROUPED =
  /(?<![\d.,/_\-\p{L}])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{2,3})?|\d{4}([ -])\d{6}\2\d{4,5})(?![\d_\p{L}]|[-.,]\d)/gu;
const CARD =
  /\b(?:cards?|cc|visa|master ?card|maestro|amex|american express|diners|discover|jcb|union ?pay|credit|debit|pan|kreditkarte|karte|kartennummer|carte|tarjeta|carta|cart[aã]o|kort|kaart|karta|kartu|kart|карт[аыуе]|カード|信用卡|银行卡|카드)\b|カード|信用卡|银行卡|카드/iu;
const NEAR = 60;

const isOf = (issuers: readonly Issuer[], digits: string): boolean =>
  issuers.some(({ from, to, lengths }) => {
    const head = Number(digits.slice(0, String(from).length));
    return head >= from && head <= to && lengths.includes(digits.length);
  });

/**
 * Payment cards: Luhn's sum holds, and an issuer gives out such numbers, or a word says that it is a card. Maestro's begin and end so
 * variously that only the word tells them.
 */
export function findCards(text: string): Span[] {
  const spans: Span[] = [];
  for (const pattern of [DIGITS, GROUPED]) {
    for (const found of text.matchAll(pattern)) {
      const digits = found[0].replace(/\D/g, '');
      if (!passesLuhn(digits) || /^(\d)\1*$/.test(digits)) continue;
      const start = found.index;
      const isNamed = CARD.test(before(text, start, NEAR));
      const isIssued = isOf(ISSUERS, digits);
      if (!isNamed && !isIssued) continue;
      if (!(isNamed && isIssued) && REFERENCE.test(before(text, start))) continue;
      spans.push({ type: 'CREDIT_CARD', start, end: start + found[0].length });
    }
  }
  return spans;
}
