/** Does one piece of work on a large body. Needs nothing but its data, so that any thread can. */
import { type TextWindows, windowsOf } from '../../costs/token-estimate.ts';
import { formatParts } from '../../formats/index.ts';
import { chooseLane } from '../../lanes/choose-lane.ts';
import type { LaneRequest } from '../../lanes/lane-request.ts';
import { readByPlan } from '../../lanes/read-by-plan.ts';
import { OPERATIONS, travelOf } from '../../operations/index.ts';
import { type EnvelopeFault, readEnvelope } from '../../wire/envelope.ts';
import { deploymentOf } from './deployment-data.ts';
import { tooMuch } from './heavy-errors.ts';
import type { Job, Made, RequestData } from './jobs.ts';

/** Of objects, lists, strings and names. Requests are held to fewer when they are received. */
const MOST_ANSWER_PARTS = 2_000_000;
const DENSE: ReadonlySet<EnvelopeFault> = new Set(['too-many-parts', 'too-deep', 'too-many-members']);

/** Makes what a job asks for. Throws as the same work elsewhere does. */
export function doJob(job: Job, bytes: Uint8Array): Made[Job['kind']] {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (job.kind) {
    case 'write':
      return write(job, body);
    case 'read': {
      refuseDense(body);
      const answer = readByPlan(body, job.plan, job.isStream);
      return { ...answer, text: answer.usage === undefined ? answer.text() : '' };
    }
    case 'normalize':
      return { body: Buffer.from(JSON.stringify(JSON.parse(body.toString('utf8')))) };
    case 'prompt':
      return prompt(job, body);
  }
}

/**
 * Refuses answers that consist of millions of objects and lists before they are parsed: V8 ends the whole process, and not the thread
 * alone, if a heap is still too large after the thread was stopped (Node.js 24.21, 2026-11).
 */
function refuseDense(body: Buffer): void {
  const envelope = readEnvelope(body, MOST_ANSWER_PARTS);
  if (!envelope.ok && DENSE.has(envelope.reason)) throw tooMuch('read');
}

function write(job: Extract<Job, { kind: 'write' }>, body: Buffer): Made['write'] {
  const request = requestOf(job.request, body);
  const deployment = deploymentOf(job.deployment);
  const choice = chooseLane(request, deployment);
  const travel = choice === undefined ? undefined : travelOf(choice);
  // What no lane takes is refused where the request is served.
  if (choice === undefined || travel === undefined) return { choice: undefined };
  const { lane, reason, operationName } = choice;
  return { choice: { lane, reason, operationName }, ...travel.write(request, deployment, choice) };
}

function prompt({ request, isQuestion }: Extract<Job, { kind: 'prompt' }>, body: Buffer): TextWindows {
  const { operation, format, envelope } = request;
  if (isQuestion) OPERATIONS[operation].ownCount?.check(requestOf(request, body));
  const text = formatParts(format).outline(body, envelope).promptText();
  return windowsOf(text, Math.random);
}

function requestOf({ operation, format, groupName, ...rest }: RequestData, body: Buffer): LaneRequest {
  return {
    ...rest,
    body,
    endpoint: { operation: OPERATIONS[operation], format },
    outline: formatParts(format).outline(body, rest.envelope),
    group: groupName === undefined ? undefined : { name: groupName },
    // The headers that a provider is handed are added where the request is sent.
    client: { headers: {} },
  };
}
