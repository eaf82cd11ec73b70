import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { invalid, type Refused } from '../errors.ts';

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** The members of each message of Gemini's protocol (v1beta, 2026-09). */
export const MEMBERS = {
  request: words(
    'contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent labels model store serviceTier',
  ),
  content: words('role parts'),
  part: words(
    `text thought thoughtSignature inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall
    toolResponse audioTranscription videoMetadata mediaResolution partMetadata mediaProcessing speechMetadata`,
  ),
  generationConfig: words(
    `stopSequences responseMimeType responseSchema responseJsonSchema responseModalities responseFormat candidateCount
    maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs thinkingConfig
    speechConfig mediaResolution enableEnhancedCivicAnswers imageConfig audioTimestamp routingConfig modelSelectionConfig
    audioTranscriptionConfig enableAffectiveDialog translationConfig`,
  ),
  thinkingConfig: words('includeThoughts thinkingBudget thinkingLevel'),
  tool: words(
    `functionDeclarations googleSearch googleSearchRetrieval codeExecution urlContext computerUse fileSearch googleMaps
    mcpServers retrieval enterpriseWebSearch`,
  ),
  functionDeclaration: words('name description parameters parametersJsonSchema response responseJsonSchema behavior'),
  schema: words(
    `type format title description nullable enum items maxItems minItems properties required minProperties maxProperties minimum
    maximum minLength maxLength pattern example anyOf propertyOrdering default`,
  ),
} as const;

const TYPES = words('TYPE_UNSPECIFIED STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL');

/** Members under their camel-case names; the protocol's JSON takes snake case too. An unknown one is refused as Google does. */
export function readMembers(value: JsonValue | undefined, known: ReadonlySet<string>, at: string): JsonObject {
  if (!isJsonObject(value)) throw violation(at, `Invalid value at '${at}', expected an object.`);
  const members: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!known.has(camel)) {
      const place = at === '' ? '' : ` at '${at}'`;
      throw violation(at, `Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`);
    }
    members[camel] = member;
  }
  return members;
}

/** Checks an enumeration's value. */
export function checkEnum(value: JsonValue | undefined, allowed: readonly string[], at: string, type: string): void {
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return;
  throw violation(
    at,
    `Invalid value at '${at}' (type.googleapis.com/google.ai.generativelanguage.v1beta.${type}), ${JSON.stringify(value)}`,
  );
}

/** Checks a schema in Gemini's own subset of OpenAPI, all the way down. */
export function checkSchema(value: JsonValue | undefined, at: string): void {
  const schema = readMembers(value, MEMBERS.schema, at);
  // Types are taken in either case.
  if (typeof schema.type !== 'string' && schema.type !== undefined) {
    throw violation(`${at}.type`, `Proto field is not repeating, cannot start list.`);
  }
  if (typeof schema.type === 'string' && !TYPES.has(schema.type.toUpperCase())) {
    throw violation(
      `${at}.type`,
      `Invalid value at '${at}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), "${schema.type}"`,
    );
  }
  if (Array.isArray(schema.enum) && schema.enum.some((entry) => typeof entry !== 'string')) {
    throw violation(`${at}.enum`, `Invalid value at '${at}.enum[0]' (TYPE_STRING), ${JSON.stringify(schema.enum[0])}`);
  }
  if (isJsonObject(schema.properties)) {
    for (const [name, member] of Object.entries(schema.properties))
      checkSchema(member, `${at}.properties[${name}].value`);
  }
  if (schema.items !== undefined) checkSchema(schema.items, `${at}.items`);
  if (Array.isArray(schema.anyOf))
    schema.anyOf.forEach((variant, index) => {
      checkSchema(variant, `${at}.any_of[${index}]`);
    });
}

/** A 400 with the field it is about in its details. */
export function violation(field: string, description: string): Refused {
  return invalid(description, {
    details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description }] }],
  });
}
