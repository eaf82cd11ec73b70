import { askSecurely } from './ask-securely.ts';
import { addressOf } from './banner.ts';
import { knownMasterKey } from './master-key.ts';
import type { Arguments } from './read-arguments.ts';
import { writeError, writeOut } from './terminal.ts';

/** What the configuration says of the gateway that serves it. */
export interface ServedFacts {
  readonly masterKey?: string;
  /** The certificate that it shows; absent: it serves HTTP. */
  readonly certificateFile?: string;
}

/** A model answers slowly; a gateway that is not there does not answer at all. */
const TIMEOUT_MS = 60_000;

/** `sluice --test`: sends one small completion to the gateway that runs on the given host and port; prints it. */
export async function testRunning(args: Arguments, env: NodeJS.ProcessEnv, served: ServedFacts): Promise<number> {
  const ask = asker(args, env, served);
  const model = args.model ?? (await firstModel(ask));
  if (model === undefined) return fail('The gateway lists no model. Name one with --model.');
  const body = JSON.stringify({
    model,
    messages: [{ role: 'user', content: 'This is a test. Answer with one short sentence.' }],
  });
  const answer = await ask('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return print(answer);
}

/** `sluice --health`: prints what the running gateway says of its deployments; 1 where one is unhealthy. */
export async function healthOfRunning(args: Arguments, env: NodeJS.ProcessEnv, served: ServedFacts): Promise<number> {
  const answer = await asker(args, env, served)('/health', {});
  const code = print(answer);
  const isSick = isRecord(answer.body) && Number(answer.body.unhealthy_count ?? 0) > 0;
  return isSick ? 1 : code;
}

/** `sluice route --call-id ID`: prints which way a request of the running gateway went, and why. */
export async function routeOfRunning(
  args: Arguments,
  callId: string,
  env: NodeJS.ProcessEnv,
  served: ServedFacts,
): Promise<number> {
  return print(await asker(args, env, served)(`/route/${encodeURIComponent(callId)}`, {}));
}

/** An answer of the running gateway; `body` is undefined where it is not JSON. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}

/** Asks the running gateway. Rejects where none answers. */
export type Ask = (path: string, request?: AskedRequest) => Promise<Answer>;

/** A request to it; a GET unless it says otherwise. */
interface AskedRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Where a gateway runs. */
export type Place = Pick<Arguments, 'host' | 'port' | 'certificateFile'>;

/** Asks the gateway on the given host and port under the master key. */
export function asker(args: Place, env: NodeJS.ProcessEnv, { masterKey, ...served }: ServedFacts): Ask {
  const certificateFile = args.certificateFile ?? served.certificateFile;
  const base = addressOf(args.host ?? '127.0.0.1', args.port ?? 4000, certificateFile !== undefined);
  const key = knownMasterKey(masterKey, env);
  return async (path, request = {}) => {
    const headers = { ...request.headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      if (certificateFile !== undefined) {
        const { status, text } = await askSecurely(
          new URL(base + path),
          certificateFile,
          { ...request, headers },
          signal,
        );
        return { status, text, body: parsed(text) };
      }
      const response = await fetch(base + path, { ...request, headers, signal });
      const text = await response.text();
      return { status: response.status, text, body: parsed(text) };
    } catch (error) {
      throw new Error(
        `No gateway answers at ${base}: ${reasonOf(error)}${certificateFile === undefined ? HTTPS_HINT : ''}`,
      );
    }
  };
}

const HTTPS_HINT = '. If it serves HTTPS, name its configuration, or its certificate by --ssl_certfile_path.';

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

async function firstModel(ask: Ask): Promise<string | undefined> {
  const { body } = await ask('/v1/models', {});
  const list = isRecord(body) && Array.isArray(body.data) ? body.data : [];
  const names = list.filter(isRecord).map((entry) => String(entry.id));
  return names.find((name) => !name.includes('*') && !/embed/i.test(name));
}

function print(answer: Answer): number {
  writeOut(`${answer.body === undefined ? answer.text : JSON.stringify(answer.body, null, 2)}\n`);
  return answer.status === 200 ? 0 : fail(`The gateway answered with status ${answer.status}.`);
}

function fail(message: string): number {
  writeError(`${message}\n`);
  return 1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not every answer on the way is JSON: a proxy in between says what it likes, and its words are printed as they came.
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
