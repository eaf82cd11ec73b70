/** The arithmetic by which numbers prove that they were not typed at random. All take texts of digits only. */

const digitAt = (digits: string, at: number): number => digits.charCodeAt(at) - 48;

/** Luhn's sum of cards, some national ids and IMEIs: ISO/IEC 7812-1, annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, isDoubled = false; at >= 0; at -= 1, isDoubled = !isDoubled) {
    const digit = digitAt(digits, at);
    sum += isDoubled ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** The rest of a long number, read digit by digit. Letters count as 10 to 35, as IBANs read them. */
export function remainder(text: string, by: number): number {
  let rest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) rest = (rest * 10 + code - 48) % by;
    else rest = (rest * 100 + (code & 0x5f) - 55) % by;
  }
  return rest;
}

/** The sum of digits times weights, over as many digits as there are weights. */
export function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * digitAt(digits, at), 0);
}

const DIHEDRAL = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const PERMUTED = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

/** Verhoeff's scheme, which India's Aadhaar uses. */
export function passesVerhoeff(digits: string): boolean {
  let check = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = digitAt(digits, digits.length - 1 - at);
    const permuted = digitAt(PERMUTED[at % 8] ?? '', digit);
    check = digitAt(DIHEDRAL[check] ?? '', permuted);
  }
  return check === 0;
}

/** ISO 7064, MOD 11,10: Germany's tax number and Croatia's OIB. */
export function passesMod1110(digits: string): boolean {
  let product = 10;
  for (let at = 0; at < digits.length - 1; at += 1) {
    const sum = (digitAt(digits, at) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === digitAt(digits, digits.length - 1);
}

/** Whether the digits say a day of a year, `yymmdd`. */
export function isDate(yymmdd: string): boolean {
  const month = Number(yymmdd.slice(2, 4));
  const day = Number(yymmdd.slice(4, 6));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}
