/** Anthropic's Messages format (`POST /v1/messages`), for Claude as a provider and for Anthropic's SDKs and Claude Code as clients. */

import { claudeAbilities } from '../../models/claude-models.ts';
import type { ConversationFormat } from '../format.ts';
import { withoutBillingBlock } from './billing-block.ts';
import { counting } from './count-tokens.ts';
import { readError, writeError } from './errors.ts';
import { FITTED_MEMBERS, fitRequest } from './fit-request.ts';
import { readRequest } from './read-request.ts';
import { readResponse } from './read-response.ts';
import { relayObstacle } from './relay-obstacles.ts';
import { AnthropicStreamCheck } from './stream-check.ts';
import { readPosition } from './stream-position.ts';
import { AnthropicStreamReader } from './stream-reader.ts';
import { AnthropicStreamWriter } from './stream-writer.ts';
import { CLAUDE_TOOLS } from './tool-ids.ts';
import { readUsage } from './usage.ts';
import { writeRequest } from './write-request.ts';
import { writeResponse } from './write-response.ts';

/** The format `anthropic-messages`. */
export const anthropicMessages: ConversationFormat = {
  id: 'anthropic-messages',
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  openStreamReader: (callSeed) => new AnthropicStreamReader(callSeed),
  openStreamWriter: (facts) => new AnthropicStreamWriter(facts),
  readUsage,
  readError,
  writeError,
  counting,
  readPosition,
  toolLimits: () => CLAUDE_TOOLS,
  openStreamCheck: () => new AnthropicStreamCheck(),
  takesPrefill: (model) => claudeAbilities(model).prefill,
  forOthers: withoutBillingBlock,
  fitting: { members: FITTED_MEMBERS, fit: fitRequest },
  mustTranslate: relayObstacle,
};
