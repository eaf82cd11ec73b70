/** An answer that was begun before. */
interface Begun {
  /** The question. */
  readonly asked: string;
  /** The part that was already given. */
  readonly said: string;
  /** The last words of that part, if they are asked for once more. */
  readonly again: string;
}

/** What a model does that is asked to go on with an answer: it may start over, or say it in other words. */
export type GoingOn = 'goes-on' | 'starts-over' | 'rewords';

const GO_ON = /\bcontinue\b[^.]{0,40}\bexactly\b/i;
const BEGIN_WITH_LAST_WORDS = /\bbegin with the last ten words\b/i;
/** A block of text is kept with a space behind it, and a turn with a line end. */
const TURN_END = / ?\n?$/;
const LAST_WORDS = /(?:\S+\s+){0,9}\S+\s*$/;

/**
 * Finds in a prompt the answer that is to be gone on with: the assistant's words at its end, or before a last message that asks
 * for their continuation.
 */
export function begunAnswer(prompt: string): Begun | undefined {
  const [, ...turns] = prompt.split(/^(user|assistant|model): /m);
  const lastRole = turns.at(-2);
  const last = turns.at(-1) ?? '';
  const isAskedToGoOn = lastRole === 'user' && GO_ON.test(last);
  const rest = isAskedToGoOn ? turns.slice(0, -2) : turns;
  const [askedRole, asked = '', saidRole, said = ''] = rest.slice(-4);
  if (askedRole !== 'user' || saidRole === undefined || saidRole === 'user') return undefined;
  const begun = said.replace(TURN_END, '');
  const again = isAskedToGoOn && BEGIN_WITH_LAST_WORDS.test(last) ? (LAST_WORDS.exec(begun)?.[0] ?? '') : '';
  return { asked: asked.replace(TURN_END, ''), said: begun, again };
}
