/** An answer that was begun before: the question, and the part that was already given. */
interface Begun {
  readonly asked: string;
  readonly said: string;
}

const GO_ON = /\bcontinue\b[^.]{0,40}\bexactly\b/i;

/**
 * Finds in a prompt the answer that is to be gone on with: the assistant's words at its end, or before a last message that asks
 * for their continuation.
 */
export function begunAnswer(prompt: string): Begun | undefined {
  const [, ...turns] = prompt.split(/^(user|assistant|model): /m);
  const lastRole = turns.at(-2);
  const isAskedToGoOn = lastRole === 'user' && GO_ON.test(turns.at(-1) ?? '');
  const rest = isAskedToGoOn ? turns.slice(0, -2) : turns;
  const [askedRole, asked = '', saidRole, said = ''] = rest.slice(-4);
  if (askedRole !== 'user' || saidRole === undefined || saidRole === 'user') return undefined;
  return { asked: asked.replace(/\n$/, ''), said: said.replace(/\n$/, '') };
}
