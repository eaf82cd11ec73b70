import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Answer } from '../endpoints/question.ts';

/** Sends the answer to a question: as JSON, as a page, or as events. */
export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  const { status, body, events, page } = answer;
  if (page !== undefined)
    return reply.code(status).headers(page.headers).header('content-type', 'text/html; charset=utf-8').send(page.html);
  if (events === undefined)
    return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(body));
  return reply
    .code(status)
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-cache')
    .send(typeof events === 'string' ? events : Readable.from(events, { objectMode: false }));
}
