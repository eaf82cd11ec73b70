/**
 * Under a budget a request is sent to a provider only with what the provider's list knows as harmless or priced: the claim would not
 * hold for anything else. The operator can allow more for a deployment (`allowed_openai_params`), a client cannot.
 */
import { GatewayError } from '../../core/errors.ts';
import type { AnswerKind } from '../../costs/prices.ts';
import type { RateCard } from '../../costs/rate-card.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { formatParts } from '../../formats/index.ts';
import type { RequestOutline } from '../../formats/outline.ts';
import type { LaneChoice } from '../../lanes/choose-lane.ts';
import type { PreparedCall } from '../../lanes/prepared-call.ts';
import { type MemberPrices, refusedMember, unknownNulls } from '../../providers/budget-members.ts';
import { isGatewayMember } from '../../providers/gateway-members.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { memberNamed, readEnvelope } from '../../wire/envelope.ts';
import { splice } from '../../wire/splice.ts';

/**
 * The call as it may be sent under a budget: without members that are `null` and unknown. Throws if it has something that the
 * deployment may not be sent.
 */
export function withPricedMembers(
  exchange: Exchange,
  deployment: Deployment,
  choice: LaneChoice,
  prepared: PreparedCall,
): PreparedCall {
  const { body, headers } = prepared;
  const { admission, envelope, outline } = exchange;
  if (admission?.ceiling === undefined) return prepared;
  const { operation, operationName, lane } = choice;
  const { allowedOpenaiParams: allowed } = deployment.config;
  const prices = pricesOf(exchange, deployment, admission.ceiling);
  const defaults = deployment.defaults(operationName, operation);
  const isRelayed = lane === 'relay' && exchange.lane === 'relay';
  const sent = isRelayed ? outline : outlineOf(body, choice);
  if (sent === undefined) return prepared;
  const found = refusedMember(operation.budgetMembers, sent, prices, (name) => {
    if (allowed.includes(name)) return true;
    if (memberNamed(envelope, name) === undefined) return Object.hasOwn(defaults, name);
    // What the gateway keeps for itself, or drops, is sent to no provider.
    return isRelayed && isDropped(name, exchange, deployment, choice);
  });
  if (found !== undefined) throw unpricedParameter(found.field, found.word, deployment);
  const { takesWord } = operation.budgetMembers;
  for (let index = 0; takesWord !== undefined && index < headers.length; index += 2) {
    const [header = '', words = ''] = headers.slice(index, index + 2);
    const word = words
      .split(',')
      .map((each) => each.trim())
      .find((each) => each !== '' && !takesWord(header, each) && !allowed.includes(each));
    if (word !== undefined && !allowed.includes(header)) throw unpricedParameter(header, word, deployment);
  }
  const nulls = unknownNulls(operation.budgetMembers, sent).filter((name) => !allowed.includes(name));
  return nulls.length === 0 ? prepared : { ...prepared, body: without(body, nulls) };
}

function without(body: Buffer, names: readonly string[]): Buffer {
  const envelope = readEnvelope(body);
  if (!envelope.ok) return body;
  const present = names.filter((name) => memberNamed(envelope, name)?.kind === 'null');
  return splice(
    body,
    envelope,
    present.map((name) => ({ edit: 'remove', name })),
  );
}

function isDropped(name: string, { outline }: Exchange, deployment: Deployment, choice: LaneChoice): boolean {
  const { operation, operationName } = choice;
  return (
    isGatewayMember(name, operation.format, (other) => outline.value(other)) ||
    deployment.config.additionalDropParams.includes(name) ||
    deployment.rules(operationName, operation).unsupported?.includes(name) === true
  );
}

function outlineOf(body: Buffer, { operation }: LaneChoice): RequestOutline | undefined {
  const envelope = readEnvelope(body);
  return envelope.ok ? formatParts(operation.format).outline(body, envelope) : undefined;
}

function pricesOf({ startedAtMs }: Exchange, { priced }: Deployment, ceiling: RateCard): MemberPrices {
  const card = priced.ratesOfAnswer({}, startedAtMs) ?? ceiling;
  const isDearer = (answer: AnswerKind): boolean => {
    const other = priced.ratesOfAnswer(answer, startedAtMs);
    return other !== undefined && (other.input.base > card.input.base || other.output.base > card.output.base);
  };
  return {
    search: card.perWebSearch !== undefined || card.perWebSearchBySize !== undefined,
    audio: card.audioOutput !== undefined,
    tier: (serviceTier) => isDearer({ serviceTier }),
    speed: (speed) => isDearer({ speed }),
    region: (region) => isDearer({ region }),
  };
}

function unpricedParameter(field: string, word: string, { provider, model }: Deployment): GatewayError {
  const what = word === field ? `\`${field}\`` : `\`${word}\` in \`${field}\``;
  return new GatewayError(
    'unpriced_parameter',
    `${what.slice(0, 200)} cannot be sent to ${provider.title} (model=${model}) by a request that counts against a budget: its cost is not known beforehand. ` +
      'Leave it out, or ask the operator to list it in `allowed_openai_params` of the deployment.',
    { param: field.slice(0, 200) },
  );
}
