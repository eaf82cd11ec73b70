import type { DeploymentConfig } from '../config/gateway-config.ts';
import { isJsonObject, itemsOf, type JsonObject } from '../core/json.ts';
import type { Turn } from '../formats/neutral/conversation.ts';

/** Which turns a model takes. */
export interface TurnShape {
  /** Whether there may be instructions of the system. */
  readonly takesSystem: boolean;
  /** The question that is put between two answers, before the first and after the last. */
  readonly betweenAnswers: Turn | undefined;
  /** The answer that is put between two questions. */
  readonly betweenQuestions: Turn | undefined;
}

/** What the operator says of the turns of a deployment; undefined for most. */
export function turnShapeOf(config: DeploymentConfig): TurnShape | undefined {
  const { takesSystem = true, alternatesRoles = false, userContinues, assistantContinues } = config;
  const isAlternating = (message: JsonObject | undefined): boolean => alternatesRoles || message !== undefined;
  const shape = {
    takesSystem,
    betweenAnswers: isAlternating(userContinues) ? turnOf('user', userContinues) : undefined,
    betweenQuestions: isAlternating(assistantContinues) ? turnOf('assistant', assistantContinues) : undefined,
  };
  const isUsual = takesSystem && shape.betweenAnswers === undefined && shape.betweenQuestions === undefined;
  return isUsual ? undefined : shape;
}

/** What LiteLLM writes if nothing else is configured. */
const USUAL_TEXT = 'Please continue.';

function turnOf(role: 'user' | 'assistant', message: JsonObject | undefined): Turn {
  const content = message?.content;
  const texts = typeof content === 'string' ? [content] : itemsOf(content).map((part) => textOf(part));
  const text = texts.join('');
  return { role, parts: [{ type: 'text', text: text === '' ? USUAL_TEXT : text }] };
}

const textOf = (part: unknown): string =>
  isJsonObject(part as JsonObject) && typeof (part as JsonObject).text === 'string'
    ? String((part as JsonObject).text)
    : '';
