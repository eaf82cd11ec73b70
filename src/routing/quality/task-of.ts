/** What kind of work a request is, and how strong a model it needs, where nothing was learnt. When in doubt, a strong one. */

/** How hard: 0 is simple, 3 needs a model that reasons. */
export interface Task {
  readonly name: 'code' | 'maths' | 'extraction' | 'translation' | 'long context' | 'tools' | 'reasoning' | 'chat';
  readonly tier: number;
}

/** What is known of a request beside its words. */
interface TaskFacts {
  readonly hasTools: boolean;
  readonly asksForReasoning: boolean;
  readonly inputTokens: number;
}

const LONG_TOKENS = 16_000;
const SHORT_CHARACTERS = 400;
/** A long prompt says what is wanted at its beginning or its end. */
const EDGE = 2_000;

const CODE =
  /```|\b(?:function|class|def|import|const|public static|SELECT\b.{1,80}\bFROM|stack trace|compile|refactor|debug|regex|unit tests?|typescript|javascript|python|rust|kotlin|golang|sql|html|css)\b|[{};]\s*\n/i;
const HARD_CODE =
  /\b(?:refactor|debug|deadlock|race condition|architect|concurren|optimi[sz]e|vulnerab|stack trace)\w*/i;
const MATHS =
  /\\(?:frac|sqrt|sum|int|begin|boxed)|\$[^$]{1,200}\$|\b(?:prove|integral|derivative|theorem|polynomial|probability|equation|modulo)\b/i;
const SUMS = /\bhow (?:many|much)\b|\b(?:calculate|compute|percent|total)\b/i;
const REASONING =
  /\b(?:step[- ]by[- ]step|think (?:carefully|hard|through)|reason(?:ing)? (?:through|about)|trade-?offs?|prove|root cause|strategy|critically|in depth|legal|diagnos\w+)\b/i;
const TRANSLATION = /\btranslat(?:e|ion)\b|\b(?:übersetz|tradui|traduc)\w*/i;
const EXTRACTION =
  /\b(?:extract|classif(?:y|ication)|categori[sz]e|label|sentiment|summari[sz]e|tl;?dr|rewrite|reformat|proofread|fix (?:the )?(?:grammar|spelling)|yes or no|true or false)\b/i;

/** Reads the words of a prompt. */
export function taskOf(text: string, { hasTools, asksForReasoning, inputTokens }: TaskFacts): Task {
  const edges = text.length <= 2 * EDGE ? text : `${text.slice(0, EDGE)}\n${text.slice(-EDGE)}`;
  if (asksForReasoning) return { name: 'reasoning', tier: 3 };
  if (inputTokens > LONG_TOKENS) return { name: 'long context', tier: 2 };
  if (hasTools) return { name: 'tools', tier: 2 };
  const needsReasons = REASONING.test(edges);
  if (CODE.test(edges)) return { name: 'code', tier: needsReasons || HARD_CODE.test(edges) ? 3 : 2 };
  if (MATHS.test(edges)) return { name: 'maths', tier: 3 };
  if (needsReasons) return { name: 'reasoning', tier: 3 };
  if (TRANSLATION.test(edges)) return { name: 'translation', tier: 0 };
  if (EXTRACTION.test(edges)) return { name: 'extraction', tier: 0 };
  if (/\d/.test(edges) && SUMS.test(edges)) return { name: 'maths', tier: 1 };
  return { name: 'chat', tier: text.length <= SHORT_CHARACTERS ? 0 : 1 };
}
