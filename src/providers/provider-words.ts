import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import type { FailedAnswer } from './provider.ts';

/** What a failed answer says, read from every place where some provider is known to say it. */
export interface ProviderWords {
  readonly message: string;
  /** Every word for the kind of failure: `code`, `type` and `status` members, innermost first. */
  readonly codes: readonly string[];
  readonly param?: string;
  /** The HTTP status, or the one the body names if the HTTP status is a success. */
  readonly status: number;
}

/** What is read of one text. Patterns run over it, and a server may answer with megabytes. */
const LONGEST_TEXT = 4000;

/** Reads the words of a failed answer. Never throws: a body of no known shape gives an empty message. */
export function readWords(answer: FailedAnswer): ProviderWords {
  const codes: string[] = [];
  const messages: string[] = [];
  let param: string | undefined;

  const addCode = (value: JsonValue | undefined): void => {
    if (typeof value === 'number') codes.push(String(value));
    else if (typeof value === 'string' && value !== '') codes.push(value);
  };
  const addMessage = (value: JsonValue | undefined): void => {
    if (typeof value !== 'string' || value.trim() === '') return;
    const said = value.trim().slice(0, LONGEST_TEXT);
    // The format's reader may have joined several of these places into one sentence already.
    if (!messages.some((message) => message.includes(said))) messages.push(said);
  };

  const { error, body } = answer;
  if (error !== undefined) {
    addMessage(error.message);
    addCode(error.code);
    addCode(error.type);
    param = error.param;
  }
  // Google answers a stream's failure as an array with one object.
  const root = Array.isArray(body) ? body[0] : body;
  if (isJsonObject(root)) {
    const inner = root.error;
    if (isJsonObject(inner)) {
      addMessage(inner.message);
      addCode(inner.code);
      addCode(inner.type);
      addCode(inner.status);
      if (typeof inner.param === 'string') param ??= inner.param;
      // Azure: `innererror` holds what the filter found.
      if (isJsonObject(inner.innererror)) addCode(inner.innererror.code);
      // A router names the failure of the provider behind it in `metadata.raw`.
      if (isJsonObject(inner.metadata)) addMessage(inner.metadata.raw);
      addGoogleReasons(inner, addCode);
    } else {
      addMessage(inner);
    }
    addMessage(isJsonObject(root.message) ? readDetail(root.message.detail) : readDetail(root.message));
    addMessage(root.msg);
    addMessage(readDetail(root.detail));
    addCode(root.code);
    addCode(root.type);
    if (typeof root.param === 'string') param ??= root.param;
    if (isJsonObject(root.base_resp)) {
      addMessage(root.base_resp.status_msg);
      addCode(root.base_resp.status_code);
    }
  } else {
    addMessage(root);
  }
  return {
    message: messages.join(' ').slice(0, LONGEST_TEXT),
    codes: [...new Set(codes)],
    ...defined({ param }),
    status: effectiveStatus(answer, codes),
  };
}

/** Google names the exact reason in `error.details[].reason`: `API_KEY_INVALID`. */
function addGoogleReasons(inner: JsonObject, addCode: (value: JsonValue | undefined) => void): void {
  if (!Array.isArray(inner.details)) return;
  for (const detail of inner.details) {
    if (isJsonObject(detail)) addCode(detail.reason);
  }
}

/** FastAPI servers (vLLM, Mistral) answer `detail`: a sentence, or a list of `{loc, msg}`. */
function readDetail(detail: JsonValue | undefined): JsonValue | undefined {
  if (isJsonObject(detail)) return detail.message ?? detail.error;
  if (!Array.isArray(detail)) return detail;
  return detail
    .filter(isJsonObject)
    .map((entry) => {
      const place = Array.isArray(entry.loc) ? `${entry.loc.join('.')}: ` : '';
      return `${place}${typeof entry.msg === 'string' ? entry.msg : ''}`;
    })
    .join('; ');
}

function effectiveStatus(answer: FailedAnswer, codes: readonly string[]): number {
  if (answer.status >= 400) return answer.status;
  const named = answer.error?.status;
  if (named !== undefined && named >= 400 && named < 600) return named;
  for (const code of codes) {
    const number = /^[45]\d\d$/.test(code) ? Number(code) : 0;
    if (number !== 0) return number;
  }
  return answer.status;
}
