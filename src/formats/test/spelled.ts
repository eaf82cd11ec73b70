import { isJsonObject, type JsonValue } from '../../core/json.ts';

/**
 * A value as JSON in a spelling of its own: white space, escapes and repeated members by chance. Its own names are written
 * plainly and once, because a body with others is rewritten before anyone reads it.
 */
export function spelled(value: JsonValue, seed: number): string {
  let state = seed | 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
  // Some bodies are written as most programs do.
  const oddity = random() < 0.3 ? 0 : random() * 0.5;
  const space = (): string => (random() < oddity ? ([' ', '\n', '\t\r', '  '][Math.floor(random() * 4)] ?? '') : '');
  const text = (plain: string): string => {
    if (random() >= oddity) return JSON.stringify(plain);
    const written = [...plain.slice(0, 400)].map((letter) => {
      const code = letter.length === 1 ? letter.charCodeAt(0) : 0x100;
      if (random() < 0.2 && letter.length === 1) {
        const hex = code.toString(16).padStart(4, '0');
        return `\\u${random() < 0.5 ? hex.toUpperCase() : hex}`;
      }
      return letter === '/' && random() < 0.5 ? '\\/' : JSON.stringify(letter).slice(1, -1);
    });
    return `"${written.join('')}${JSON.stringify(plain.slice([...plain.slice(0, 400)].join('').length)).slice(1, -1)}"`;
  };
  const write = (each: JsonValue, isTop: boolean): string => {
    if (typeof each === 'string') return text(each);
    if (Array.isArray(each))
      return `[${space()}${each.map((item) => write(item, false) + space()).join(`,${space()}`)}]`;
    if (!isJsonObject(each)) return JSON.stringify(each);
    const members: string[] = [];
    for (const name of Object.keys(each)) {
      const member = (inner: JsonValue): string =>
        `${isTop ? JSON.stringify(name) : text(name)}${space()}:${space()}${write(inner, false)}${space()}`;
      // The earlier of two members does not count, whatever it is.
      if (!isTop && random() < oddity / 3)
        members.push(member(REPEATED[Math.floor(random() * REPEATED.length)] ?? null));
      members.push(member(each[name] ?? null));
    }
    return `{${space()}${members.join(`,${space()}`)}}`;
  };
  return space() + write(value, true) + space();
}

const REPEATED: readonly JsonValue[] = [
  null,
  'text',
  7,
  [{ type: 'image_url', image_url: { url: 'https://example.com/x.png' } }],
  [{ type: 'image', source: { type: 'url', url: 'https://example.com/x.png' } }],
  [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
  { url: 'https://example.com/y.png' },
];
