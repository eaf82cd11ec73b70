/** How long a prompt was, and how long it may be. */
export interface ContextSize {
  readonly promptTokens?: number;
  readonly mostTokens?: number;
}

const NUMBER = '(\\d{1,3}(?:[,_]\\d{3})+|\\d{3,9})';
/** What stands before a limit, in the words of providers (collected from their documentation and issue trackers, 2026-11-23). */
const LIMIT = new RegExp(
  String.raw`(?:maximum|limit|allowed|context (?:length|window|size)|supports? (?:at most|up to)|up to|> ?|less than)[^\d.]{0,60}?${NUMBER}`,
  'i',
);
const LIMIT_AFTER = new RegExp(`${NUMBER}[- ](?:token )?(?:maximum|limit|context)`, 'i');

/**
 * Reads the numbers in a provider's message that says that a prompt is too long: "maximum context length is 128000 tokens. However,
 * your messages resulted in 130000 tokens".
 */
export function readContextSize(message: string): ContextSize {
  const mostTokens = countOf((LIMIT_AFTER.exec(message) ?? LIMIT.exec(message))?.[1]);
  const numbers = [...message.matchAll(new RegExp(NUMBER, 'g'))].flatMap(([text]) => countOf(text) ?? []);
  if (mostTokens === undefined) return {};
  const promptTokens = numbers.find((number) => number > mostTokens);
  return promptTokens === undefined ? { mostTokens } : { promptTokens, mostTokens };
}

function countOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text.replaceAll(/[,_]/g, ''));
}
