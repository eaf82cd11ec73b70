import { type Concepts, conceptsOf } from '../concepts.ts';

/**
 * Words by what they do in an attack, in the larger languages. A pair of concepts is a feature of the model: what was learned from
 * "disregard the earlier directives" holds for "vergiss die vorherigen Anweisungen". All are written as `canonicalOf` spells them.
 */
const WORDS: Readonly<Record<string, string>> = {
  override:
    'ignore ignores ignoring ignored disregard disregarding disregards forget forgets forgetting override overrides overriding overwrite bypass bypassing circumvent discard discarding neglect overlook omit cancel void erase dismiss abandon unlearn supersede supersedes replace disable disabled deactivate suspend skip drop evade violate break breaks ignoriere ignorieren vergiss vergesse vergessen missachte umgehe uberschreibe ignorez oublie oubliez ignorer contourne contournez desactive ignora ignorad ignorar ignoren olvida olvide olvidate olvidad omite omitir descarta anula esqueca esquece desconsidere dimentica ignorate dimenticate tralascia negeer vergeet zignoruj zapomnij pomin ignorujte unut yoksay забудь забудьте игнорируй игнорируйте проигнорируй отмени abaikan lupakan glem ignorer glom ignorera unohda',
  prior:
    'previous previously prior above preceding earlier before foregoing past initial original existing former aforementioned precedent vorherigen vorherige vorigen bisherigen obigen vorangegangenen precedentes precedente precedents anterieures anteriores anterior previas previos previo precedenti precedente sopra vorige eerdere bovenstaande poprzednie poprzednich wczesniejsze предыдущие предыдущих прежние прошлые выше onceki sebelumnya tidligere foregaende aiemmat',
  instruction:
    'instruction instructions prompt prompts rule rules directive directives guideline guidelines command commands order orders policy policies restriction restrictions constraint constraints limitation limitations programming protocol protocols context configuration anweisung anweisungen vorgaben regeln befehle richtlinien instruktionen instruccion instrucciones reglas ordenes directrices indicaciones consigne consignes regles directives instrucoes regras ordens diretrizes istruzione istruzioni regole comandi direttive instructies regels opdrachten instrukcje instrukcji zasady polecenia инструкции инструкций инструкцию правила правил указания команды talimatlar talimatlari kurallari instruksi aturan perintah instruksjoner instruktioner ohjeet',
  all: 'all any every everything anything alle alles allen tous toutes tout toda todas todo todos tutte tutti wszystkie все всё все всех tum semua alla kaikki',
  reveal:
    'reveal reveals show print output repeat display leak expose dump disclose divulge recite spell verbatim paste echo zeige zeig verrate wiederhole nenne ausgeben gib affiche affichez montre montrez revele revelez repete repetez muestra muestrame revela repite imprime mostrar mostre revele repita imprima mostra mostrami rivela ripeti stampa toon onthul herhaal pokaz ujawnij powtorz покажи раскрой повтори выведи goster tekrarla tampilkan ungkapkan',
  system:
    'system developer hidden internal confidential private preprompt sysprompt backend initialization verborgen versteckte interne caches cachees secretas ocultas ocultos segreto nascosto системный системные скрытые gizli',
  secret:
    'password passwords passcode passphrase passwort secret secrets credential credentials pin apikey token tokens key keys geheimnis geheime mot-de-passe contrasena secreto clave senha segredo wachtwoord haslo пароль секрет sifre rahasia losenord passord salasana',
  persona:
    'act acting pretend pretending roleplay roleplaying role-play simulate simulates simulating persona character imagine pose posing impersonate impersonating embody emulate immerse assume transform behave portray alter ego stelle spiele tue rolle agis joue imagine incarne actua finge simula interpreta imagina aja finja interprete fingi agisci immagina doe alsof speel udawaj zachowuj представь притворись веди отыгрывай davran berpura',
  machine:
    'ai chatbot assistant gpt chatgpt gpt-4 gpt-3 gpt4 gpt3 claude llm llms model bard openai anthropic bot gemini llama copilot bing sydney machine ki-assistent assistent assistente asistente ia modele modelo modello asystent asystencie модель ассистент ии нейросеть asisten asistan',
  jailbreak:
    'jailbreak jailbroken jailbreaking dan stan dude aim devmode jb mongo antigpt basedgpt evilbot unshackled liberated unhinged rogue godmode sudo',
  unbound:
    'unrestricted unfiltered uncensored amoral unethical immoral illegal unlawful limitless boundless unlimited freely freed free harmful dangerous offensive explicit inappropriate taboo nsfw regardless uneingeschrankt unzensiert ungefiltert illimite restriction censure ilimitado filtro censura restricciones restricoes restrizioni filtri beperkingen ограничений цензуры фильтров sinirsiz',
  ethic:
    'ethic ethics ethical ethically moral morals morality morally safety safeguards guardrails guardrail legality censorship filter filters disclaimer disclaimers warnings principles content-policy alignment moderation ethik moralisch ethique etica ethisch этика этики морали',
  refuse:
    "refuse refuses refusing refusal decline declines apologize apologies apologise sorry unable reject deny denies cannot can't won't comply complies compliance obey obeys weigere verweigere refuser refuse negarte rechazar recusar rifiutare weigeren odmawiaj отказывайся отказываться",
  not: "no not without never don't dont do'nt doesn't isn't aren't nor neither nicht kein keine ohne nie niemals pas sans jamais ne sin nunca jamas nao sem mai senza non niet geen zonder nie bez nigdy не без никогда нет",
  now: 'now instead henceforth onwards onward new updated following next actual real true jetzt ab stattdessen neue neuen folgende maintenant desormais nouvelles nouvelle suivantes ahora nuevas nueva siguiente adelante agora novas nova seguintes ora nuove seguenti invece nu nieuwe volgende teraz nowe теперь новые новая вместо simdi bundan sekarang baru',
  must: 'must always shall should need required strictly exactly only immediately musst immer sollst nur sofort dois devez toujours doit seulement debes debe siempre solo solamente deve sempre apenas devi soltanto moet altijd musisz zawsze должен должна всегда только обязан',
  respond:
    'answer answers respond responds reply replies response responses say says speak begin start write tell antworte antworten antwort sage sag schreibe repondre reponds repondez dis ecris responde respuesta di dime escribe responda resposta diga escreva rispondi risposta scrivi antwoord zeg odpowiedz ответь отвечай скажи напиши cevapla jawab',
  you: "you your yours yourself you're youre u ur du dein deine dich dir sie ihre ihr tu te toi vous votre vos tes ti tus usted su voce seu suas tua tuo tue je jij jouw uw ty twoje ты твои тебя вы ваши sen senin kamu anda",
  urgent:
    'important attention urgent notice warning critical alert emergency note priority wichtig achtung dringend attention importante urgente atencion atencao attenzione belangrijk uwaga важно внимание onemli penting',
  admin:
    'admin administrator root debug maintenance mode authorized authorised superuser operator privileged privileges engineer auditor developer-mode test diagnostic modus entwickler mode developpeur modo desarrollador desenvolvedor modalita sviluppatore tryb режим разработчика mod modu',
  send: 'send forward email post upload exfiltrate transmit submit transfer visit click navigate fetch curl append attach include insert embed download execute run open redirect sende schicke leite klicke envoie envoyez transfere envia enviar reenvia manda clica invia inoltra stuur wyslij отправь перешли kirim gonder',
  user: 'user users human person customer client reader recipient benutzer nutzer utilisateur usuario utente gebruiker uzytkownik пользователь пользователя',
  task: 'task objective mission goal request question query translate summarize rewrite encode decode base64 rot13 reverse continue aufgabe tache tarea tarefa compito taak zadanie задача',
  chat: 'conversation chat session dialogue message messages thread text document input output konversation gesprach conversacion conversa conversazione gesprek rozmowa разговор диалог',
};

/** The words of languages that put no spaces between them: each a part of a text. */
const PARTS: Readonly<Record<string, string>> = {
  override: '忽略 忽视 忘记 忘掉 无视 無視 忘れ 무시 잊어 تجاهل انس התעלם नज़रअंदाज bo qua เพิกเฉย',
  prior: '之前 以前 先前 上面 上述 以上 前面 これまで 上記 이전 위의 السابقة הקודמות पिछले truoc ก่อนหน้า',
  instruction:
    '指令 指示 规则 規則 提示词 提示 命令 设定 ルール プロンプト 지시 명령 규칙 프롬프트 التعليمات تعليمات הוראות निर्देश huong dan คำสั่ง',
  all: '所有 全部 一切 すべて 全て 모든 جميع כל सभी',
  reveal: '显示 输出 告诉 重复 透露 打印 表示して 教えて 出力 보여 출력 알려 اكشف اعرض הצג',
  system: '系统 隐藏 システム 시스템 النظام',
  secret: '密码 密钥 秘密 口令 パスワード 비밀번호 비밀 كلمة סיסמה',
  persona: '扮演 假装 角色 模拟 演じ ふり 역할 연기 تظاهر',
  machine: '人工智能 助手 模型 机器人 アシスタント モデル 모델 الذكاء',
  unbound: '不受限制 没有限制 无限制 违法 非法 制限なし 제한 없이 بدون',
  not: '不要 不能 没有 不 しないで ない 하지 마 لا',
  now: '现在 从现在 新的 今から 新しい 지금부터 새로운 الآن',
  you: '你 您 あなた 당신 너 أنت',
};

/** What words do in an attack. */
export const INJECTION_CONCEPTS: Concepts = conceptsOf(WORDS, PARTS);
