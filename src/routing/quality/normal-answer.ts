/** When two models gave the same answer: as a scorer reads short answers, not as they were written. */

const LONGEST = 2_000;
/** Marks that change nothing of what an answer says. */
const IDLE =
  /\\?[$%]|\\[!,;: ]|\\(?:left|right|displaystyle|quad|circ)(?![a-z])|\\(?:text|mathrm|textbf|mathbf)(?=\{)|\^?\{?\\circ\}?|[\s°€£*`]|,(?=\d{3}(?!\d))/g;

/** The normal form of an answer; undefined: it says nothing, so that no other agrees with it. */
export function normalAnswer(answer: string): string | undefined {
  if (answer.length > LONGEST) return undefined;
  const plain = unboxed(answer.trim())
    .replace(IDLE, '')
    .replace(/\\[dt]frac/g, '\\frac')
    .replace(/\\frac(\d)(\d)/g, '$1/$2')
    .replace(/\\frac\{([^{}]*)\}\{([^{}]*)\}/g, '$1/$2')
    .replace(/[{}]/g, '')
    .toLowerCase()
    .replace(/^"|"$|\.$/g, '');
  if (plain === '' || plain === 'null' || plain === 'none' || plain === 'n/a') return undefined;
  // `18dollars`, `18.00` and `18` are one number, `3x` is another; `a`, `(a)` and `a)` are one choice.
  const number = /^([-+]?(?:\d+(?:\.\d+)?|\.\d+))(?!pi$)(?:[a-z]{2,})?$/.exec(plain);
  if (number !== null) return String(Number(number[1]));
  return /^\(?([a-z])[).:]?$/.exec(plain)?.[1] ?? plain;
}

function unboxed(answer: string): string {
  const start = answer.lastIndexOf('\\boxed{');
  if (start === -1) return answer;
  let depth = 0;
  for (let at = start + 6; at < answer.length; at += 1) {
    if (answer[at] === '{') depth += 1;
    if (answer[at] === '}' && --depth === 0) return answer.slice(start + 7, at);
  }
  return answer;
}
