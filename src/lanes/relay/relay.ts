/** The relay lane: same format on both sides, so bytes are edited and handed on, and usage is read from the ends. */

import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { refuseHeavy } from '../../core/too-heavy.ts';
import { idInBody, idInObject } from '../../formats/answer-id.ts';
import { answerText } from '../../formats/answer-text.ts';
import type { AnswerFacts } from '../../formats/format.ts';
import { conversationOf, type FormatParts, formatParts } from '../../formats/index.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import { memberNamed, parseMember, readEnvelope } from '../../wire/envelope.ts';
import { answerFacts, factsAsData, factsFromData } from '../answer-facts.ts';
import type { RelayPlan, RelayWays } from '../answer-plan.ts';
import { AnswerProblem } from '../answer-problem.ts';
import { forwardedHeaders } from '../forwarded-headers.ts';
import type { LaneRequest } from '../lane-request.ts';
import type { ReadyAnswer } from '../prepared-call.ts';
import { noObject, readAnswer } from '../read-answer.ts';
import type { Travel } from '../travel.ts';
import { usageOfModel } from '../usage-of-model.ts';
import { readWholeAsStream } from '../whole-as-stream.ts';
import { editBytes } from './edit-bytes.ts';
import { fitBytes } from './fit-bytes.ts';
import { ModelStamp, stampWhole } from './model-stamp.ts';
import { RelayedStream } from './relayed-stream.ts';
import { requireAnswer } from './require-answer.ts';

/** To a deployment of the client's own format. */
export const relay: Travel<undefined> = {
  write(request, deployment, { operation, operationName }) {
    const { mostParsedBytes } = request;
    const format = formatParts(operation.format);
    const fitting = format.conversation?.fitting;
    const fitted =
      fitting === undefined ? undefined : fitBytes(request, fitting, deployment.abilities, deployment.model);
    const edited = editBytes(fitted?.body ?? request.body, fitted?.envelope ?? request.envelope, {
      modelLiteral: format.conversation?.namesModelInPath === true ? undefined : deployment.modelLiteral,
      rules: deployment.rules(operationName, operation),
      format: operation.format,
      defaults: deployment.defaults(operationName, operation),
      drop: deployment.config.additionalDropParams,
      askForUsage: request.stream && operation.streamUsage === 'ask',
      mostParsedBytes,
    });
    const dropped =
      fitted === undefined || fitted.dropped.length === 0 ? edited.dropped : [...fitted.dropped, ...edited.dropped];
    return { body: edited.body, dropped, left: undefined };
  },
  finish(request, deployment, { operation, operationName }, { body, dropped }) {
    const { callId, mostParsedBytes } = request;
    const format = formatParts(operation.format);
    const facts = answerFacts(request, deployment);
    const asksFor = format.embedding?.asAsked?.member;
    const ways: RelayWays = {
      format: operation.format,
      isAnswer:
        operationName !== 'count-tokens' && (operationName !== 'embedding' || format.conversation === undefined),
      callSeed: operation.writesCallsWell?.(deployment.model) === true ? undefined : callId,
      asked: asksFor === undefined ? undefined : memberOf(request, asksFor),
    };
    return {
      body,
      dropped,
      headers: forwardedHeaders(request, deployment, { operation, operationName }),
      readWhole: (answer) => readInFormat(answer, ways, facts, mostParsedBytes),
      readWholeAsStream: (answer) => readAsStream(answer, ways, facts, mostParsedBytes),
      openStream: (write) =>
        new RelayedStream(format, write, {
          dropsUsageFrame: request.stream && operation.streamUsage === 'ask' && !request.streamUsage,
          secrets: deployment.secrets,
          callSeed: ways.callSeed,
          stamp: new ModelStamp(format.modelPlace, JSON.stringify(facts.model)),
        }),
      plan: () => ({ ...ways, kind: 'relay', facts: factsAsData(facts) }),
    };
  },
};

/** Reads a whole answer by its plan. */
export function readRelayed(answer: Buffer, plan: RelayPlan, isStream: boolean): ReadyAnswer {
  const facts = factsFromData(plan.facts);
  return isStream ? readAsStream(answer, plan, facts) : readInFormat(answer, plan, facts);
}

function readInFormat(body: Buffer, ways: RelayWays, facts: AnswerFacts, mostBytes?: number): ReadyAnswer {
  const format = formatParts(ways.format);
  const withIds = ways.callSeed === undefined ? body : withCallIds(body, format, ways.callSeed, mostBytes);
  const answer = format.embedding?.asAsked?.convert(withIds, ways.asked, mostBytes) ?? withIds;
  return readWhole(answer, format, JSON.stringify(facts.model), ways.isAnswer, mostBytes);
}

function readAsStream(body: Buffer, ways: RelayWays, facts: AnswerFacts, mostBytes?: number): ReadyAnswer {
  const format = formatParts(ways.format);
  if (format.conversation === undefined) return readWhole(body, format, JSON.stringify(facts.model), true, mostBytes);
  refuseHeavy(body.length, mostBytes);
  return readWholeAsStream(body, format, conversationOf(format).openStreamWriter(facts));
}

function memberOf({ body, envelope }: LaneRequest, name: string): JsonValue | undefined {
  const member = memberNamed(envelope, name);
  return member === undefined ? undefined : parseMember(body, member);
}

const TOOL_CALLS = Buffer.from('"tool_calls"');

/** An answer whose tool calls all have ids of their own. Only one with calls is read for it. */
function withCallIds(
  body: Buffer,
  { conversation }: FormatParts,
  callSeed: string,
  mostBytes: number | undefined,
): Buffer {
  if (conversation?.withCallIds === undefined || !body.includes(TOOL_CALLS)) return body;
  refuseHeavy(body.length, mostBytes);
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
function readWhole(
  body: Buffer,
  format: FormatParts,
  model: string,
  isAnswer: boolean,
  mostBytes: number | undefined,
): ReadyAnswer {
  // Log probabilities are millions of small parts. They are paid for, and nothing has to parse them.
  const envelope = readEnvelope(body, Number.MAX_SAFE_INTEGER);
  if (!envelope.ok) {
    // Two readers, two meanings: an answer with a member twice is unusual but JSON, and ours to read as JSON.parse does.
    if (envelope.reason !== 'duplicate-member' && envelope.reason !== 'escaped-name') {
      throw new AnswerProblem(noObject(body, `the answer is not a JSON object (${envelope.reason})`));
    }
    const value = readAnswer(body, format);
    const { member } = format.modelPlace;
    const usage = usageOfModel(format.readUsage(value), value.model);
    const stamped = { ...value, [member]: JSON.parse(model) as string };
    const id = idInObject(format.id, value);
    return { body: Buffer.from(JSON.stringify(stamped)), usage, text: () => answerText(value), id };
  }
  // Usage and the like are small members at the top; what the model wrote stays unparsed.
  const facts: JsonObject = {};
  for (const member of envelope.members) {
    if (member.kind === 'array' || member.valueEnd - member.valueStart > LARGEST_FACT_BYTES) continue;
    if (member.name === 'error' && member.kind !== 'null') {
      refuseHeavy(body.length, mostBytes);
      const whole = parseJson(body.toString('utf8'));
      const error = format.readError(whole);
      if (error !== undefined) throw new AnswerProblem({ kind: 'reported', body: whole, facts: error });
    }
    if (member.kind === 'object' || member.name === 'service_tier' || member.name === 'model') {
      setMember(facts, member.name, parseMember(body, member));
    }
  }
  if (isAnswer) requireAnswer(body, envelope, format, mostBytes);
  const usage = usageOfModel(usageWithSearches(body, format, mostBytes) ?? format.readUsage(facts), facts.model);
  // Then its words are counted.
  if (usage === undefined) refuseHeavy(body.length, mostBytes);
  return {
    body: stampWhole(body, envelope, format.modelPlace, model),
    usage,
    text: () => answerText(parseJson(body.toString('utf8'))),
    id: idInBody(format.id, body, envelope),
  };
}

/** The usage of an answer that tells its searches elsewhere: only such a one is read for it. */
function usageWithSearches(
  body: Buffer,
  { conversation }: FormatParts,
  mostBytes: number | undefined,
): Usage | undefined {
  if (conversation?.searchMark === undefined || !body.includes(conversation.searchMark)) return undefined;
  refuseHeavy(body.length, mostBytes);
  const value = parseJson(body.toString('utf8'));
  try {
    return isJsonObject(value) ? conversation.readResponse(value).usage : undefined;
  } catch {
    // What this format's reader does not take is relayed nevertheless, with the usage that stands at its place.
    return undefined;
  }
}
