/** Recognises master keys that attackers try first: those of documentation, templates and keyboards. */

/** Words that placeholders and examples are made of, longest first if one begins with another. */
const WORDS =
  /^(?:changeit|changeme|change|replaceme|replace|placeholder|password|passwd|passphrase|pass|letmein|litellm|openai|sluice|gateway|proxy|master|secret|token|example|sample|default|virtual|admin|administrator|root|super|demo|dummy|fake|foobar|foo|bar|baz|test|testing|dev|prod|local|localhost|welcome|qwerty|asdf|insert|your|this|here|very|strong|random|some|salt|user|api|apikey|llm|my|the|key|abcdef|abcd|abc|xyz|me|to|in|a|an|is|of|it|sk)+$/;
const DIGITS_IN_ORDER = '01234567890123456789';
const LONGEST_KNOWN = 64;

/** Whether a key is an example (`sk-1234`, `sk-master-key`, `your_gateway_master_key`), however it is spelled. */
export function isKnownMasterKey(key: string): boolean {
  if (key.length > LONGEST_KNOWN) return false;
  const bare = key
    .toLowerCase()
    .replace(/^(?:sk|key)?[-_.]?/, '')
    .replaceAll(/[^a-z0-9]/g, '');
  if (/^(.)?\1*$/.test(bare)) return true;
  const digits = bare.replaceAll(/[a-z]/g, '');
  const areDigitsPlain = DIGITS_IN_ORDER.includes(digits) || /^(\d)\1*$/.test(digits) || /^20\d\d$/.test(digits);
  const words = bare.replaceAll(/\d/g, '');
  return areDigitsPlain && (words === '' || WORDS.test(words));
}

/** Whether only this machine can reach an address to listen on. */
export function isLoopback(host: string): boolean {
  const plain = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:/, '');
  return (
    plain === 'localhost' || plain === '::1' || plain === '0:0:0:0:0:0:0:1' || /^127(?:\.\d{1,3}){1,3}$/.test(plain)
  );
}

/** What is wrong with such a key, for messages. */
export const KNOWN_MASTER_KEY = 'the master key is one that attackers try first';
/** Why that matters if the host is not loopback. */
export const REACHABLE = 'the host makes the gateway reachable from other machines';
/** What to do. */
export const STRONGER_MASTER_KEY = 'use a long random one, such as the output of: openssl rand -hex 24';
