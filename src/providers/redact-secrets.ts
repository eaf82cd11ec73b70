/** Where a word begins, also right behind an escape of a JSON string: in `\nsk-…` the `n` is not a letter of the key. */
const START = String.raw`(?:\b|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4}))`;

/**
 * Shapes of credentials that providers echo in their error messages ("Incorrect API key provided: sk-…"). Several providers
 * mask the middle with asterisks and leave both ends, so asterisks belong to the shapes. None may search from each place of a long
 * word to its end: a provider's message can be megabytes.
 */
const SECRET_SHAPES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [new RegExp(String.raw`${START}(bearer|basic)\s+[\w.~+/*=-]{6,}`, 'gi'), '$1 [redacted]'],
  // Prefixed keys: OpenAI and many others sk-, xAI xai-, Groq gsk_, NVIDIA nvapi-, Perplexity pplx-, Fireworks fw_,
  // Cerebras csk-, Together tgp_, Hugging Face hf_, AWS AKIA, Google AIza and ya29 (OAuth), GitHub gh?_.
  [
    new RegExp(String.raw`${START}(?:sk|xai|gsk|nvapi|pplx|fw|csk|tgp|hf|gh[pousr])[-_][\w*.…-]{4,}`, 'g'),
    '[redacted]',
  ],
  [new RegExp(String.raw`${START}(?:AIza[\w*-]{10,}|ya29\.[\w-]{10,}|AKIA[A-Z0-9]{12,})`, 'g'), '[redacted]'],
  // JSON Web Tokens.
  [new RegExp(String.raw`${START}eyJ[\w-]{8,}(?:\.[\w-]*)*`, 'g'), '[redacted]'],
  // Zhipu keys: 32 hexadecimal digits, a point, 16 letters.
  [new RegExp(String.raw`${START}[0-9a-f]{32}\.[A-Za-z0-9]{8,}\b`, 'g'), '[redacted]'],
  // Whatever follows the words that announce a key, unless it is plainly a word of the sentence.
  [
    /\b((?:api[ _-]?key|access[ _-]?token|x-api-key|authorization|secret|password)(?:\s+(?:provided|given|used|is))?\s*[:=]\s*["'`]?)(?=[^\s"'`]{0,200}[\d*])[^\s"'`,;)]{4,}/gi,
    '$1[redacted]',
  ],
  // Moonshot and others echo only the ends: `****abcd`.
  [/(?<![\w-])[\w-]*\*{3,}[\w*-]*/g, '[redacted]'],
  // Keys in a URL's query, and credentials before its host.
  [/([?&](?:key|api[_-]?key|token|access_token|sig|signature)=)[^&\s"'<>]+/gi, '$1[redacted]'],
  [/(https?:\/\/)[^\s/@]+@/gi, '$1[redacted]@'],
];

/** A text without anything that looks like a credential, and without the given ones. */
export function redactSecrets(text: string, known: readonly string[] = []): string {
  let clean = text;
  for (const secret of known) {
    if (secret.length >= 4) clean = clean.replaceAll(secret, '[redacted]');
  }
  for (const [pattern, replacement] of SECRET_SHAPES) clean = clean.replace(pattern, replacement);
  return clean;
}
