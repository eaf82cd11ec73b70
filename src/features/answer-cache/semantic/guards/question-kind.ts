import type { Word } from './words.ts';

/** What a question asks for, by the words that say so; the first kind that is found in a question is its kind. */
const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  [
    'how many',
    /\bhow (?:many|much|often|old|long|far|tall|big|large|deep|high|wide|fast|heavy|hot|cold)\b|\b(?:wie ?viele?|wie (?:oft|alt|lange?|weit|groß|hoch|tief|schnell|schwer))\b|\bcombien\b|\bcu[aá]nt[oa]s?\b|\bquant[oaie]s?\b|多少|几[个岁年天次]|多[久远长高大]|いくつ|いくら|何[人個回年歳]|どのくらい|\bnumber of\b|\b(?:what|give|tell|know|find) .{0,24}\b(?:population|height|length|weight|distance|age|speed|depth|width|price|cost|duration|temperature|size)\b/iu,
  ],
  [
    'why',
    /\bwhy\b|\bhow come\b|\bwarum\b|\bwieso\b|\bweshalb\b|\bpourquoi\b|\bpor qu[eé]\b|\bperch[eé]\b|\bporqu[eêé]\b|为什么|為什麼|なぜ|どうして|\breasons? (?:for|why|that)\b|\b(?:what|which) (?:is|are|was|were)? ?(?:the )?(?:reasons?|causes?)\b/iu,
  ],
  [
    'when',
    /\bwhen\b|\bwhat (?:year|date|day|time|month)\b|\b(?:in )?which year\b|\bwann\b|\bquand\b|\bcu[aá]ndo\b|\bquando\b|什么时候|何时|哪[一]?年|いつ|\bwas ?für ein jahr\b/iu,
  ],
  [
    'where',
    /\bwhere\b|\b(?:wo|wohin|woher)\b|(?<!\p{L})où(?!\p{L})|\bd[oó]nde\b|\bdove\b|\bonde\b|哪里|哪儿|どこ|\bwhat (?:place|location)\b|\bin which (?:city|country|place)\b/iu,
  ],
  [
    'who',
    /\bwho(?:m|se)?\b|\bwer\b|\bwem\b|\bwen\b|(?<!ce |c'est |est-ce )\bqui\b|\bqui[eé]n(?:es)?\b|\bchi\b|\bquem\b|谁|誰|だれ|\bwhat (?:person|is the name of the (?:person|man|woman))\b/iu,
  ],
  [
    'how',
    /\bhow\b|\b(?:steps?|way|ways|method|instructions|guide|procedure) (?:to|for|of)\b|\bwie\b|\bcomment\b|\bc[oó]mo\b|\bcome\b|\bcomo\b|怎么|如何|怎样|どうやって|どのように|方法|やり方/iu,
  ],
];

/** Tasks: what a question wants done is another kind each. The words of a group ask for the same. */
const TASKS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  [
    'translate',
    /\b(?:translat\w*|übersetz\w*|tradui\w*|traduc\w*|traduz\w*|how (?:do|would|can) (?:you|i|we) say)\b|翻译|翻訳|訳し/iu,
  ],
  [
    'summarise',
    /\b(?:summar\w*|sum up|tl;?dr|zusammenfass\w*|fasse?\b.{0,40}\bzusammen|résum\w*|resum\w*|riassum\w*)\b|总结|概括|要約/iu,
  ],
  [
    'list',
    /\b(?:list|enumerate|name (?:some|a few|all|the|\w+)|give (?:me )?(?:a list|examples?|some)|examples? of|auflisten|liste|nenne|énum\w*|enumera\w*|elenca\w*)\b|列出|举例|列挙|リスト/iu,
  ],
  [
    'compare',
    /\b(?:compar\w*|differ\w*|versus|vs|unterschied\w*|vergleich\w*|différen\w*|diferen\w*|differenz\w*|better)\b|区别|比较|違い|比較/iu,
  ],
  [
    'write',
    /\b(?:write|compose|draft|schreib\w*|verfasse\w*|écri[stvr]\w*|rédig\w*|escrib\w*|redact\w*|scriv\w*|escrev\w*)\b|写|書い|作文/iu,
  ],
  [
    'rewrite',
    /\b(?:rewrite|rephrase|paraphrase|reword|proofread|correct|umformulier\w*|korrigier\w*|reformul\w*|corrig\w*|corregg\w*|corrij\w*)\b|改写|润色|校正|言い換え/iu,
  ],
  [
    'calculate',
    /\b(?:calculat\w*|comput\w*|solve|berechn\w*|löse|calcul\w*|résou\w*|resuelv\w*|calcol\w*|risolv\w*)\b|计算|求解|計算|解い/iu,
  ],
  ['convert', /\b(?:convert\w*|umrechn\w*|umwand\w*|conver\w*)\b|转换|換算|変換/iu],
  [
    'implement',
    /\b(?:implement\w*|code|program|function that|script (?:that|to)|implementier\w*|programm\w*)\b|实现|编写|実装/iu,
  ],
  ['review', /\b(?:review|critique|evaluate|assess|rate|analy[sz]e|bewerte|analys\w*|analiz\w*)\b|评价|分析|評価/iu],
  [
    'recommend',
    /\b(?:recommend\w*|suggest\w*|should i|empfehl\w*|empfiehl|recommand\w*|recomiend\w*|consigli\w*|recomend\w*)\b|推荐|建议|おすすめ/iu,
  ],
  ['classify', /\b(?:classify|categori[sz]e|sentiment|klassifizier\w*|class(?:e|ifi)\w*|clasific\w*)\b|分类|分類/iu],
  ['opinion', /\b(?:do you (?:think|believe)|your opinion|was denkst du|penses-tu|opinas|pensi)\b|你觉得|どう思/iu],
  ['effect', /\b(?:effects?|consequences?|side effects?|symptoms?|treat\w*|cure[sd]?|prevent\w*|diagnos\w*)\b/iu],
  [
    'history',
    /\b(?:history|origin|originate\w*|invent\w*|discover\w*|found(?:ed|er)|geschichte|histoire|historia|storia)\b/iu,
  ],
];

const YES_NO =
  /^(?:is|are|was|were|do|does|did|has|have|had|will|would|should|can|could|may|might|must|am|ist|sind|war|hat|haben|kann|können|darf|soll|muss|gibt|est-ce que|est-il|peut-on|es|está|son|puede|hay|è|sono|può|c'è|é|são|pode|há)\b|吗[?？]?\s*$|(?:です|ます)か[?？。]?\s*$/iu;
const COURTESY =
  /^(?:(?:please|kindly|hi|hello|hey|bitte|hallo|por favor|per favore|bonjour|s'il (?:te|vous) plaît|请问?|すみません)[,!. ]*)+/iu;
/** A question in a question: what is asked for follows. */
const ASKING =
  /^(?:(?:can|could|would|will|do) you (?:please |kindly |possibly )?(?:tell me|explain(?: to me)?|help me(?: to)?(?: understand)?|let me know|say|know|show me)|tell me|explain(?: to me)?|let me know|show me|i(?:'d| would)? (?:want|like|need|love)(?: to know| to understand| to learn)?|i(?:'m| am) (?:wondering|curious)(?: about)?|i was wondering|do you (?:happen to )?know|any (?:idea|(?:tips|advice|hints) (?:on|for|about))|(?:walk|talk|guide|take) me through|i(?:'ve| have) never (?:really )?understood|i (?:don't|do not) (?:really )?understand|give me an? (?:short |brief |quick )?(?:introduction|overview|intro) (?:to|of)|kannst du mir (?:bitte )?(?:sagen|erklären)|(?:sag|sage|erklär|erkläre) mir|(?:peux-tu|pouvez-vous) (?:me dire|m'expliquer)|dis-moi|(?:puedes|podrías) decirme|dime|(?:puoi|potresti) dirmi|dimmi|(?:pode|poderia) me dizer|diga-me|我想知道|告诉我)[,: ]*(?:about |please )?/iu;

/** A question without what only asks for an answer to it. Pure. */
export function askedIn(question: string): string {
  let text = question.normalize('NFKC').replace(/[‘’]/gu, "'").trim();
  for (let round = 0; round < 3; round += 1) text = text.replace(COURTESY, '').replace(ASKING, '');
  return text;
}

/** The kind of a question and the tasks that it sets, as one text. Pure. */
export function questionKind(question: string, words: readonly Word[]): string {
  const text = askedIn(question);
  const tasks = TASKS.filter(([, pattern]) => pattern.test(text)).map(([kind]) => kind);
  const kind =
    KINDS.find(([, pattern]) => pattern.test(text))?.[0] ??
    (YES_NO.test(text) && words.length > 1 ? 'yes or no' : 'what');
  return [kind, ...tasks].join(', ');
}
