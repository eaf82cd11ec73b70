/** Words that say little of what is asked: articles, pronouns, auxiliaries, courtesies; and words that mean the same. */

const set = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/u));

/** Words without content. Negations, contraries, numbers and question words are compared on their own. */
export const SMALL: ReadonlySet<string> = set(`
  a an the this that these those there here it its is are was were be been being am do does did done doing have has had having
  will would shall should can could may might must i me my mine you your yours he him his she her hers we us our ours they them their
  theirs of in on at to from by with for about into onto as and or but so if then than really very quite actually basically
  please kindly thanks thank hi hello hey dear ok okay well let lets
  know wondering wonder curious possible able someone somebody anyone one's question quick quickly some any happen happens
  what whats which who whom whose when where why how way ways method methods approach best
  der die das den dem des ein eine einen einem einer eines ist sind war waren sein wird werden hat haben hatte ich mich mir mein meine du
  dich dir dein deine sie ihr ihre ihnen er ihm ihn wir uns unser es man sich in im an am auf zu zum zur von vom bei mit für über um und
  oder aber wenn dann als auch nur sehr bitte danke hallo kann kannst können könnte könntest könnten soll sollte möchte will wollen muss
  was welche welcher welches wer wem wen wessen wann wo wohin woher warum wieso weshalb wie sag sage sagen erkläre erklären zeig zeige gib
  le la les l un une des du de d au aux en dans sur pour par avec et ou mais si est sont était être a ont avoir je j me moi mon ma mes tu te
  ton ta tes il elle on nous vous votre vos ils elles ce c cet cette ces que qu qui quoi quel quelle quels quelles quand où pourquoi comment
  combien s'il plaît merci bonjour peux peut pouvez pourrais pourriez dis dire expliquer explique expliquez est-ce y se son sa ses
  el los las lo uno unos unas del al es son era fue ser está están estar ha han haber yo mi mis tú tu tus su sus él ella nosotros ellos
  que qué quién quien cuál cual cuáles cuándo cuando dónde donde cómo como por para con y o pero se le les favor gracias hola puedo puede
  puedes podría podrías dime decir explica explicar explícame quiero saber hay
  il i gli uno degli dei delle della dello dell' nel nella nelle di da su per tra fra e ed o ma se è sono era essere ho hai ha hanno avere io
  mi ti ci vi che chi cosa quale quali quando dove perché come quanto favore grazie ciao posso può puoi potresti potrebbe dimmi dire spiega
  spiegami vorrei sapere c'è
  os as um uma uns umas do da dos das no na nos nas ao à em com por para é são era ser está estão tem têm ter eu meu minha você seu sua ele
  ela nós que quem qual quais quando onde como porquê porque favor obrigado obrigada olá posso pode podes poderia diga dizer explique quero
  的 了 吗 呢 吧 啊 是 在 我 你 您 他 她 它 们 这 那 个 有 和 与 或 请 请问 想 知道 告诉 一下 可以 能 能否 怎么 怎样 如何 什么 哪 哪个 哪里 谁 为什么 何 时候 会 要 就 都 也 很
  は が を に へ と で も の や から まで です ます だ である する した して いる いた ある こと もの これ それ あれ この その 私 あなた 何 なに どこ 誰 いつ なぜ どう どの どれ か ね よ ください
  教え て 知り たい お 願い し ませ 方法 でしょう
`);

/** Words that mean the same in nearly every question, a group on each line. */
const SAME = `
  begin start commence initiate launch
  buy purchase acquire
  repair fix
  big large huge
  small little tiny
  fast quick rapid speedy
  car automobile
  film movie
  doctor physician
  job occupation
  kid child children
  build construct
  create make generate produce
  delete remove erase
  change modify alter edit
  choose select pick
  error mistake
  find locate
  picture image photo photograph
  reason cause
  answer reply
  finish complete
  purpose goal aim
  phone telephone
  main primary principal
  important significant
  allow permit let
  difference differ different
  distinction difference
  common frequent
  happen occur
  hard difficult
  easy simple
  rich wealthy
  near nearby close
  sick ill
  rid remove
  sleep asleep
  live reside
  inhabitant resident people
  population inhabitant people
  author writer write written wrote
  inventor invent invented
  discover discovered discoverer
  founder found founded establish established
  found established
  definition define
  use utilise utilize
  improve better enhance
  cost price
  trip journey
  holiday vacation
  illness disease sickness
  show display
  check verify
  calculate compute
  convert transform turn
  summarise summarize summary
  ingredient component
  height tall high
  length long
  weight weigh heavy
  distance far
  age old
  speed fast
  depth deep
  width wide
  duration long
  auto-mobile auto wagen pkw
  handy mobiltelefon
  anfangen beginnen starten
  reparieren instandsetzen
  löschen entfernen
  supprimer effacer enlever
  commencer démarrer débuter
  voiture automobile
  coche carro auto automóvil
  borrar eliminar
  empezar comenzar iniciar
  macchina automobile
  cominciare iniziare
`;

/** The word that stands for all that mean the same; of a word in several groups the first counts. */
export const MEANT: ReadonlyMap<string, string> = new Map(
  SAME.trim()
    .split('\n')
    .flatMap((line) => {
      const [first = '', ...others] = line.trim().split(/\s+/u);
      return [first, ...others].map((word): [string, string] => [word, first]);
    })
    .reverse(),
);
