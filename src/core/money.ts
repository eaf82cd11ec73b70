/**
 * Money is counted in pico-USD (1e-12 USD) as `bigint`: every price a provider publishes per million tokens with up to
 * six decimals is then a whole number per token, so a cost is a sum of products of integers and exact.
 */
export type PicoUsd = bigint;

export const PICO_PER_USD = 1_000_000_000_000n;

/**
 * Reads a decimal number of USD (`"0.00000025"`, `2.5e-7`, `15`) exactly into pico-USD.
 * A JavaScript number is read by its shortest decimal form, so `2.5e-7` is 250,000 and not 249,999.
 * Digits below 1e-12 are rounded half up. Returns undefined for anything else.
 */
export function picoUsdFromUsd(usd: number | string): PicoUsd | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(String(usd).trim());
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const shift = Number(exponentText) - fraction.length + 12;
  const digits = BigInt(whole + fraction);
  let pico: bigint;
  if (shift >= 0) {
    pico = digits * 10n ** BigInt(shift);
  } else {
    const divisor = 10n ** BigInt(-shift);
    pico = (digits * 2n + divisor) / (divisor * 2n);
  }
  return sign === '-' ? -pico : pico;
}

/** Writes pico-USD as a plain decimal number of USD without trailing zeros: `250000n` → `"0.00000025"`. */
export function formatUsd(pico: PicoUsd): string {
  if (pico < 0n) return `-${formatUsd(-pico)}`;
  // Costs below 9,000 USD, nearly all there are, are whole numbers that a double holds exactly, and much faster to write.
  return pico <= LARGEST_EXACT ? ofNumber(Number(pico)) : decimal(pico / PICO_PER_USD, pico % PICO_PER_USD);
}

const LARGEST_EXACT = BigInt(Number.MAX_SAFE_INTEGER);
const PICO_NUMBER = Number(PICO_PER_USD);
const ZERO = 0x30;

function ofNumber(pico: number): string {
  const whole = Math.floor(pico / PICO_NUMBER);
  return decimal(whole, pico - whole * PICO_NUMBER);
}

function decimal(whole: number | bigint, fraction: number | bigint): string {
  const digits = String(fraction).padStart(12, '0');
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === ZERO) end--;
  return end === 0 ? String(whole) : `${whole}.${digits.slice(0, end)}`;
}

/** The same amount as a floating-point number of USD, for gauges and JSON bodies whose readers expect a number. */
export function usdNumber(pico: PicoUsd): number {
  return Number(formatUsd(pico));
}
