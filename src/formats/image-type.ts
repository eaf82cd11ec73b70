/** How images of the types that models take begin, in base64. */
const BEGINS: readonly (readonly [type: string, begins: RegExp])[] = [
  ['image/png', /^iVBORw0KGgo/],
  ['image/jpeg', /^\/9j\//],
  ['image/gif', /^R0lGOD/],
  ['image/webp', /^UklGR.{7}RUJQ/],
];

/**
 * The media type of an image by its first bytes; undefined if it is not one of these types. Providers look at the bytes and refuse an image
 * under another type (https://github.com/vybestack/llxprt-code/issues/2130, 2026-11-28).
 */
export function imageTypeOf(base64: string): string | undefined {
  return BEGINS.find(([, begins]) => begins.test(base64))?.[0];
}
