/** What the ledger keeps of a request's words where the operator wants that (`store_prompts_in_spend_logs`): both ends cut, secrets out. */
import type { Exchange } from '../../exchange/exchange.ts';
import { redactSecrets } from '../../providers/redact-secrets.ts';
import { textOfAnswer } from '../guarding/answer-text.ts';
import { CopyingClient } from '../guarding/copying-client.ts';

/** So much of a request and of an answer is kept, in characters. */
const MOST_CHARACTERS = 16_384;
/** So much of them is looked at: before media are taken out, and of a stream with its framing. */
const MOST_BYTES = 1_048_576;

/** Copies the answer of a request whose words are kept, from here on. */
export function keepTexts(exchange: Exchange): void {
  const { identity, outline, client, ownIdentity } = exchange;
  // A copy of a request has its words too, and not its key.
  if (ownIdentity !== undefined || identity?.metadata.store_prompts_in_spend_logs === false || asksNotTo(outline))
    return;
  const copy = new CopyingClient(client, MOST_BYTES);
  exchange.client = copy;
  exchange.keptAnswer = copy;
}

/** What a request may say of itself: it can keep its words out, never in. */
function asksNotTo(outline: Exchange['outline']): boolean {
  return NOT_TO.some((name) => outline.has([name]) && outline.value(name, 8) !== false);
}

const NOT_TO = ['no-log', 'turn_off_message_logging'];

/** The words for the row of the last attempt; undefined if they are not kept. */
export function textsOf({ keptAnswer, body, endpoint, deployment }: Exchange): KeptTexts | undefined {
  if (keptAnswer === undefined) return undefined;
  const clean = (text: string): string => {
    const plain = withoutMedia(text);
    const known = deployment === undefined ? redactSecrets(plain) : deployment.secrets.redact(plain);
    return cut(known.replaceAll(CREDENTIAL_MEMBER, '$1"[redacted]"'));
  };
  const { copy } = keptAnswer;
  const answer = copy === undefined ? '' : textOfAnswer(endpoint.format, copy.body, copy.isStream);
  return { request: clean(body.toString('utf8', 0, MOST_BYTES)), answer: clean(answer) };
}

interface KeptTexts {
  readonly request: string;
  readonly answer: string;
}

const CREDENTIAL_MEMBER =
  /("(?:[a-z_]*(?:api_key|token|secret[a-z_]*|password|credentials?))"\s*:\s*)"(?:[^"\\]|\\.)*"/gi;

/** Base64 of images and files would leave no room for words. */
function withoutMedia(text: string): string {
  return text.replaceAll(/[A-Za-z0-9+/_-]{512,}={0,2}/g, '[media]');
}

function cut(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const half = MOST_CHARACTERS / 2;
  const left = text.length - MOST_CHARACTERS;
  return `${text.slice(0, half).toWellFormed()}[… ${left} characters …]${text.slice(-half).toWellFormed()}`;
}
