import type { Finish, StreamEvent } from '../../formats/neutral/conversation.ts';
import { describeEnd, isTrueEnd, saysSomething } from '../../formats/neutral/no-answer.ts';
import { AnswerProblem } from '../answer-problem.ts';
import { RewrittenStream } from '../rewritten-stream.ts';
import type { StreamEnd } from '../stream-answer.ts';

/** One translated stream. The client gets nothing before the first content. */
export class TranslatedStream extends RewrittenStream {
  #hasContent = false;
  #isAnswered = false;

  take(event: StreamEvent): void {
    if (!this.note(event)) return;
    if (event.type === 'finish') this.#takeFinish(event.finish);
    else if (saysSomething(event)) this.#isAnswered = true;
    if (event.type !== 'start' && event.type !== 'usage') this.#hasContent = true;
    this.write(event);
  }

  override finish(): StreamEnd {
    const end = super.finish();
    if (this.#isAnswered || (!end.isWhole && end.problem.kind === 'reported')) return end;
    if (!end.isWhole && this.#hasContent) return end;
    return {
      isWhole: false,
      last: '',
      problem: { kind: 'empty', detail: describeEnd(undefined) },
      wasToldClient: false,
    };
  }

  protected override mayWrite(): boolean {
    return this.#hasContent;
  }

  #takeFinish(finish: Finish): void {
    if (isTrueEnd(finish)) this.#isAnswered = true;
    else if (!this.#isAnswered) throw new AnswerProblem({ kind: 'empty', detail: describeEnd(finish) });
    else if (finish.reason === 'error') throw new AnswerProblem({ kind: 'malformed', detail: describeEnd(finish) });
  }
}
