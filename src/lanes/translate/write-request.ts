import type { JsonObject } from '../../core/json.ts';
import type { ConversationFormat, Dropped } from '../../formats/format.ts';
import { formatParts } from '../../formats/index.ts';
import { lostMeaning } from '../../formats/lost-meaning.ts';
import type { ConversationRequest } from '../../formats/neutral/conversation.ts';
import { fitTools } from '../../formats/neutral/tool-limits.ts';
import { applyRules } from '../../providers/apply-rules.ts';
import { instructed } from '../../providers/instructed-schema.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { AnsweredCalls } from '../answered-calls.ts';
import { type LaneChoice, toolLimitsOf } from '../choose-lane.ts';
import { clientBody, refuseBadRequest } from '../client-body.ts';
import type { LaneRequest } from '../lane-request.ts';
import { repairRequest } from './repair-request.ts';
import { shapeTurns } from './shape-turns.ts';

/** A request as a provider takes it, and what its answer needs on the way back. */
interface WrittenForProvider {
  /** The client's body, parsed. */
  readonly sent: JsonObject;
  readonly body: JsonObject;
  readonly dropped: readonly Dropped[];
  readonly calls: AnsweredCalls;
  /** What the answer is checked against, if the provider cannot be held to it. */
  readonly schema: JsonObject | undefined;
}

/** The request with the deployment's own parameters, which are in the names of chat completions, where it has none. */
function withDefaults(request: ConversationRequest, parameters: JsonObject): ConversationRequest {
  const { conversation } = formatParts('openai-chat');
  const messages = [{ role: 'user', content: '' }];
  const read = conversation?.readRequest({ ...parameters, model: request.model, messages }).request;
  if (read === undefined) return request;
  const { turns: _turns, stream: _stream, streamUsage: _usage, extensions: _extensions, sampling, ...rest } = read;
  return { ...rest, ...request, sampling: { ...sampling, ...request.sampling } };
}

/** Writes the client's request for a provider; `adapt` may change what is asked on the way. */
export function writeRequest(
  asked: LaneRequest,
  deployment: Deployment,
  choice: LaneChoice,
  client: ConversationFormat,
  provider: ConversationFormat,
  adapt: (request: ConversationRequest) => ConversationRequest = (request) => request,
): WrittenForProvider {
  const sent = clientBody(asked, client.id);
  const { operation, operationName } = choice;
  const speaksOpenai = client.id === 'openai-chat';
  // The deployment's own fields are written in OpenAI's names; a client of another format gets them added at the far end.
  const full = speaksOpenai ? { ...deployment.config.defaultParams, ...sent } : sent;
  const given = refuseBadRequest(() => client.readRequest(full));
  const needsNames = !speaksOpenai && provider.hasOwnParameterNames === true && deployment.hasDefaultParams;
  const named = needsNames ? withDefaults(given.request, deployment.config.defaultParams) : given.request;
  const others = client.id === provider.id ? undefined : client.forOthers?.(named);
  const read = { request: others?.request ?? named, dropped: [...given.dropped, ...(others?.dropped ?? [])] };
  const askForUsage = asked.stream && operation.streamUsage === 'ask';
  const repaired =
    deployment.config.repairs === true
      ? repairRequest(read.request, provider.id)
      : { request: read.request, dropped: [] };
  const fitted = fitTools(
    adapt(shapeTurns(repaired.request, deployment.turnShape)),
    toolLimitsOf(operation, deployment.model),
  );
  const rules = deployment.rules(operationName, operation);
  const held = instructed(fitted.request, rules, asked.misfit);
  const request = { ...(held?.request ?? fitted.request), stream: asked.stream, streamUsage: askForUsage };
  const { body, dropped } = provider.writeRequest(request, { model: deployment.model, traits: deployment.traits });
  const lost = lostMeaning(request, provider.id, dropped);
  const edited = applyRules(body, rules, deployment.config.additionalDropParams);
  const isDone = speaksOpenai || provider.hasOwnParameterNames === true;
  const result = isDone ? edited.body : { ...deployment.defaults(operationName, operation), ...edited.body };
  return {
    sent,
    body: result,
    dropped: [
      ...read.dropped,
      ...repaired.dropped,
      ...fitted.dropped,
      ...(held?.dropped ?? []),
      ...lost,
      ...dropped,
      ...edited.dropped,
    ],
    calls: { seed: asked.callId, names: fitted.names },
    schema: held?.schema,
  };
}
