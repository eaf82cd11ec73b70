/**
 * Joins a continuation to the text before it. What is said again is taken out, whether the model repeats its last words or starts
 * over; no space is invented, no word is. Only what is clearly the rest of the text is written behind it.
 */
import { AnswerProblem } from '../answer-problem.ts';
import { fit, type Meeting } from './fits.ts';
import { fenceOf, isInCode } from './open-code.ts';
import { Repetition } from './repetition.ts';

/** Longest introduction (`Sure, here is the rest:`) behind which the text is looked for. */
const LONGEST_INTRODUCTION = 240;
/** So much of the text is looked for behind an introduction. */
const LEAST_LANDMARK = 24;

/** Takes the pieces of one continuation; throws an AnswerProblem for one that begins another answer. */
export class TextJoiner {
  readonly #meeting: Meeting;
  /** White space at the end of the text: dropped at the seam as far as the model says it again. */
  #space: string;
  /** The model was not shown that white space, or has said the words before it again. */
  #dropsSpace: boolean;
  /** The first half of a character of two units, if the text ends in it. */
  #half: string;
  #repetition: Repetition;
  #held = '';
  #state: 'fence' | 'repeating' | 'judging' | 'introduced' | 'joined';
  #isAtSeam = true;
  #taken = 0;
  #written = 0;

  constructor(meeting: Meeting) {
    const { isPrefill } = meeting;
    const before = withoutHalf(meeting.before);
    this.#half = meeting.before.slice(before.length);
    this.#meeting = { ...meeting, before };
    const text = before.trimEnd();
    this.#space = before.slice(text.length);
    this.#dropsSpace = isPrefill || text === '';
    this.#repetition = new Repetition(before);
    this.#state = text === '' ? 'joined' : isInCode(before) ? 'fence' : 'repeating';
  }

  /** The share of the continuation that was new. */
  get newShare(): number {
    return this.#taken === 0 ? 1 : this.#written / this.#taken;
  }

  /** Whether nothing of it has come. */
  get isEmpty(): boolean {
    return this.#taken === 0;
  }

  /** Takes the next piece and returns what of the continuation may be said now. */
  push(text: string): string {
    this.#taken += text.length;
    return this.#note(this.#state === 'joined' ? this.#afterSeam(text) : this.#hold(text, false));
  }

  /** No more text follows, or something else comes next: returns what was held back. */
  flush(): string {
    return this.#state === 'joined' || this.#held === '' ? '' : this.#note(this.#hold('', true));
  }

  #note(text: string): string {
    this.#written += text.length;
    return text;
  }

  #hold(text: string, isAll: boolean): string {
    this.#held += text;
    if (this.#state === 'fence') {
      const fence = fenceOf(this.#held, this.#meeting.before, isAll);
      if (fence === undefined) return '';
      const rest = this.#held.slice(fence);
      this.#held = '';
      this.#state = 'repeating';
      return this.#hold(rest, isAll);
    }
    if (this.#state === 'repeating') {
      let found = this.#repetition.push(text);
      if (found.kind === 'undecided' && isAll) found = this.#repetition.end();
      if (found.kind === 'undecided') return '';
      if (found.kind === 'repeated') {
        this.#dropsSpace = true;
        return this.#join(this.#held.slice(found.at));
      }
      if (found.kind === 'diverged') throw new AnswerProblem({ kind: 'other-answer' });
      this.#state = 'judging';
    }
    if (this.#state === 'judging') {
      const verdict = fit(this.#held, isAll, this.#meeting);
      if (verdict === 'wait') return '';
      if (verdict === 'fits') return this.#join(this.#held);
      this.#state = 'introduced';
    }
    return this.#afterIntroduction(isAll);
  }

  /** Looks for the text behind an introduction: its beginning if the model starts over, or its end. */
  #afterIntroduction(isAll: boolean): string {
    const { before } = this.#meeting;
    const text = before.trim();
    const landmarks = text.length < LEAST_LANDMARK ? [] : [text.slice(0, LEAST_LANDMARK), text.slice(-LEAST_LANDMARK)];
    const found = landmarks.map((landmark) => this.#held.indexOf(landmark)).filter((at) => at > 0);
    if (found.length === 0) {
      if (landmarks.length > 0 && !isAll && this.#held.length < LONGEST_INTRODUCTION + LEAST_LANDMARK) return '';
      throw new AnswerProblem({ kind: 'other-answer' });
    }
    const rest = this.#held.slice(Math.min(...found));
    this.#repetition = new Repetition(before);
    this.#held = '';
    this.#state = 'repeating';
    return this.#hold(rest, isAll);
  }

  #join(text: string): string {
    this.#state = 'joined';
    this.#held = '';
    return this.#afterSeam(text);
  }

  #afterSeam(text: string): string {
    const rest = this.#withoutSpace(text);
    return this.#half === '' || rest === '' ? rest : this.#afterHalf(rest);
  }

  #withoutSpace(text: string): string {
    if (!this.#isAtSeam || text === '') return text;
    if (!this.#dropsSpace) {
      this.#isAtSeam = false;
      return text;
    }
    let same = 0;
    while (same < text.length && same < this.#space.length && text[same] === this.#space[same]) same += 1;
    this.#space = this.#space.slice(same);
    this.#isAtSeam = same === text.length && this.#space !== '';
    return text.slice(same);
  }

  /** The client has the first half of a character: only the other half can follow. */
  #afterHalf(text: string): string {
    const rest = text.startsWith(this.#half) ? text.slice(1) : text;
    if (!/^[\uDC00-\uDFFF]/.test(rest)) throw new AnswerProblem({ kind: 'other-answer' });
    this.#half = '';
    return rest;
  }
}

/** A text without the half of a character at its end, which no provider takes: a stream may be cut between the two. */
export function withoutHalf(text: string): string {
  return text.replace(/[\uD800-\uDBFF]$/, '');
}
