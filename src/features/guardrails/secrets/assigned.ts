/** Secrets without a form of their own: a name that says what it is, a sign, and a value that looks random. */
import type { Span } from '../inspection.ts';
import { entropyOf } from './entropy.ts';

/** Found first, because it is cheap; then what stands around it is read. */
const WORD =
  /pass(?:w(?:or)?d|phrase|code)|pwd|secret|token|credential|passwort|kennwort|contraseña|mot de passe|senha|(?<=api|access|auth|private|encryption|signing|master|client|session|service|api[_. -]|access[_. -]|auth[_. -]|private[_. -]|encryption[_. -]|signing[_. -]|master[_. -]|service[_. -])key/gi;
const VALUE =
  /(?<rest>[\w.-]{0,20})["'`]?[ \t]{0,3}(?:=>|:=|=|:|is(?= ["'`]?\S))[ \t]{0,3}(?<quote>["'`]?)(?<value>[^\s"'`,;<>(){}[\]]{8,160})/y;
const PLACEHOLDER =
  /^(?:x{4,}|\*{3,}|\.{3,}|<.*>|\$\{.*|\$[A-Z_]+|%[A-Z_]+%|\{\{.*|your[-_ ]?.*|my[-_]?(?:secret|password|token|key).*|example.*|.*example$|changeme.*|placeholder.*|dummy.*|redacted.*|sample.*|test(?:ing)?|none|null|undefined|true|false|required|optional|string|process\.env.*|os\.environ.*|env[.(].*|secrets?\..*|config\..*|https?:\/\/.*|\/[\w/.-]+|[\w]+\(.*)$/i;
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
const IS_PASSWORD = /pass|pwd|kennwort|contraseña|senha/i;
/** Words that make a name say something about a secret rather than hold one. */
const ABOUT =
  /(?:public|hash|digest|id|name|type|count|limit|length|url|uri|path|file|field|policy|expir\w*|max|min|next|page|usage|budget|cost|per|size)$/i;

/** `password = …`, `"api_key": "…"`, `token is …`: values that are random enough for their kind. */
export function findAssigned(text: string): Span[] {
  const spans: Span[] = [];
  const reader = new RegExp(VALUE);
  for (const { 0: word, index } of text.matchAll(WORD)) {
    reader.lastIndex = index + word.length;
    const found = reader.exec(text);
    if (found === null) continue;
    const { rest = '', quote = '', value: written = '' } = found.groups ?? {};
    const value = written.replace(/[.!?:]+$/, '');
    const name = text.slice(Math.max(0, index - 16), index);
    if (
      value.length < 8 ||
      PLACEHOLDER.test(value) ||
      ABOUT.test(rest) ||
      /(?:public|count|num|max|min)[\w-]*$/i.test(name)
    )
      continue;
    if (!(IS_PASSWORD.test(word) ? isPassword(value, quote !== '') : isKey(value))) continue;
    const start = found.index + found[0].length - written.length;
    spans.push({ type: 'SECRET', start, end: start + value.length });
  }
  return spans;
}

/** A password has at least three kinds of characters, or is in quotes and has two. */
function isPassword(value: string, isQuoted: boolean): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;
  return kinds >= (isQuoted ? 2 : 3) && entropyOf(value) >= 2.6 && /\d|[^\w]/.test(value);
}

/** Keys are long and random. A hash or a UUID is taken only because the name calls it a secret. */
function isKey(value: string): boolean {
  if (value.length < 16 || !/^[\w+/=.~-]+$/.test(value)) return false;
  if (HASH.test(value)) return true;
  return (
    /\d/.test(value) &&
    /[A-Za-z]/.test(value) &&
    entropyOf(value) >= 3.3 &&
    !/^[a-z]+(?:[-_.][a-z]+)*\d{0,4}$/.test(value)
  );
}
