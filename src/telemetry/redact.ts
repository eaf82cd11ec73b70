/** Takes what looks like a secret out of a line before it is written: the last net, for messages that quote what they were given. */

const HIDDEN = '[hidden]';

/** Where a word begins, also right behind an escape of a JSON string: in `\nsk-…` the `n` is not a letter of the key. */
const START = String.raw`(?:\b|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4}))`;
/** Shapes of keys: OpenAI and everybody who writes `sk-…`, Groq, xAI, Google, AWS, GitHub, Slack, JSON Web Tokens. */
const KEY_SHAPES = new RegExp(
  String.raw`${START}(?:sk-[\w-]{4,}|(?:gsk|xai|pplx|nvapi|hf|r8|ghp|glpat|AIza)[-_]?[\w-]{16,}|(?:AKIA|ASIA)[0-9A-Z]{16}|xox[abp]-[\w-]{8,}|eyJ[\w-]{8,}(?:\.[\w-]+)*)`,
  'g',
);
const AUTHORISATION = new RegExp(String.raw`${START}(Bearer|Basic)\s+[\w\-.~+/=]{4,}`, 'gi');
const SECRET_NAMES =
  'api[-_]?key|authorization|password|passwd|client[-_]?secret|secret|access[-_]?key|private[-_]?key|master[-_]?key|(?:access|auth|refresh|session)[-_]?token|cookie';
/** A JSON member whose name says what it holds, also inside a JSON string; only text values, so that the line stays JSON. */
const MEMBER = new RegExp(`(\\\\?"[\\w-]*(?:${SECRET_NAMES})\\\\?"\\s*:\\s*\\\\?")[^"\\\\]+`, 'gi');
/** A header, assignment or query parameter whose name says what it holds. */
const ASSIGNMENT = new RegExp(`((?:${SECRET_NAMES})\\s*[=:]\\s*)(?!\\[hidden\\])[^\\s"'\\\\,;&}{)[\\]]+`, 'gi');
const URL_CREDENTIALS = /(\w:\/\/[^/\s:@"]*:)[^@\s/"]+@/g;
const QUERY_KEY = /([?&](?:key|token|sig|signature)=)[^&\s"'\\]+/gi;

/** The text with every secret-looking part replaced by `[hidden]`. */
export function redact(text: string): string {
  return text
    .replace(AUTHORISATION, `$1 ${HIDDEN}`)
    .replace(MEMBER, `$1${HIDDEN}`)
    .replace(ASSIGNMENT, `$1${HIDDEN}`)
    .replace(KEY_SHAPES, HIDDEN)
    .replace(URL_CREDENTIALS, `$1${HIDDEN}@`)
    .replace(QUERY_KEY, `$1${HIDDEN}`);
}
