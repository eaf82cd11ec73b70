/** The thread for large bodies: one job at a time, each with its body. */
import { parentPort } from 'node:worker_threads';
import { doJob } from './do-job.ts';
import { failureOf, type JobAnswer, type JobQuestion } from './jobs.ts';

const port = parentPort;
if (port !== null) {
  port.on('message', ({ job, body }: JobQuestion) => {
    let answer: JobAnswer;
    try {
      answer = { made: doJob(job, body) };
    } catch (thrown) {
      answer = { failure: failureOf(thrown) };
    }
    say(answer);
  });
  say('ready');
}

/** A body that was made is handed over and not copied. */
function say(answer: JobAnswer): void {
  const bytes = answer !== 'ready' && 'made' in answer && 'body' in answer.made ? answer.made.body : undefined;
  const owned =
    bytes === undefined || bytes.byteLength !== bytes.buffer.byteLength ? [] : [bytes.buffer as ArrayBuffer];
  port?.postMessage(answer, owned);
}
