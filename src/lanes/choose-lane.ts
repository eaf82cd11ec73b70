import { wantsEffortBesideTools } from '../formats/effort-beside-tools.ts';
import { formatParts } from '../formats/index.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import type { ToolLimits } from '../formats/neutral/tool-limits.ts';
import { holdsMisfits } from '../formats/tool-misfits.ts';
import { lacksSchema, mayAskForSchema } from '../providers/instructed-schema.ts';
import type { OperationId, ProviderOperation } from '../providers/provider.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import { memberNamed } from '../wire/envelope.ts';
import type { LaneOperation, LaneRequest } from './lane-request.ts';
import { mayNeedRepair } from './may-need-repair.ts';

/** How a request travels to one deployment, and why. */
export interface LaneChoice {
  readonly lane: 'relay' | 'translate';
  /** A short word for metrics: `same-format`, or what forced a translation. */
  readonly reason: string;
  readonly operationName: OperationId;
  readonly operation: ProviderOperation;
}

/**
 * The relay lane if the provider speaks the client's format, the translate lane otherwise. Undefined if the provider
 * has no operation that can answer this endpoint. Throws a `TooHeavy` if more would have to be parsed to know it than may be here.
 */
export function chooseLane(
  request: LaneRequest,
  deployment: Deployment,
  mostParsedBytes = request.mostParsedBytes,
): LaneChoice | undefined {
  const { endpoint } = request;
  const { operation: asked, format } = endpoint;
  if (asked.actsAs !== undefined) return chooseActing(request, deployment, asked.actsAs, mostParsedBytes);
  const own = deployment.operation(asked.id);
  if (own === undefined || !serves(own, request, deployment)) {
    const { standIn } = asked;
    if (standIn === undefined) return undefined;
    // A completion is asked for as a chat, and some models chat in the Responses API only.
    const id =
      standIn.id === 'chat' && asked.id !== 'response' && deployment.conversations === 'responses'
        ? 'response'
        : standIn.id;
    const other = deployment.operation(id);
    return other === undefined ? undefined : translated(format, id, other);
  }
  if (own.format !== format) return translated(format, asked.id, own);
  const obstacle = obstacleTo(own, asked.id, deployment, request.body, mostParsedBytes);
  if (obstacle !== undefined) return { lane: 'translate', reason: obstacle, operationName: asked.id, operation: own };
  return { lane: 'relay', reason: 'same-format', operationName: asked.id, operation: own };
}

/** The relay lane if the provider does the operation with these very bytes; else what leads to the same. */
function chooseActing(
  request: LaneRequest,
  deployment: Deployment,
  actsAs: LaneOperation,
  mostParsedBytes: number | undefined,
): LaneChoice | undefined {
  const { operation: asked, format } = request.endpoint;
  const own = deployment.operation(asked.id);
  const isThere = own?.format === format && (own.isAt?.(deployment.target.baseUrl) ?? true);
  if (isThere && obstacleTo(own, asked.id, deployment, request.body, mostParsedBytes) === undefined) {
    return { lane: 'relay', reason: 'same-format', operationName: asked.id, operation: own };
  }
  const choice = chooseLane({ ...request, endpoint: { format, operation: actsAs } }, deployment, mostParsedBytes);
  if (choice === undefined || choice.lane === 'translate') return choice;
  return { ...choice, lane: 'translate', reason: 'same-format' };
}

/** Why a request in the provider's own format has to be read and written again nevertheless, as a short word. */
function obstacleTo(
  own: ProviderOperation,
  operationName: OperationId,
  deployment: Deployment,
  body: Buffer,
  mostParsedBytes: number | undefined,
): string | undefined {
  const { model } = deployment;
  const { conversation } = formatParts(own.format);
  if (mayAskForSchema(body) && lacksSchema(deployment.rules(operationName, own))) return 'schema-as-instruction';
  if (conversation === undefined) return own.mustTranslate?.(model, body);
  if (deployment.turnShape !== undefined && operationName !== 'completion') return 'turns';
  if (mergesReasoning(own.format, deployment)) return 'reasoning-in-text';
  if (deployment.config.repairs === true && own.format === 'anthropic-messages' && mayNeedRepair(body))
    return 'repairs';
  const obstacle = conversation.mustTranslate?.(body, model) ?? own.mustTranslate?.(model, body);
  if (obstacle !== undefined) return obstacle;
  if (conversation.hasOwnParameterNames === true && deployment.hasDefaultParams) return 'own-parameters';
  return holdsMisfits(body, conversation, toolLimitsOf(own, model), mostParsedBytes) ? 'tool-names-and-ids' : undefined;
}

/** Whether reasoning becomes a part of the text in answers of a format: the others have a place for it that every client knows. */
export function mergesReasoning(client: FormatId, { config }: Deployment): boolean {
  return config.mergesReasoning === true && client === 'openai-chat';
}

/** What a provider takes of a model as names of tools and ids of calls. */
export function toolLimitsOf(operation: ProviderOperation, model: string): ToolLimits {
  const ofFormat = formatParts(operation.format).conversation?.toolLimits?.(model) ?? NO_LIMITS;
  return operation.toolLimits === undefined ? ofFormat : { ...ofFormat, ...operation.toolLimits(model) };
}

const NO_LIMITS: ToolLimits = {};

function translated(from: FormatId, operationName: OperationId, operation: ProviderOperation): LaneChoice {
  return { lane: 'translate', reason: `${from}-to-${operation.format}`, operationName, operation };
}

/**
 * Whether the provider does the operation for this model and request. The configured mode decides between an operation and
 * its stand-in; for chats, the table of models decides if no mode is configured.
 */
function serves(own: ProviderOperation, request: LaneRequest, deployment: Deployment): boolean {
  const { operation: asked, format } = request.endpoint;
  if (asked.id === 'chat') {
    const { conversations } = deployment;
    if (conversations === 'chat') return true;
    if (conversations === 'responses' || isEffortBesideTools(format, request, deployment)) return false;
    return own.format !== 'openai-chat' || !wantsHostedTool(request, deployment);
  }
  const { mode } = deployment.config.modelInfo;
  if (asked.standIn !== undefined && mode !== undefined) {
    if (mode === asked.mode) return true;
    if (mode === asked.standIn.mode) return false;
  }
  return own.serves?.(deployment.model) ?? true;
}

const CODE_TOOL = /^code_?(?:execution|interpreter)/i;

/** Whether a request asks for a tool that OpenAI has in the Responses API alone. */
function wantsHostedTool({ outline, envelope }: LaneRequest, { abilities }: Deployment): boolean {
  if (abilities.webSearch === 'tool' && outline.webSearches > 0) return true;
  if (abilities.codeExecution !== true || memberNamed(envelope, 'tools') === undefined) return false;
  return outline.toolKinds.some((kind) => CODE_TOOL.test(kind));
}

function isEffortBesideTools(format: FormatId, { body, envelope }: LaneRequest, deployment: Deployment): boolean {
  const { reasoning } = deployment.abilities;
  if (reasoning?.how !== 'effort' || reasoning.besideTools === undefined) return false;
  const asksUnasked = reasoning.besideTools === 'none';
  return wantsEffortBesideTools(format, { body, envelope }, deployment.config.defaultParams, asksUnasked);
}
