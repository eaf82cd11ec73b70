/** Makes a request ready for one deployment, and refuses parameters that its provider cannot take. */
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { requestIdHeader } from '../../formats/client-error.ts';
import type { LaneChoice } from '../../lanes/choose-lane.ts';
import { prepareContinuation, styleForDeployment } from '../../lanes/continue/prepare-continuation.ts';
import type { PreparedCall } from '../../lanes/prepared-call.ts';
import type { Written } from '../../lanes/travel.ts';
import { travelOf } from '../../operations/index.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { withPricedMembers } from '../money/members-under-budget.ts';
import { refuseUnpriced } from '../money/priced-deployments.ts';
import type { Parts } from '../parts.ts';

/**
 * The request as its lane writes it, and how its answer is read. Throws if a parameter is refused, and a `TooHeavy` if it takes
 * long: then another thread writes it, and it is `written`.
 */
export function prepare(
  exchange: Exchange,
  deployment: Deployment,
  choice: LaneChoice,
  written?: Written,
): PreparedCall {
  refuseUnpriced(exchange, deployment);
  noteLane(exchange, choice);
  const ready =
    exchange.continuity?.broken?.rest === undefined
      ? alongItsLane(exchange, deployment, choice, written)
      : rest(exchange, deployment, choice);
  const prepared = withPricedMembers(exchange, deployment, choice, ready);
  exchange.dropped = prepared.dropped;
  refuseContent(prepared, deployment);
  if (prepared.dropped.length > 0 && !(deployment.dropParams ?? isAgent(exchange))) {
    refuseUnsupported(prepared, deployment);
  }
  const { rewrite } = exchange.slots;
  if (rewrite === undefined) return prepared;
  const body = rewrite(exchange, { deployment, format: choice.operation.format, body: prepared.body });
  return body === undefined ? prepared : { ...prepared, body };
}

/**
 * Whether the client is Claude Code, Codex or Gemini CLI, which send the parameters of one provider to every model: LiteLLM drops what others cannot
 * take for them too (https://github.com/BerriAI/litellm/pull/30218 and https://github.com/BerriAI/litellm/pull/34068, 2026-11-28).
 */
function isAgent({ client }: Exchange): boolean {
  const agent = client.headers['user-agent'];
  return typeof agent === 'string' && AGENT.test(agent);
}

const AGENT = /(?:^|\s)(?:claude-cli|codex|GeminiCLI)(?:[-_/]|$)/i;

/** Notes how a request travels; of two attempts that race, the winner notes it again. */
export function noteLane(exchange: Exchange, { lane, reason }: LaneChoice): void {
  exchange.lane = lane;
  exchange.laneReason = exchange.bodyNote ?? reason;
}

/** The request for the rest of an answer that broke off at another deployment. */
function rest(exchange: Exchange, deployment: Deployment, choice: LaneChoice): PreparedCall {
  const broken = exchange.continuity?.broken;
  if (broken?.rest === undefined) throw new RangeError('nothing to continue');
  const { sent, request, style = styleForDeployment(deployment, choice, request) } = broken.rest;
  exchange.lane = 'translate';
  exchange.laneReason = 'continuation';
  return prepareContinuation({ asked: exchange, deployment, choice, sent, style, firstUsage: broken.firstUsage });
}

function alongItsLane(
  exchange: Exchange,
  deployment: Deployment,
  choice: LaneChoice,
  written: Written | undefined,
): PreparedCall {
  const travel = travelOf(choice);
  if (travel === undefined) throw unsupportedOperation(exchange, deployment);
  return travel.finish(exchange, deployment, choice, written ?? travel.write(exchange, deployment, choice));
}

/** Content is not a parameter: without it the answer would be to another question. */
function refuseContent({ dropped }: PreparedCall, { provider, model }: Deployment): void {
  const first = dropped.find(({ kind }) => kind === 'refused');
  if (first === undefined) return;
  const { field, why, details } = first;
  throw new GatewayError(
    'unsupported_content',
    `BadRequestError: ${provider.name} cannot take '${field}' for model=${model}: ${why.replace(/\.$/, '')}. Leave it out, send it in another form, or ask another model.`,
    { param: field, ...defined({ details }) },
  );
}

function refuseUnsupported(prepared: PreparedCall, deployment: Deployment): void {
  const refused = prepared.dropped.filter(({ kind }) => kind === 'unsupported');
  const [first] = refused;
  if (first === undefined) return;
  const names = refused.map(({ field }) => `'${field}'`).join(', ');
  throw new GatewayError(
    'unsupported_parameter',
    `UnsupportedParamsError: ${deployment.provider.name} does not support parameters: [${names}], for model=${deployment.model} (${first.why}). ` +
      'Leave them out, or set `litellm_settings: drop_params: true` to have them dropped.',
    { param: paramOf(first.field) },
  );
}

/** A tool that cannot be had is named as OpenAI does it ("Hosted tool … is not supported with …", `param` `tools`), so that programs find it. */
const paramOf = (field: string): string => (/^tools\[\d+\]$/.test(field) ? 'tools' : field);

/** Answers without the provider if the operation can; throws `unsupported_operation` if it cannot. */
export async function answerHere(
  exchange: Exchange,
  deployment: Deployment,
  { countTokens, heavy }: Parts,
): Promise<void> {
  const { callId, endpoint, outline, body: asked, mostParsedBytes, identity } = exchange;
  const { ownCount } = endpoint.operation;
  if (ownCount === undefined) throw unsupportedOperation(exchange, deployment);
  const isHeavy = asked.length > mostParsedBytes;
  if (!isHeavy) ownCount.check(exchange);
  const words = isHeavy ? await heavy.promptOf(exchange, true) : outline.promptText();
  const body = ownCount.write(await countTokens(words, identity?.keyHash), endpoint.format);
  exchange.status = 200;
  const ids = ['x-litellm-call-id', callId, requestIdHeader(endpoint.format), callId];
  exchange.client.sendWhole(200, ['content-type', 'application/json', ...ids], body);
}

function unsupportedOperation(exchange: Exchange, deployment: Deployment): GatewayError {
  return new GatewayError(
    'unsupported_operation',
    `${exchange.endpoint.name}: ${deployment.provider.title} does not offer this operation for model=${exchange.model ?? ''}. Choose another model.`,
    { param: 'model' },
  );
}
