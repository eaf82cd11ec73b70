import type { Span } from '../inspection.ts';
import { remainder } from './check-digits.ts';

/** How long an account number of each country is: SWIFT's IBAN registry, release 99 (2024). */
const LENGTHS = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 ' +
    'FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 ' +
    'MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ' +
    'SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((row) => [row.slice(0, 2), Number(row.slice(2))] as const),
);

const CANDIDATE = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}/g;

/** International bank account numbers: the country's length, and mod 97 is 1 (ISO 13616). */
export function findIbans(text: string): Span[] {
  const spans: Span[] = [];
  for (const { 0: candidate, index: start } of text.matchAll(CANDIDATE)) {
    const length = LENGTHS.get(candidate.slice(0, 2).toUpperCase());
    if (length === undefined) continue;
    // What follows may be the next word: as many letters and digits as the country has, and then an end.
    let taken = 0;
    let compact = '';
    while (compact.length < length && taken < candidate.length) {
      const character = candidate[taken] ?? '';
      if (character !== ' ' && character !== '-') compact += character;
      taken += 1;
    }
    if (compact.length < length || /[A-Za-z0-9]/.test(text[start + taken] ?? '')) continue;
    if (remainder(compact.slice(4) + compact.slice(0, 4), 97) === 1) {
      spans.push({ type: 'IBAN_CODE', start, end: start + taken });
    }
  }
  return spans;
}
