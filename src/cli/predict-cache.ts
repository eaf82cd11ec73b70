import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { asker, type ServedFacts } from './ask-running.ts';
import type { Arguments } from './read-arguments.ts';
import { writeError, writeOut } from './terminal.ts';

/** `sluice predict cache`: asks the running gateway what a request would cost at two deployments; prints its answer. */
export async function predictCache(args: Arguments, env: NodeJS.ProcessEnv, served: ServedFacts): Promise<number> {
  const { current, candidate, promptFile } = args;
  if (current === undefined || candidate === undefined)
    return fail('predict cache needs --current ID and --candidate ID.', 2);
  let request: JsonObject;
  try {
    request = readBody(promptFile === undefined ? await text(process.stdin) : readFileSync(promptFile, 'utf8'));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), 2);
  }
  const answer = await asker(
    args,
    env,
    served,
  )('/cost/predict-cache', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ current_deployment_id: current, candidate_deployment_id: candidate, request }),
  });
  writeOut(`${answer.body === undefined ? answer.text : JSON.stringify(answer.body, null, 2)}\n`);
  return answer.status === 200 ? 0 : fail(`The gateway answered with status ${answer.status}.`, 1);
}

function readBody(body: string): JsonObject {
  const value: unknown = JSON.parse(body);
  if (isJsonObject(value)) return value;
  throw new TypeError('The request must be a JSON object: the body as a client sends it.');
}

function fail(message: string, code: number): number {
  writeError(`${message}\n`);
  return code;
}
