import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import { type JsonValue, mapTexts } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { formatParts } from '../../formats/index.ts';
import type { FormatId, ProviderErrorFacts } from '../../formats/neutral/conversation.ts';
import type { Problem } from '../../lanes/answer-problem.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { UpstreamFault, UpstreamHeaders } from '../../upstream/upstream.ts';

/** A failed answer of a provider: its status, headers and the bytes of its body. */
interface FailedResponse {
  readonly status: number;
  readonly headers: UpstreamHeaders;
  readonly body: Buffer;
}

/** What a provider's answer with an error status means, in our words. */
export function errorOfResponse(
  deployment: Deployment,
  format: FormatId,
  response: FailedResponse,
  receivedAtMs: number,
): GatewayError {
  const body = parse(response);
  const error = body === undefined ? undefined : formatParts(format).readError(body);
  return classify(deployment, response.status, response.headers, body, error, receivedAtMs);
}

/** What stopped an answer that had begun, or that came with a status of success. */
export function errorOfProblem(deployment: Deployment, problem: Problem, receivedAtMs: number): GatewayError {
  const { title } = deployment.provider;
  switch (problem.kind) {
    case 'fault':
      return errorOfFault(deployment, { ...problem.fault, detail: deployment.secrets.redact(problem.fault.detail) });
    case 'reported':
      return classify(deployment, problem.facts.status ?? 200, {}, problem.body, problem.facts, receivedAtMs);
    case 'cut':
      return new GatewayError(
        'upstream_stream_cut',
        `APIConnectionError: ${title}Exception - the provider ended the stream before the answer was whole. What was received so far is incomplete.`,
        { provider: deployment.provider.name },
      );
    case 'other-answer':
      return new GatewayError(
        'upstream_other_answer',
        `APIConnectionError: ${title}Exception - the model was asked for the rest of an answer that broke off, and began another answer.`,
        { provider: deployment.provider.name },
      );
    case 'empty':
    case 'misfit':
    case 'malformed':
      return new GatewayError(
        'upstream_bad_gateway',
        `BadGatewayError: ${title}Exception - the provider sent no valid answer: ${deployment.secrets.redact(problem.detail)}.`,
        { provider: deployment.provider.name },
      );
  }
}

function errorOfFault(deployment: Deployment, fault: UpstreamFault): GatewayError {
  const { name: provider, title } = deployment.provider;
  switch (fault.kind) {
    case 'dns':
    case 'connect':
    case 'tls':
    case 'reset':
      return new GatewayError('upstream_connection', `APIConnectionError: ${title}Exception - ${fault.detail}.`, {
        provider,
      });
    case 'connect-timeout':
    case 'first-byte-timeout':
    case 'idle-timeout':
    case 'total-timeout':
      return new GatewayError('upstream_timeout', `Timeout: ${title}Exception - ${fault.detail}.`, { provider });
    case 'malformed':
    case 'too-large':
      return new GatewayError('upstream_bad_gateway', `BadGatewayError: ${title}Exception - ${fault.detail}.`, {
        provider,
      });
    case 'slow-client':
    case 'aborted':
      return new GatewayError('client_gone', `The client is gone: ${fault.detail}.`);
  }
}

function classify(
  deployment: Deployment,
  status: number,
  headers: UpstreamHeaders,
  body: JsonValue | undefined,
  error: ProviderErrorFacts | undefined,
  receivedAtMs: number,
): GatewayError {
  // Keys have no shape one could rely on; the deployment's own are known, so they never leave, however they are echoed. Taken
  // out first: a message that was shortened could end in the middle of one.
  const clean = (text: string): string => deployment.secrets.redact(text);
  const failure = deployment.provider.classify({
    ...{ status, headers, receivedAtMs },
    body: mapTexts(body, bounded(clean)),
    error: mapTexts(error, bounded(clean)),
  });
  return new GatewayError(failure.code, clean(failure.message), {
    provider: deployment.provider.name,
    ...(failure.param !== undefined && { param: clean(failure.param) }),
    ...(failure.providerCode !== undefined && { providerCode: clean(failure.providerCode) }),
    ...failure.contextSize,
    ...defined({
      retryAfterMs: failure.retryAfterMs,
      status: failure.status,
      details: mapTexts(error?.details, bounded(clean)),
    }),
  });
}

/** An error in an answer with a status of success may have megabytes, and each of them takes a third of a second to search. */
function bounded(clean: (text: string) => string): (text: string) => string {
  let left = MOST_SEARCHED;
  return (text) => {
    left -= text.length + COST_OF_A_TEXT;
    return left < 0 ? WITHHELD : clean(text);
  };
}

/** How many characters of one failed answer are searched for credentials: enough for every error message. */
const MOST_SEARCHED = 131_072;
/** What searching takes for the shortest text, in characters. */
const COST_OF_A_TEXT = 16;
const WITHHELD = "the provider's message was withheld, because it is too long to be searched for credentials";

/** The JSON of a failed answer; of one that is plain text, its words as a JSON string, and of a page of HTML its title. */
function parse({ body, headers }: FailedResponse): JsonValue | undefined {
  const text = body.toString('utf8').trim();
  try {
    return parseJson(text);
  } catch {
    const type = String(headers['content-type'] ?? '');
    if (text === '' || text.includes('\u0000') || text.includes('\uFFFD')) return undefined;
    if (type.includes('html') || text.startsWith('<')) return /<title>\s*([^<]{1,200})/i.exec(text)?.[1]?.trim();
    return text;
  }
}
