/** E-mail addresses and addresses of the internet protocol. */
import type { Span } from '../inspection.ts';
import { before } from './around.ts';

const LONGEST_LOCAL = 64;
const LOCAL = /[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]/u;
const DOMAIN =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9-]{2,59}|\p{L}{2,24})(?![\p{L}\p{N}_-])/iu;
/** What quotes or wraps an address rather than beginning it. */
const WRAPPING = /^[^\p{L}\p{N}]+/u;

/** E-mail addresses (RFC 5321 without its quoted forms). Found from the `@` outwards, so that no text costs more than its length. */
export function findEmails(text: string): Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > 0 && at - start < LONGEST_LOCAL && LOCAL.test(text[start - 1] ?? '')) start -= 1;
    const wrapped = WRAPPING.exec(text.slice(start, at))?.[0].length ?? 0;
    start += wrapped;
    const local = text.slice(start, at);
    if (local === '' || local.endsWith('.') || local.includes('..')) continue;
    const afterScheme = Math.max(local.lastIndexOf('/'), local.lastIndexOf('='), local.lastIndexOf('|'));
    if (afterScheme !== -1) start += afterScheme + 1;
    const domain = DOMAIN.exec(text.slice(at + 1, at + 256))?.[0];
    // `user:password@host` is a credential in an address, not a mailbox.
    if (domain === undefined || start === at || /:\/\/[^\s@/]*:$/.test(before(text, start))) continue;
    // `git@host:path` is the address of a repository.
    if (text.slice(start, at) === 'git' && text[at + 1 + domain.length] === ':') continue;
    spans.push({ type: 'EMAIL_ADDRESS', start, end: at + 1 + domain.length });
  }
  return spans;
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const VERSION_4 = new RegExp(`(?<![\\w.-])${OCTET}(?:\\.${OCTET}){3}(?![\\w-]|\\.\\d)`, 'g');
const IS_VERSION =
  /(?:\b(?:versions?|ver|release[ds]?|build|firmware|revision|rev|section|chapter|clause|§+|chrome|firefox|safari|edge|opera|kernel|driver|sdk|api|upgraded? (?:from|to)|updated? (?:from|to)|v)[ :=/#.-]{0,3}|\b[\p{L}-]+\/|>=|<=|==|\^|~)$/iu;

/** Addresses of both versions of the internet protocol. Numbers of versions look alike; what stands before tells. */
export function findIpAddresses(text: string): Span[] {
  const spans: Span[] = [];
  const add = (start: number, end: number): void => {
    spans.push({ type: 'IP_ADDRESS', start, end });
  };
  for (const { 0: found, index: start } of text.matchAll(VERSION_4)) {
    const head = before(text, start, 24);
    if (IS_VERSION.test(head) && !/(?:\/\/|@)$/.test(head)) continue;
    add(start, start + found.length);
  }
  if (!text.includes(':')) return spans;
  for (const { 0: found, index: start } of text.matchAll(VERSION_6)) {
    if (isVersion6(found)) add(start, start + found.length);
  }
  return spans;
}

const VERSION_6 =
  /(?<![\w:.])(?:[0-9A-Fa-f]{1,4}|(?=::))(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![\w:]|\.\d)/g;

/** RFC 4291, with one `::` at most. Times and hardware addresses have too few groups; `a::b` and `::` belong to programs. */
function isVersion6(address: string): boolean {
  const halves = address.split('::');
  if (halves.length > 2 || address.length < 4) return false;
  if (!/\d/.test(address)) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (groups.some((group) => group === '')) return false;
  const tail = groups.at(-1) ?? '';
  const count = groups.length + (tail.includes('.') ? 1 : 0);
  if (tail.includes('.') && tail.split('.').some((octet) => Number(octet) > 255)) return false;
  if (halves.length === 1) return count === 8;
  if (count > 7) return false;
  // Shortened addresses are taken if they begin like one that is routed, or are the loopback.
  return (
    /^(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]|ff[0-9a-f]{2}|64|100):/i.test(address) ||
    /^::(?:1|ffff:)/i.test(address)
  );
}
