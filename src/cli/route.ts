import { readFileSync } from 'node:fs';
import { didYouMean } from '../config/did-you-mean.ts';
import { renderFindings } from '../config/finding.ts';
import { systemClock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { TokenCounter } from '../costs/token-counter.ts';
import { chatCompletions } from '../endpoints/chat-completions/index.ts';
import { forecast, type RouteForecast } from '../pipeline/diagnosis/explain-route.ts';
import { planOnly } from '../pipeline/diagnosis/plan-only.ts';
import { HeavyWork } from '../pipeline/heavy/heavy-work.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Arguments } from './read-arguments.ts';
import { renderForecast } from './render-route.ts';
import { readServedConfig } from './served-config.ts';
import { snapshotAtStart } from './snapshot-at-start.ts';
import { writeError, writeOut } from './terminal.ts';

/**
 * `sluice route FILE… --model M`: says which deployments a request would be tried at and why not at the others, without calling
 * anyone; 2 where the files or the request are wrong.
 */
export async function route(args: Arguments, env: NodeJS.ProcessEnv): Promise<number> {
  const { model } = args;
  if (args.files.length === 0 || model === undefined) {
    return fail('route needs a file and a model: sluice route config.yaml --model gpt-4o, or a request: --call-id ID.');
  }
  const { config, findings } = readServedConfig('files', args, env, '');
  if (config === undefined) {
    const errors = findings.filter(({ severity }) => severity === 'error');
    process.stderr.write(renderFindings(errors, { color: process.stderr.isTTY === true }));
    return 2;
  }
  const snapshot = snapshotAtStart(config, systemClock);
  const known = snapshot.groups.resolve(model);
  if (known === undefined) {
    const near = didYouMean(model, snapshot.groups.listedNames())?.word;
    return fail(`No group serves ${model}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
  }
  let told: RouteForecast;
  try {
    told = await foresee(snapshot, args, bodyOf(model, args));
  } catch (error) {
    const isOfFile = error instanceof Error && 'syscall' in error;
    if (!isOfFile && !(error instanceof GatewayError)) throw error;
    return fail(error.message);
  }
  writeOut(args.json ? `${JSON.stringify(told, null, 2)}\n` : renderForecast(told));
  return 0;
}

async function foresee(snapshot: Snapshot, { tags }: Arguments, body: JsonObject): Promise<RouteForecast> {
  const tokens = new TokenCounter();
  const heavy = new HeavyWork();
  try {
    const exchange = await planOnly({
      ...{ endpoint: chatCompletions, snapshot, identity: undefined, clock: systemClock },
      body: Buffer.from(JSON.stringify(body)),
      headers: tags === undefined ? {} : { 'x-litellm-tags': tags },
      parts: { heavy, countTokens: (text) => tokens.count(text) },
    });
    return forecast(exchange);
  } finally {
    await Promise.all([tokens.close(), heavy.close()]);
  }
}

function bodyOf(model: string, { promptFile, stream }: Arguments): JsonObject {
  const asked = promptFile === undefined ? 'Hello' : readPrompt(promptFile);
  const request: JsonObject =
    typeof asked === 'string'
      ? { messages: [{ role: 'user', content: asked }] }
      : Array.isArray(asked)
        ? { messages: asked }
        : asked;
  return { ...request, model, ...(stream && { stream: true }) };
}

function readPrompt(path: string): JsonObject | JsonObject[] | string {
  const text = readFileSync(path, 'utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
    if (Array.isArray(value) && value.every(isJsonObject)) return value;
  } catch {
    // No JSON: the file is the prompt.
  }
  return text;
}

function fail(message: string): number {
  writeError(`${message}\n`);
  return 2;
}
