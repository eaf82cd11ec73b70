/** Words that guards know, in the languages that are asked in most. */

const set = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/u));

/** What turns a statement into its contrary. */
export const NEGATIONS = set(`
  not no never none nothing neither nor without except excluding excludes exclude unless cannot avoid avoids avoiding lacks lacking
  stop stops prevent prevents prevented refuse fail fails failed hardly barely rarely seldom false wrong incorrect opposite
  nicht kein keine keinen keinem keiner keines nie niemals ohne nichts niemand außer ausser weder noch kaum selten vermeiden verhindern
  ne pas jamais rien aucun aucune personne sans sauf hormis ni rarement éviter empêcher
  nunca jamás nada nadie ninguno ninguna ningún sin excepto salvo tampoco evitar impedir
  non mai niente nessuno nessuna nessun senza tranne eccetto né neppure evitare
  não nem ninguém nenhum nenhuma sem exceto impedir
  不 没 没有 無 无 未 别 不要 不能 不会 不可 不是 不用 从不 除了 除 禁止 避免 非
  ない なく なし ません ず 無し 以外 しない できない 禁止 避ける
`);

/** Pairs of contraries; both sides may have several words. Those with capital letters are no words of questions. */
export const CONTRARIES: readonly (readonly [ReadonlySet<string>, ReadonlySet<string>])[] = `
  before prior earlier previous previously vor vorher avant antes prima 之前 以前 前 | after later following afterwards nach nachher après después despues depois dopo 之后 以后 後
  min minimum minimal minimise minimize minimizing least lowest smallest fewest lower niedrigste kleinste wenigsten minimo mínimo 最小 最低 最少 | max maximum maximal maximise maximize maximizing most highest largest biggest greatest upper höchste größte meisten maximo massimo máximo 最大 最高 最多
  increase increases increased increasing raise raising rise rises rising grow grows growing gain gains erhöhen steigern steigen augmenter aumentar aumentare subir 增加 提高 增やす 上げる | decrease decreases decreased decreasing reduce reduces reduced reducing lower fall falls falling drop drops shrink lose losing loss senken verringern sinken diminuer réduire disminuir reducir bajar diminuire ridurre diminuir reduzir 减少 降低 減らす 下げる
  buy buys buying bought purchase purchasing kaufen acheter comprar comprare 买 購入 買う | sell sells selling sold verkaufen vendre vender vendere 卖 販売 売る
  enable enables enabled enabling activate activating on aktivieren einschalten activer activar attivare ativar 启用 开启 有効 有効化 | disable disables disabled disabling deactivate deactivating off deaktivieren ausschalten désactiver desactivar disattivare desativar 禁用 关闭 無効 無効化
  first erste ersten erster premier première primero primera primo prima primeiro 第一 最初 | last final letzte letzten letzter dernier dernière último ultima ultimo última 最后 最後
  open opens opening opened öffnen ouvrir abrir aprire 打开 開く | close closes closing closed shut schließen fermer cerrar chiudere fechar 关闭 閉じる
  start starts starting begin begins beginning starten beginnen commencer démarrer empezar iniciar cominciare começar 开始 始める | stop stops stopping end ends ending finish beenden arrêter terminer terminar parar finire fermare 结束 停止 終わる
  add adds adding insert inserting include including hinzufügen ajouter añadir aggiungere adicionar 添加 追加 | remove removes removing delete deleting exclude excluding drop entfernen löschen supprimer enlever eliminar quitar rimuovere remover excluir 删除 移除 削除
  import imports importing | export exports exporting
  upload uploads uploading hochladen | download downloads downloading herunterladen
  encode encodes encoding encrypt encrypts encrypting encryption | decode decodes decoding decrypt decrypts decrypting decryption
  push pushes pushing | pull pulls pulling
  install installs installing installieren installer instalar | uninstall uninstalls uninstalling deinstallieren désinstaller desinstalar
  upgrade upgrades upgrading | downgrade downgrades downgrading
  input inputs incoming inbound | output outputs outgoing outbound
  hot hotter warm heat heating heiß chaud caliente caldo quente 热 暑い | cold colder cool cooling kalt froid frío freddo frio 冷 寒い
  big bigger large larger groß grand grande 大 大きい | small smaller little tiny klein petit pequeño piccolo pequeno 小 小さい
  fast faster quick quickly quicker schnell rapide rápido veloce 快 速い | slow slower slowly langsam lent lento 慢 遅い
  high higher hoch haut alto 高 高い | low lower niedrig bas bajo basso baixo 低 低い
  best better gut besser beste meilleur mieux mejor migliore melhor 最好 最高 良い | worst worse bad schlecht schlechteste pire mauvais peor peggiore pior 最差 最悪 悪い
  good pros advantage advantages benefit benefits vorteile avantages ventajas vantaggi vantagens 优点 利点 | bad cons disadvantage disadvantages drawback drawbacks risks nachteile inconvénients désavantages desventajas svantaggi desvantagens 缺点 欠点
  left links gauche izquierda sinistra esquerda 左 | right rechts droite derecha destra direita 右
  north northern nord norte 北 | south southern süd sud sur sul 南
  east eastern ost est este 东 東 | west western ouest oeste ovest 西
  up upward upwards upstairs hoch arriba | down downward downwards downstairs runter abajo
  above over über oben dessus encima sopra acima 上 | below under beneath underneath unter unten dessous debajo sotto abaixo 下
  inside within indoor indoors internal innen intérieur dentro 里面 内 | outside outdoor outdoors external außen extérieur fuera fuori fora 外面 外
  old older oldest alt vieux viejo vecchio velho 旧 古い | new newer newest neu neue nouveau nuevo nuovo novo 新 新しい
  young younger youngest jung jeune joven giovane jovem | old older oldest elderly alt vieux viejo
  win wins winning won gewinnen gagner ganar vincere ganhar 赢 勝つ | lose loses losing lost verlieren perdre perder perdere 输 負ける
  accept accepts accepting allow allows allowing permit approve erlauben accepter permettre aceptar permitir accettare permettere 接受 允许 許可 | reject rejects rejecting deny denies block blocks forbid ban refuse verbieten refuser interdire rechazar prohibir rifiutare vietare proibir 拒绝 禁止 拒否
  positive positives | negative negatives
  true | false
  legal legally | illegal illegally
  safe safely sicher sûr seguro sicuro 安全 | dangerous unsafe gefährlich dangereux peligroso pericoloso perigoso 危险 危険
  cheap cheaper cheapest billig bon-marché barato economico 便宜 安い | expensive dearer costly teuer cher caro costoso 贵 高価
  more mehr plus más più mais 更多 もっと | less fewer weniger moins menos meno 更少
  ascending | descending
  horizontal horizontally | vertical vertically
  public öffentlich público pubblico | private privat privé privado privato
  lend lends lending | borrow borrows borrowing
  teach teaches teaching | learn learns learning
  send sends sending senden envoyer enviar inviare 发送 送る | receive receives receiving empfangen recevoir recibir ricevere receber 接收 受け取る
  ask asks asking question | answer answers answering reply
  enter enters entering | leave leaves leaving exit exits exiting
  attack attacks attacking | defend defends defending defense
  employer employers | employee employees
  parent parents | child children kid kids
  male man men husband boy boys father son mann homme hombre uomo homem 男 | female woman women wife girl girls mother daughter frau femme mujer donna mulher 女
  day daily daytime | night nightly nighttime
  summer sommer été verano estate verão 夏 | winter hiver invierno inverno 冬
  morning morgens | evening night abends
  arrival arrivals arrive arrives arriving | departure departures depart departs departing
  client clients | server servers
  frontend | backend
  row rows | column columns
  input | output
  read reads reading lesen lire leer leggere ler | write writes writing schreiben écrire escribir scrivere escrever
  love loves like likes | hate hates dislike dislikes
  lock locks locking | unlock unlocks unlocking
  connect connects connecting | disconnect disconnects disconnecting
  mount | unmount
  compress compressing zip | decompress decompressing unzip extract
  hire hires hiring | fire fires firing
  strong stronger | weak weaker
  always immer toujours siempre sempre 总是 いつも | never nie jamais nunca mai 从不 決して sometimes
  all every alle tous todos tutti 所有 全部 | none some any
  hard harder difficult schwer difficile difícil 难 難しい | easy easier simple leicht facile fácil 容易 簡単
  long longer longest lang largo lungo 长 長い | short shorter shortest kurz court corto breve curto 短 短い
  rich wealthy | poor
  deposit deposits | withdraw withdraws withdrawal
  cause causes | effect effects prevent
  sunrise | sunset
  import | export
  lengthen | shorten
  thick thicker | thin thinner
  wide wider | narrow narrower
  deep deeper | shallow shallower
  full | empty
  wet | dry
  light lighter | dark darker heavy heavier
  front forward forwards | back backward backwards rear
  top | bottom
  odd | even
  credit credits | debit debits
  asset assets | liability liabilities
  supply | demand
  singular | plural
  acid acidic | alkaline base basic
  guilty | innocent
  present | absent past future
  past | future
`
  .trim()
  .split('\n')
  .map((line) => {
    const [one = '', other = ''] = line.split('|');
    return [set(one), set(other)];
  });

/** Prepositions of which one turns a sentence with the other round. */
export const TURNING: ReadonlyMap<string, string> = new Map(
  Object.entries({
    to: 'to',
    into: 'to',
    towards: 'to',
    onto: 'to',
    nach: 'to',
    zu: 'to',
    vers: 'to',
    hacia: 'to',
    para: 'to',
    a: '',
    à: 'to',
    from: 'from',
    von: 'from',
    aus: 'from',
    depuis: 'from',
    desde: 'from',
    da: 'from',
    before: 'before',
    after: 'after',
    until: 'before',
    since: 'after',
    for: 'for',
    against: 'against',
    by: 'by',
    gegen: 'against',
    contre: 'against',
    contra: 'against',
    contro: 'against',
    with: 'with',
    without: 'without',
    mit: 'with',
    ohne: 'without',
    avec: 'with',
    sans: 'without',
    con: 'with',
    sin: 'without',
    senza: 'without',
    over: 'over',
    above: 'over',
    under: 'under',
    below: 'under',
    than: 'than',
    if: 'if',
    unless: 'unless',
  }).filter(([, side]) => side !== ''),
);

/** The line of languages that are known by their English names alone. */
const LAST_LANGUAGES = 16;

/** Words that join or condition what is asked, by what they say. */
export const JOINTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    or: 'or oder ou o either',
    and: 'and both plus und et e y',
    if: 'if whenever falls wenn si se',
    unless: 'unless',
    only: 'only just solely nur seulement solo solamente',
    also: 'also too auch aussi también anche também',
    even: 'even sogar même incluso',
    not: 'instead except besides',
    until: 'until till',
    while: 'while during',
    because: 'because',
  }).flatMap(([joint, words]) => words.split(' ').map((word): [string, string] => [word, joint])),
);

/** Prepositions that say another thing each of the word behind them; those that say much the same are one. */
export const RELATIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    in: 'in of at within inside',
    about: 'about regarding concerning',
    by: 'by',
    near: 'near around',
    through: 'through via',
    between: 'between among',
    off: 'off',
    out: 'out',
    beside: 'beside',
    like: 'like as',
    per: 'per',
    behind: 'behind',
    beyond: 'beyond',
    during: 'during',
  }).flatMap(([relation, words]) => words.split(' ').map((word): [string, string] => [word, relation])),
);

/** Languages, by their names; each by its English one. */
export const LANGUAGES: ReadonlyMap<string, string> = new Map(
  `english englisch anglais inglés ingles inglese inglês 英语 英文 英語
  german deutsch allemand alemán aleman tedesco alemão 德语 德文 ドイツ語
  french französisch français francais francés frances francese francês 法语 法文 フランス語
  spanish spanisch espagnol español espanol spagnolo espanhol castellano 西班牙语 スペイン語
  italian italienisch italien italiano 意大利语 イタリア語
  portuguese portugiesisch portugais portugués portoghese português 葡萄牙语 ポルトガル語
  chinese chinesisch chinois chino cinese chinês mandarin 中文 汉语 中国語
  japanese japanisch japonais japonés giapponese japonês 日语 日文 日本語
  russian russisch russe ruso russo 俄语 ロシア語
  korean koreanisch coréen coreano 韩语 韓国語
  arabic arabisch arabe árabe arabo 阿拉伯语 アラビア語
  hindi
  turkish türkisch turc turco
  dutch niederländisch néerlandais neerlandés olandese holandês
  polish polnisch polonais polaco polacco polonês
  swedish schwedisch suédois sueco svedese
  latin greek hebrew ukrainian czech danish norwegian finnish hungarian romanian vietnamese thai indonesian`
    .split('\n')
    .flatMap((line, index) => {
      const names = line.trim().split(/\s+/u);
      return names.map((name): [string, string] => [name, index === LAST_LANGUAGES ? name : (names[0] ?? name)]);
    }),
);

/** Numbers that are written as words. */
export const NUMBERS: ReadonlyMap<string, string> = new Map(
  [
    ['zero null zéro cero zero 零 〇', '0'],
    ['one once single 一', '1'],
    ['two twice double zwei deux dos due dois duas 二 两', '2'],
    ['three thrice triple drei trois tres tre três 三', '3'],
    ['four vier quatre cuatro quattro quatro 四', '4'],
    ['five fünf cinq cinco cinque 五', '5'],
    ['six sechs seis sei 六', '6'],
    ['seven sieben sept siete sette sete 七', '7'],
    ['eight acht huit ocho otto oito 八', '8'],
    ['nine neun neuf nueve nove 九', '9'],
    ['ten zehn dix diez dieci dez 十', '10'],
    ['eleven elf onze once undici', '11'],
    ['twelve dozen zwölf douze doce dodici doze', '12'],
    ['thirteen', '13'],
    ['fourteen', '14'],
    ['fifteen fünfzehn quinze quince', '15'],
    ['sixteen', '16'],
    ['seventeen', '17'],
    ['eighteen', '18'],
    ['nineteen', '19'],
    ['twenty zwanzig vingt veinte venti vinte', '20'],
    ['thirty dreißig trente treinta', '30'],
    ['forty', '40'],
    ['fifty', '50'],
    ['sixty', '60'],
    ['seventy', '70'],
    ['eighty', '80'],
    ['ninety', '90'],
    ['hundred hundert cent cien cento cem 百', '100'],
    ['thousand tausend mille mil 千', '1000'],
    ['million millions', '1000000'],
    ['billion billions', '1000000000'],
    ['half hälfte moitié mitad metà metade 半', '1/2'],
    ['quarter', '1/4'],
    ['third thirds', '1/3'],
    ['second', '2nd'],
    ['fourth', '4th'],
    ['fifth', '5th'],
    ['sixth', '6th'],
    ['seventh', '7th'],
    ['tenth', '10th'],
  ].flatMap(([words = '', number = '']) => words.split(' ').map((word): [string, string] => [word, number])),
);

/** Units, months and days: what a number is of, or what dates are made of. */
export const MEASURES = set(`
  mm millimeter millimeters cm centimeter centimeters centimetre centimetres m meter meters metre metres km kilometer kilometers kilometre
  kilometres inch inches foot feet ft yard yards mile miles mg milligram milligrams g gram grams kg kilogram kilograms pound pounds lb lbs
  ounce ounces oz ton tons tonne tonnes ml milliliter milliliters l liter liters litre litres gallon gallons cup cups pint pints quart
  quarts tablespoon tablespoons teaspoon teaspoons ms millisecond milliseconds second seconds sec minute minutes min hour hours hr day days
  week weeks weekly month months monthly year years yearly annual annually daily hourly decade decades century centuries byte bytes kb mb
  gb tb kilobyte kilobytes megabyte megabytes gigabyte gigabytes terabyte terabytes bit bits kbps mbps gbps hz khz mhz ghz watt watts
  kilowatt kilowatts kwh volt volts amp amps ohm ohms celsius fahrenheit kelvin degree degrees radian radians joule joules calorie calories
  kilocalorie kilocalories newton pascal bar psi knot knots acre acres hectare hectares dollar dollars usd euro euros eur yen jpy yuan cny
  rupee rupees inr gbp chf franc francs peso pesos cent cents percent percentage
  january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday
  sunday today tomorrow yesterday tonight now heute morgen gestern aujourd'hui demain hier hoy mañana ayer oggi domani ieri hoje amanhã ontem
  januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonntag
  janvier février mars avril juin juillet août septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi samedi dimanche
  enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes miércoles jueves viernes sábado
  tag tage woche wochen monat monate jahr jahre stunde stunden minute minuten sekunde sekunden jour jours semaine semaines mois an ans année
  années heure heures día días semana semanas mes meses año años hora horas minutos giorno giorni settimana mese mesi anno anni ora ore
  年 月 日 天 周 小时 分钟 秒 今天 明天 昨天 今日 明日 昨日
`);

/** Auxiliaries by the time that they say. */
export const TENSES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    present: 'is are am do does has have ist sind hat est sont es son è sono é são',
    past: 'was were did had war waren hatte hatten était étaient fue fueron era eran foi foram',
    future: 'will shall wird werden werde',
  }).flatMap(([tense, words]) => words.split(' ').map((word): [string, string] => [word, tense])),
);
/** Of what may or must be. */
export const MODALITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    can: 'can could may might kann können darf dürfen peut peuvent peux puede pueden può possono pode podem',
    must: 'must muss müssen doit doivent debe deben deve devono devem',
    should: 'should ought sollte sollten soll sollen devrait debería dovrebbe deveria',
  }).flatMap(([modality, words]) => words.split(' ').map((word): [string, string] => [word, modality])),
);
