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
  const negative = pico < 0n;
  const absolute = negative ? -pico : pico;
  const whole = absolute / PICO_PER_USD;
  const fraction = (absolute % PICO_PER_USD).toString().padStart(12, '0').replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The same amount as a floating-point number of USD, for gauges and JSON bodies whose readers expect a number. */
export function usdNumber(pico: PicoUsd): number {
  return Number(formatUsd(pico));
}
