import type { Edit } from '../../wire/splice.ts';
import { OpenAiChatOutline } from '../openai-chat/outline.ts';

/** The outline of a request for embeddings in OpenAI's format: its answer is not text, so nothing limits it. */
export class OpenAiEmbeddingsOutline extends OpenAiChatOutline {
  protected override get conversationMembers(): readonly string[] {
    return INPUT;
  }

  override limitEdits(): readonly Edit[] {
    return NO_EDITS;
  }
}

const INPUT = ['input', 'messages', 'prompt'];
const NO_EDITS: readonly Edit[] = [];
