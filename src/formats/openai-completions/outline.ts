import { itemsOf } from '../../wire/json-walk.ts';
import { OpenAiChatOutline } from '../openai-chat/outline.ts';

/** The outline of a request for text completions in OpenAI's format. */
export class OpenAiCompletionsOutline extends OpenAiChatOutline {
  protected override get conversationMembers(): readonly string[] {
    return PROMPT;
  }

  /** Each of several prompts gets an answer of its own. A list of numbers is one prompt, in tokens. */
  protected override get prompts(): number {
    const member = this.member('prompt');
    const items = member?.kind === 'array' ? itemsOf(this.body, member.valueStart) : undefined;
    return items === undefined || items.areNumbers ? 1 : items.count;
  }
}

const PROMPT = ['prompt', 'messages'];
