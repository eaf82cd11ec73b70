import { begunAnswer, type GoingOn } from './begun.ts';
import { pick, type Random } from './seeded.ts';
import { tokenise } from './tokens.ts';

const OPENINGS = [
  'In short,',
  'To begin with,',
  'Put simply,',
  'As it happens,',
  'Looking closer,',
  'On the whole,',
] as const;
const SUBJECTS = [
  'the first point',
  'a careful reader',
  'the usual approach',
  'every part of it',
  'the evidence',
  'a small example',
  'the simplest case',
  'what matters most',
] as const;
const VERBS = ['shows', 'explains', 'suggests', 'confirms', 'depends on', 'leads to', 'rests on', 'points to'] as const;
const OBJECTS = [
  'a clear pattern',
  'the same result',
  'several good reasons',
  'how the pieces fit together',
  'a choice between two options',
  'the order of the steps',
  'what was asked',
  'a little more detail',
] as const;

const ECHO_CHARACTERS = 80;
const EXACTLY = /^\s*(?:say|repeat|reply with exactly)\s*:\s*([\s\S]+)$/i;

/** What an answer's words follow from. */
interface Asked {
  readonly prompt: string;
  readonly lastUserText: string;
  readonly toolResults: readonly string[];
  readonly tokens: number;
  readonly goingOn: GoingOn;
}

/**
 * The tokens of an answer about a prompt: it names the prompt, then goes on in plain sentences until it is long enough. An
 * answer that was begun before is gone on with where it stopped, unless the model is one that starts over.
 */
export function answerTokens({ prompt, lastUserText, toolResults, tokens, goingOn }: Asked, random: Random): string[] {
  const begun = begunAnswer(prompt);
  if (begun !== undefined) {
    const exact = EXACTLY.exec(begun.asked)?.[1];
    if (goingOn === 'rewords') return tokenise(inOtherWords(exact ?? begun.said));
    if (goingOn === 'starts-over' && exact !== undefined) return tokenise(exact);
    if (goingOn === 'goes-on' && exact?.startsWith(begun.said) === true) {
      return tokenise(begun.again + exact.slice(begun.said.length));
    }
    if (goingOn === 'goes-on' && exact === undefined && begun.again !== '') {
      return [...tokenise(begun.again), ...fill(` ${sentence(random)}`, tokens, random)];
    }
  }
  const exact = EXACTLY.exec(lastUserText)?.[1];
  if (exact !== undefined && toolResults.length === 0) return tokenise(exact);
  const beginning =
    toolResults.length > 0
      ? `The tool answered: ${toolResults.map(inOneLine).join('; ')}.`
      : `You asked about “${inOneLine(lastUserText) || 'nothing in particular'}”.`;
  return fill(beginning, tokens, random);
}

/** The same said with another beginning and its words in another order. */
function inOtherWords(text: string): string {
  return `Put differently: ${text.split(/\s+/).reverse().join(' ')}`;
}

/** The tokens of a train of thought about a prompt. */
export function reasoningTokens(lastUserText: string, tokens: number, random: Random): string[] {
  return fill(`The question is “${inOneLine(lastUserText)}”. Let me think.`, tokens, random);
}

/** Sentences after a beginning, cut to an exact number of tokens and ended with a full stop where that leaves the count alone. */
function fill(beginning: string, tokens: number, random: Random): string[] {
  let text = beginning;
  let pieces = tokenise(text);
  while (pieces.length < tokens) {
    const missing = tokens - pieces.length;
    for (let written = 0; written < missing; written += 8) text += ` ${sentence(random)}`;
    pieces = tokenise(text);
  }
  return pieces.slice(0, tokens);
}

function sentence(random: Random): string {
  return `${pick(random, OPENINGS)} ${pick(random, SUBJECTS)} ${pick(random, VERBS)} ${pick(random, OBJECTS)}.`;
}

function inOneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  // Whole characters only: a cut surrogate pair would not survive UTF-8.
  return line.length <= ECHO_CHARACTERS ? line : `${[...line].slice(0, ECHO_CHARACTERS).join('')}…`;
}
