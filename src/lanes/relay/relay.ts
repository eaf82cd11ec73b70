/** The relay lane: same format on both sides, so bytes are edited and handed on, and usage is read from the ends. */
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { answerText } from '../../formats/answer-text.ts';
import { type FormatParts, formatParts } from '../../formats/index.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { memberNamed, parseMember, readEnvelope } from '../../wire/envelope.ts';
import { answerFacts } from '../answer-facts.ts';
import { AnswerProblem } from '../answer-problem.ts';
import type { LaneChoice } from '../choose-lane.ts';
import { forwardedHeaders } from '../forwarded-headers.ts';
import type { LaneRequest } from '../lane-request.ts';
import type { PreparedCall, ReadyAnswer } from '../prepared-call.ts';
import { noObject, readAnswer } from '../read-answer.ts';
import { usageOfModel } from '../usage-of-model.ts';
import { readWholeAsStream } from '../whole-as-stream.ts';
import { editBytes } from './edit-bytes.ts';
import { fitBytes } from './fit-bytes.ts';
import { ModelStamp, stampWhole } from './model-stamp.ts';
import { RelayedStream } from './relayed-stream.ts';
import { requireAnswer } from './require-answer.ts';

/** Makes a request ready to be relayed to a deployment. */
export function relay(request: LaneRequest, deployment: Deployment, choice: LaneChoice): PreparedCall {
  const { operation, operationName } = choice;
  const askForUsage = request.stream && operation.streamUsage === 'ask';
  const format = formatParts(operation.format);
  const fitting = format.conversation?.fitting;
  const fitted =
    fitting === undefined
      ? undefined
      : fitBytes(request.body, request.envelope, fitting, deployment.abilities, deployment.model);
  const edited = editBytes(fitted?.body ?? request.body, fitted?.envelope ?? request.envelope, {
    modelLiteral: format.conversation?.namesModelInPath === true ? undefined : deployment.modelLiteral,
    rules: deployment.rules(operationName, operation),
    format: operation.format,
    defaults: deployment.defaults(operationName, operation),
    drop: deployment.config.additionalDropParams,
    askForUsage,
  });
  const facts = answerFacts(request, deployment);
  const model = JSON.stringify(facts.model);
  const callSeed = operation.writesCallsWell?.(deployment.model) === true ? undefined : request.callId;
  // A count is no answer, and a vector in a format of conversations has none of its members.
  const isAnswer =
    operationName !== 'count-tokens' && (operationName !== 'embedding' || format.conversation === undefined);
  return {
    body: edited.body,
    dropped:
      fitted === undefined || fitted.dropped.length === 0 ? edited.dropped : [...fitted.dropped, ...edited.dropped],
    headers: forwardedHeaders(request, operation),
    readWhole: (body) => {
      const withIds = callSeed === undefined ? body : withCallIds(body, format, callSeed);
      const answer = format.embedding?.asAsked?.(withIds, (name) => memberOf(request, name)) ?? withIds;
      return readWhole(answer, format, model, isAnswer);
    },
    readWholeAsStream: (body) => {
      const { conversation } = format;
      if (conversation === undefined) return readWhole(body, format, model, true);
      return readWholeAsStream(body, format, conversation.openStreamWriter(facts));
    },
    openStream: (write) =>
      new RelayedStream(format, write, {
        dropsUsageFrame: askForUsage && !request.streamUsage,
        secrets: deployment.secrets,
        callSeed,
        stamp: new ModelStamp(format.modelPlace, model),
      }),
  };
}

function memberOf({ body, envelope }: LaneRequest, name: string): JsonValue | undefined {
  const member = memberNamed(envelope, name);
  return member === undefined ? undefined : parseMember(body, member);
}

const TOOL_CALLS = Buffer.from('"tool_calls"');

/** An answer whose tool calls all have ids of their own. Only one with calls is read for it. */
function withCallIds(body: Buffer, { conversation }: FormatParts, callSeed: string): Buffer {
  if (conversation?.withCallIds === undefined || !body.includes(TOOL_CALLS)) return body;
  let value: JsonValue;
  try {
    value = parseJson(body.toString('utf8'));
  } catch {
    // The reader behind says what is wrong with it.
    return body;
  }
  if (!isJsonObject(value)) return body;
  const repaired = conversation.withCallIds(value, callSeed);
  return repaired === value ? body : Buffer.from(JSON.stringify(repaired));
}

const LARGEST_FACT_BYTES = 4_096;

/** Reads a whole answer and puts the client's name for the model into it; `model` is a JSON text. */
function readWhole(body: Buffer, format: FormatParts, model: string, isAnswer: boolean): ReadyAnswer {
  const envelope = readEnvelope(body);
  if (!envelope.ok) {
    // Two readers, two meanings: an answer with a member twice is unusual but JSON, and ours to read as JSON.parse does.
    if (envelope.reason !== 'duplicate-member' && envelope.reason !== 'escaped-name') {
      throw new AnswerProblem(noObject(body, `the answer is not a JSON object (${envelope.reason})`));
    }
    const value = readAnswer(body, format);
    const { member } = format.modelPlace;
    const usage = usageOfModel(format.readUsage(value), value.model);
    const stamped = { ...value, [member]: JSON.parse(model) as string };
    return { body: Buffer.from(JSON.stringify(stamped)), usage, text: () => answerText(value) };
  }
  // Usage and the like are small members at the top; what the model wrote stays unparsed.
  const facts: JsonObject = {};
  for (const member of envelope.members) {
    if (member.kind === 'array' || member.valueEnd - member.valueStart > LARGEST_FACT_BYTES) continue;
    if (member.name === 'error' && member.kind !== 'null') {
      const whole = parseJson(body.toString('utf8'));
      const error = format.readError(whole);
      if (error !== undefined) throw new AnswerProblem({ kind: 'reported', body: whole, facts: error });
    }
    if (member.kind === 'object' || member.name === 'service_tier' || member.name === 'model') {
      setMember(facts, member.name, parseMember(body, member));
    }
  }
  if (isAnswer) requireAnswer(body, envelope, format);
  return {
    body: stampWhole(body, envelope, format.modelPlace, model),
    usage: usageOfModel(usageWithSearches(body, format) ?? format.readUsage(facts), facts.model),
    text: () => answerText(parseJson(body.toString('utf8'))),
  };
}

/** The usage of an answer that tells its searches elsewhere: only such a one is read for it. */
function usageWithSearches(body: Buffer, { conversation }: FormatParts): Usage | undefined {
  if (conversation?.searchMark === undefined || !body.includes(conversation.searchMark)) return undefined;
  const value = parseJson(body.toString('utf8'));
  try {
    return isJsonObject(value) ? conversation.readResponse(value).usage : undefined;
  } catch {
    // What this format's reader does not take is relayed nevertheless, with the usage that stands at its place.
    return undefined;
  }
}
