/**
 * A pattern of a configuration written for Python, whose only flag here is `(?i)` at its beginning. Throws a SyntaxError if it is
 * none. Without the flag `u`, which refuses escapes that Python takes (`\-`).
 */
export function patternOf(text: string): RegExp {
  return text.startsWith('(?i)') ? new RegExp(text.slice(4), 'i') : new RegExp(text);
}
