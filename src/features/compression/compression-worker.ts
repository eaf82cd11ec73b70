/** The thread that compresses large prompts. */
import { parentPort } from 'node:worker_threads';
import { compressBody } from './compress-body.ts';
import type { ThreadAnswer, ThreadQuestion } from './compression-thread.ts';

const port = parentPort;
port?.on('message', ({ body, format, ratio, of, frozen }: ThreadQuestion) => {
  port.postMessage(answerTo(Buffer.from(body.buffer, body.byteOffset, body.byteLength), { format, ratio, of, frozen }));
});

function answerTo(body: Buffer, { format, ...wish }: Omit<ThreadQuestion, 'body'>): ThreadAnswer | 'failed' {
  try {
    const made = compressBody(body, format, wish);
    if (made === undefined) return 'failed';
    const { turns, backedOff } = made;
    return { turns, ...(backedOff !== undefined && { backedOff }), ...(made.body !== body && { body: made.body }) };
  } catch {
    return 'failed';
  }
}
