/**
 * Words by what they may mean for moderation. No word decides alone: pairs of concepts are features of the model, so that "kill" beside
 * a group of people, beside "myself" or beside "process" are different things.
 */
import { type Concepts, conceptsOf } from '../concepts.ts';

const WORDS: Readonly<Record<string, string>> = {
  explicit:
    'porn porno pornography pornhub xxx hentai blowjob handjob blowjobs cum cums cumming cumshot cumshots creampie cock cocks dick dicks pussy pussies clit cunt anal orgasm orgasms masturbate masturbating masturbation dildo vibrator gangbang threesome deepthroat milf milfs shemale shemales tits titties boobs boobies nipples penis vagina fucked fucking slut sluts whore whores camgirl camsex erotic erotica escort escorts bdsm bondage fetish horny jizz semen ejaculate erection fingering fisting footjob rimjob strapon squirt squirting threesomes voyeur upskirt nudes doujinshi futanari incest',
  sexual:
    'sex sexy sexual sexually nude naked nudity topless lingerie panties bra seduce seduced seductive aroused arousal moan moaned moaning thrust thrusting undress undressed kiss kissed lick licked licking strip stripper brothel prostitute prostitutes hookup hookups intercourse climax breasts breast ass asses butt thighs virgin lust kinky submissive dominatrix swinger swingers adult webcam cam cams bedroom hardcore softcore fantasies fantasy busty',
  young:
    'teen teens teenage teenager underage minor minors schoolgirl schoolgirls schoolboy lolita loli shota preteen child children kid kids boy boys girl girls daughter son toddler infant youngster pupil 12 13 14 15 16 17',
  kill: 'kill kills killing killed murder murders murdered murdering slaughter slaughtered massacre execute executed exterminate exterminated extermination eradicate annihilate assassinate behead beheaded lynch lynched hang hanged hanging shoot shot shooting stab stabbed stabbing strangle strangled burn burned gas gassed bomb bombed drown poison decapitate eliminate wipe butcher gallows genocide destroy destroyed nuke',
  hurt: 'beat beating beaten punch punched kick kicked slap attack attacked attacking torture tortured rape raped raping rapist assault assaulted hit smash smashed crush break hurt hurting harm whip choke choked bleed suffer suffering cripple maim mutilate abuse abused violence violent fight knife gun guns rifle',
  gore: 'blood bloody gore gory guts intestines entrails corpse corpses skull severed dismember dismembered mutilated brains flesh wound wounds bowels limb limbs gouge gouged screamed screaming',
  death: 'die dies died dying dead death deaths grave funeral suicide suicidal',
  group:
    'muslim muslims islam jew jews jewish christian christians hindu hindus black blacks white whites asian asians chinese mexican mexicans arab arabs african africans indian indians latino latinos hispanic hispanics gay gays lesbian lesbians homosexual homosexuals trans transgender transsexual transgenders queer queers bisexual women woman female females men man immigrant immigrants migrant migrants refugee refugees foreigner foreigners disabled autistic pakistani pakistanis turks turkish russians russian ukrainians gypsies roma catholics atheists infidels infidel minorities minority natives aboriginal aboriginals feminists feminist straight race races religion ethnic',
  slur: 'nigger niggers nigga niggas faggot faggots fag fags dyke dykes tranny trannies kike kikes chink chinks gook gooks spic spics wetback wetbacks beaner beaners coon coons towelhead towelheads raghead ragheads paki pakis retard retards retarded spastic spastics cripple cripples mongoloid shitskin redskin redskins negro negroes darkie darky honky cracker crackers redneck rednecks hillbilly bitch bitches hoe hoes thot cunts mudslime muzzie muzzies jap japs zionist sheboon',
  lesser:
    'vermin rats rat cockroach cockroaches parasite parasites parasitic animals animal pigs pig dogs subhuman subhumans disease plague cancer filth filthy scum scumbags trash garbage savage savages primitive inferior disgusting disgust repulsive abomination pest pests infest infestation leech leeches monkeys monkey apes ape worthless evil degenerate degenerates invaders invading unclean abnormal unnatural sick',
  insult:
    'idiot idiots moron morons stupid dumb dumbass asshole assholes loser losers clown clowns ugly fat pathetic coward cowards liar liars fool fools jerk dipshit bastard bastards prick douche douchebag twat wanker imbecile imbeciles dumbfuck brainless clueless fraud crook ignorant libtard libtards trumptard trumptards cuck snowflake snowflakes commie commies crybaby hag witch creep creeps weirdo bozo airhead halfwit',
  profane:
    'fuck fucks fucker fuckers motherfucker motherfuckers shit shitty bullshit damn goddamn hell crap piss wtf stfu fck fuk af',
  contempt:
    'hate hates hated hatred despise despises detest loathe loathes abhor contempt inferior cannot stand ban banned deport deported expel remove rid purge kick exclude segregate nothing worse worst',
  deserve:
    "deserve deserves deserved should must ought need needs wish wishing hope hoping love going gonna will want wants let let's lets",
  self: "myself me i my im i'm ive i've mine",
  you: "you your you're u ur yourself urself yall y'all",
  they: "they them their these those he him his she her everyone all every most they're",
  selfharm:
    'cutting selfharm self-harm self-injury cut cuts razor razors blade blades scars scar overdose overdosed pills hang noose bleach wrists wrist anorexia anorexic bulimia bulimic purging purge binge starve starving starved thinspo proana pro-ana ana mia calories bmi relapse relapsed hopeless worthless urge urges unalive kms suicidal suicide',
  help: 'help therapy therapist counselor counselling hotline lifeline recovery recover recovered recovering support supportive hospital doctor psychiatrist medication treatment better grateful proud hope healing heal awareness prevention survivor survivors survived stopped clean sober',
  counter:
    "wrong unacceptable stop stopped never not no don't isn't aren't can't shouldn't against condemn condemned report reported racist racism sexist sexism homophobic transphobic bigot bigots bigotry hateful slur slurs offensive court prison punished apologize respect equal equality rights human dignity victims victim",
  quote: '" said says saying wrote called calls call quote tweet tweeted heard someone people',
  public:
    'police court law government president senator election war history news report study according article minister department military soldiers research university percent data market company policy officials spokesman',
  everyday:
    'recipe food cooking game games movie movies music song football soccer weather travel phone car school work friend friends family birthday happy thanks thank please love great good nice beautiful cute awesome product price order shipping software code file install',
  thing:
    'process time app program server battery task weeds bugs virus bacteria plant plants ingredients joke mosquito mosquitoes zombies enemy boss level player dragon script job jobs child-process',
};

const PARTS: Readonly<Record<string, string>> = {
  explicit: 'エロ セックス アダルト 無修正 痴女 巨乳 淫 性交 色情 成人视频 做爱 섹스 야동 порно секс',
  sexual: '裸 性感 性愛 내숭 голая голые',
  young: '少女 ロリ 未成年 女子高生 소녀 школьниц малолет',
  kill: '殺 杀 死ね 죽이 죽여 убить убей убью',
  selfharm: '自殺 自杀 割腕 자살 самоубий',
  slur: '支那 チョン 병신 пидор чурка жид',
};

/** What words may mean for moderation. */
export const MODERATION_CONCEPTS: Concepts = conceptsOf(WORDS, PARTS);

/** Those that are looked at by name, by their numbers. */
export const CONCEPT = {
  explicit: Object.keys(WORDS).indexOf('explicit') + 1,
  sexual: Object.keys(WORDS).indexOf('sexual') + 1,
  young: Object.keys(WORDS).indexOf('young') + 1,
  gore: Object.keys(WORDS).indexOf('gore') + 1,
  slur: Object.keys(WORDS).indexOf('slur') + 1,
} as const;
