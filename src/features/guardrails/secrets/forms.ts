/**
 * The forms of the secrets that providers give out. Sources: the providers' documentation of their keys and the list of forms that
 * GitHub's secret scanning names (docs.github.com, "Supported secret scanning patterns"), read 2026-11; the expressions are our own.
 */

/** One provider's form. */
export interface SecretForm {
  readonly type: string;
  /** Texts of three characters or more, in lower case: without one of them the expression is not tried. Empty: it always is. */
  readonly holds: readonly string[];
  /** Global; the group `secret`, if there is one, is the secret itself. */
  readonly form: RegExp;
  /** Bits of information for each character that the secret must have at least; undefined where the form alone is proof. */
  readonly entropy?: number;
}

const row = (type: string, holds: string | readonly string[], form: RegExp, entropy?: number): SecretForm => ({
  type,
  holds: typeof holds === 'string' ? [holds] : holds,
  form,
  ...(entropy === undefined ? {} : { entropy }),
});

/** Keys with a prefix of their own, by family: models, clouds, code, talk, money, and what else companies use. */
export const SECRET_FORMS: readonly SecretForm[] = [
  // Models, and gateways before them.
  row(
    'OPENAI_KEY',
    'sk-',
    /(?<![\w-])sk-(?:(?:proj|svcacct|admin|None)-[\w-]{40,180}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48})(?![\w-])/g,
  ),
  row('ANTHROPIC_KEY', 'sk-ant-', /(?<![\w-])sk-ant-(?:api|admin|oat|ort|sid)\d{2}-[\w-]{60,120}/g),
  row('OPENROUTER_KEY', 'sk-or-', /(?<![\w-])sk-or-(?:v1-)?[0-9a-f]{64}/g),
  row('GATEWAY_KEY', 'sk-', /(?<![\w-])sk-[A-Za-z0-9_-]{20,28}(?![\w-])/g, 3.6),
  row(
    'HUGGING_FACE_TOKEN',
    ['hf_', 'api_org_'],
    /(?<!\w)(?:hf_[A-Za-z]{34}|hf_[A-Za-z0-9]{34,40}|api_org_[A-Za-z]{34})(?!\w)/g,
    3,
  ),
  row('GROQ_KEY', 'gsk_', /(?<!\w)gsk_[A-Za-z0-9]{48,56}(?!\w)/g),
  row('REPLICATE_TOKEN', 'r8_', /(?<!\w)r8_[A-Za-z0-9]{37,40}(?!\w)/g),
  row('PERPLEXITY_KEY', 'pplx-', /(?<!\w)pplx-[A-Za-z0-9]{48,56}(?!\w)/g),
  row('XAI_KEY', 'xai-', /(?<!\w)xai-[A-Za-z0-9]{70,90}(?!\w)/g),
  row('FIREWORKS_KEY', 'fw_', /(?<!\w)fw_[A-Za-z0-9]{22,24}(?!\w)/g, 3),
  row('NVIDIA_KEY', 'nvapi-', /(?<!\w)nvapi-[\w-]{60,70}(?![\w-])/g),
  row('LANGSMITH_KEY', 'lsv2_', /(?<!\w)lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}(?!\w)/g),
  row('LANGFUSE_KEY', '-lf-', /(?<![\w-])[sp]k-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?!\w)/g),
  row('TAVILY_KEY', 'tvly-', /(?<!\w)tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}(?!\w)/g),
  row('PINECONE_KEY', 'pcsk_', /(?<!\w)pcsk_[A-Za-z0-9]{5,8}_[A-Za-z0-9]{60,66}(?!\w)/g),
  // Clouds.
  row(
    'AWS_ACCESS_KEY',
    ['akia', 'asia', 'abia', 'acca', 'a3t'],
    /(?<![A-Za-z0-9_])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9_])/g,
    3,
  ),
  row(
    'AWS_SECRET_KEY',
    ['aws', 'secret'],
    /aws[\w .-]{0,24}(?:secret|key)[\w .-]{0,16}["']?\s{0,3}(?:=|:|=>|:=|,)\s{0,3}["']?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    4,
  ),
  row(
    'AWS_BEDROCK_KEY',
    ['absk', 'bedrock-api-key-'],
    /(?<!\w)(?:ABSK[A-Za-z0-9+/]{109,269}={0,2}|bedrock-api-key-[A-Za-z0-9+/=]{40,})(?!\w)/g,
  ),
  row('GOOGLE_KEY', 'aiza', /(?<![\w-])AIza[\w-]{35}(?![\w-])/g, 3.5),
  row('GOOGLE_OAUTH', ['gocspx-', 'ya29.'], /(?<![\w-])(?:GOCSPX-[\w-]{28}|ya29\.[\w-]{40,400})(?![\w-])/g),
  row('AZURE_CLIENT_SECRET', ['7q~', '8q~'], /(?<![\w~.-])[A-Za-z0-9_~.]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}(?![\w~.-])/g),
  row('AZURE_STORAGE_KEY', 'accountkey=', /AccountKey=(?<secret>[A-Za-z0-9+/]{86}==)/gi),
  row('AZURE_SIGNATURE', 'sig=', /[?&]sig=(?<secret>[A-Za-z0-9%]{43,63}%3D)/gi),
  row('ALIBABA_KEY', 'ltai', /(?<!\w)LTAI[A-Za-z0-9]{17,21}(?!\w)/g, 3),
  row('DIGITALOCEAN_TOKEN', ['dop_v1_', 'doo_v1_', 'dor_v1_'], /(?<!\w)do[opr]_v1_[0-9a-f]{64}(?!\w)/g),
  row('HEROKU_KEY', 'hrku-', /(?<!\w)HRKU-[\w-]{36,64}(?![\w-])/g),
  row('CLOUDFLARE_KEY', 'v1.0-', /(?<!\w)v1\.0-[0-9a-f]{24}-[0-9a-f]{146}(?!\w)/g),
  row('DATABRICKS_TOKEN', 'dapi', /(?<!\w)dapi[0-9a-f]{32}(?:-\d)?(?!\w)/g, 3),
  row(
    'FLY_TOKEN',
    ['fo1_', 'fm1', 'fm2_'],
    /(?<!\w)(?:fo1_[\w-]{43}|fm1[ar]_[A-Za-z0-9+/]{100,}={0,3}|fm2_[A-Za-z0-9+/]{100,}={0,3})/g,
  ),
  row('VAULT_TOKEN', ['hvs.', 'hvb.', 'hvr.'], /(?<![\w.])hv[sbr]\.[\w-]{24,300}(?![\w-])/g, 3.5),
  row('TERRAFORM_TOKEN', 'atlasv1', /(?<!\w)[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}/gi),
  row(
    'DOPPLER_TOKEN',
    'dp.',
    /(?<!\w)dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}(?!\w)/g,
  ),
  row('PULUMI_TOKEN', 'pul-', /(?<!\w)pul-[0-9a-f]{40}(?!\w)/g),
  row('AGE_KEY', 'age-secret-key-', /AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}/g),
  row(
    'ONE_PASSWORD_KEY',
    ['ops_eyj', 'a3-'],
    /(?<!\w)(?:ops_eyJ[A-Za-z0-9+/]{250,}={0,3}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3})/g,
  ),
  row(
    'TAILSCALE_KEY',
    'tskey-',
    /(?<!\w)tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{6,24}-[A-Za-z0-9]{20,40}(?!\w)/g,
  ),
  // Code and packages.
  row(
    'GITHUB_TOKEN',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    /(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{82})(?!\w)/g,
    3,
  ),
  row(
    'GITLAB_TOKEN',
    [],
    /(?<!\w)(?:gl(?:pat|dt|rt|ptt|cbt|agent|ft|imt|oas|soat|ffct|rtr)-[\w.-]{20,300}|GR1348941[\w-]{20}|_gitlab_session=[0-9a-z]{32})/g,
    3,
  ),
  row('NPM_TOKEN', 'npm_', /(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)/g, 2),
  row('PYPI_TOKEN', 'pypi-', /(?<!\w)pypi-AgE[A-Za-z0-9_-]{50,1000}/g),
  row('RUBYGEMS_TOKEN', 'rubygems_', /(?<!\w)rubygems_[0-9a-f]{48}(?!\w)/g),
  row('CARGO_TOKEN', 'cio', /(?<!\w)cio[A-Za-z0-9]{32}(?!\w)/g, 4),
  row('CLOJARS_TOKEN', 'clojars_', /CLOJARS_[a-z0-9]{60}/gi),
  row('DOCKER_TOKEN', 'dckr_', /(?<!\w)dckr_(?:pat|oat)_[\w-]{27,32}(?![\w-])/g),
  row('ARTIFACTORY_KEY', ['akcp', 'cmvmdgtu'], /(?<!\w)(?:AKCp[A-Za-z0-9]{69}|cmVmdGtu[A-Za-z0-9]{56})(?!\w)/g),
  row('ATLASSIAN_TOKEN', ['atatt3', 'atctt3'], /(?<!\w)AT[AC]TT3[\w=-]{180,240}/g),
  row('LINEAR_KEY', 'lin_', /(?<!\w)lin_(?:api|oauth)_[A-Za-z0-9]{40,64}(?!\w)/g),
  row('NOTION_TOKEN', ['ntn_', 'secret_'], /(?<!\w)(?:ntn_\d{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})(?!\w)/g, 4),
  row('POSTMAN_KEY', 'pmak-', /(?<!\w)PMAK-[0-9a-f]{24}-[0-9a-f]{34}(?!\w)/gi),
  row('SONAR_TOKEN', ['squ_', 'sqp_', 'sqa_'], /(?<!\w)sq[upa]_[0-9a-f]{40}(?!\w)/g),
  row('SENTRY_TOKEN', ['sntrys_', 'sntryu_'], /(?<!\w)(?:sntrys_eyJ[A-Za-z0-9+/=_]{80,500}|sntryu_[0-9a-f]{64})/g),
  row(
    'GRAFANA_TOKEN',
    ['glc_', 'glsa_', 'eyjrijoi'],
    /(?<!\w)(?:glc_[A-Za-z0-9+/]{32,400}={0,3}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|eyJrIjoi[A-Za-z0-9]{70,400}={0,3})/gi,
    3,
  ),
  row(
    'NEW_RELIC_KEY',
    ['nrak-', 'nrjs-', 'nrii-'],
    /(?<!\w)(?:NRAK-[A-Z0-9]{27}|NRJS-[0-9a-f]{19}|NRII-[\w-]{32})(?![\w-])/gi,
  ),
  row('DYNATRACE_TOKEN', 'dt0c01.', /(?<!\w)dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}(?!\w)/gi),
  row('POSTHOG_KEY', ['phc_', 'phx_'], /(?<!\w)ph[cx]_[A-Za-z0-9]{43}(?!\w)/g),
  row('PREFECT_KEY', 'pnu_', /(?<!\w)pnu_[A-Za-z0-9]{36}(?!\w)/g),
  row('PLANETSCALE_TOKEN', 'pscale_', /(?<!\w)pscale_(?:tkn|pw|oauth)_[\w=.-]{32,64}/g),
  row('SUPABASE_KEY', ['sbp_', 'sb_secret_'], /(?<!\w)(?:sbp_[0-9a-f]{40}|sb_secret_[\w-]{31})(?![\w-])/g),
  row('OPENSHIFT_TOKEN', 'sha256~', /(?<!\w)sha256~[\w-]{43}(?![\w-])/g),
  row('SOURCEGRAPH_TOKEN', 'sgp_', /(?<!\w)sgp_(?:(?:[0-9a-f]{16}|local)_)?[0-9a-f]{40}(?!\w)/g),
  // Talk, mail and money.
  row(
    'SLACK_TOKEN',
    ['xox', 'xapp-', 'xoxe'],
    /(?<![\w-])(?:xox[abposer](?:-\d)?-[A-Za-z0-9-]{20,250}|xapp-\d-[A-Z0-9]+-\d+-[0-9a-f]{40,64}|xoxe\.xox[bp]-\d-[A-Za-z0-9]{140,200})/g,
    2.5,
  ),
  row(
    'SLACK_WEBHOOK',
    'hooks.slack.com',
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[A-Za-z0-9+/]{40,60})/g,
  ),
  row(
    'TEAMS_WEBHOOK',
    'webhook.office.com',
    /[a-z0-9-]{1,60}\.webhook\.office\.com\/webhookb2\/(?<secret>[0-9a-f-]{36}@[0-9a-f-]{36}\/IncomingWebhook\/[0-9a-f]{32}\/[0-9a-f-]{36})/gi,
  ),
  row('DISCORD_TOKEN', [], /(?<![\w.-])[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,38}(?![\w.-])/g, 4),
  row('DISCORD_WEBHOOK', '/api/webhooks/', /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/(?<secret>[\w-]{60,80})/g),
  row('TELEGRAM_TOKEN', ':aa', /(?<![\w:])\d{8,10}:AA[\w-]{33}(?![\w-])/g),
  row(
    'STRIPE_KEY',
    ['sk_', 'rk_', 'whsec_'],
    /(?<!\w)(?:[sr]k_(?:test|live|prod)_[A-Za-z0-9]{10,99}|whsec_[A-Za-z0-9+/]{32,44}={0,2})(?!\w)/g,
    2,
  ),
  row('SQUARE_TOKEN', ['eaaa', 'sq0'], /(?<![\w-])(?:EAAA[\w-]{60}|sq0[a-z]{3}-[\w-]{22,60})(?![\w-])/g, 3),
  row(
    'PLAID_TOKEN',
    'access-',
    /(?<!\w)access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
  ),
  row('FLUTTERWAVE_KEY', 'flw', /FLW(?:PUB|SEC)K_TEST-[0-9a-h]{32}-X/gi),
  row('SHOPIFY_TOKEN', 'shp', /(?<!\w)shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}(?!\w)/g),
  row('EASYPOST_KEY', ['ezak', 'eztk'], /(?<!\w)EZ[AT]K[A-Za-z0-9]{54}(?!\w)/g),
  row('SENDGRID_KEY', 'sg.', /(?<!\w)SG\.[\w-]{20,24}\.[\w-]{39,45}(?![\w-])/g),
  row('SENDINBLUE_KEY', 'xkeysib-', /(?<!\w)xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}(?!\w)/g),
  row('MAILGUN_KEY', ['key-', 'pubkey-'], /(?<![\w-])(?:pub)?key-[0-9a-f]{32}(?!\w)/g),
  row('MAILCHIMP_KEY', '-us', /(?<![\w-])[0-9a-f]{32}-us\d{1,2}(?!\w)/g),
  row('TWILIO_KEY', [], /(?<!\w)SK[0-9a-f]{32}(?!\w)/g),
  row('INTRA42_SECRET', 's-s4t2', /(?<!\w)s-s4t2(?:ud|af)-[0-9a-f]{64}(?!\w)/gi),
  row('DUFFEL_TOKEN', 'duffel_', /(?<!\w)duffel_(?:test|live)_[\w=-]{43}/g),
  row('FRAMEIO_TOKEN', 'fio-u-', /(?<!\w)fio-u-[\w=-]{64}/gi),
  row('SHIPPO_TOKEN', 'shippo_', /(?<!\w)shippo_(?:live|test)_[0-9a-f]{40}(?!\w)/g),
  row('TYPEFORM_TOKEN', 'tfp_', /(?<!\w)tfp_[\w.=-]{59}/g),
  row('AIRTABLE_TOKEN', 'pat', /(?<!\w)pat[A-Za-z0-9]{14}\.[0-9a-f]{64}(?!\w)/g),
  row('DROPBOX_TOKEN', 'sl.', /(?<![\w.])sl\.(?:u\.)?[\w=-]{130,1200}/g),
  row('FACEBOOK_TOKEN', [], /(?<!\w)EA(?:A[A-Za-z0-9]{90,500}|[A-Z]B[A-Za-z0-9]{90,500})(?!\w)/g, 4),
  row('ADOBE_SECRET', 'p8e-', /(?<!\w)p8e-[A-Za-z0-9]{32}(?!\w)/g, 2),
  row('CONTENTFUL_TOKEN', 'cfpat-', /(?<!\w)CFPAT-[\w-]{43}(?![\w-])/g),
  row('FIGMA_TOKEN', 'figd_', /(?<!\w)figd_[\w-]{40}(?![\w-])/g),
  row('ASANA_TOKEN', [], /(?<![\w/])[12]\/\d{15,17}(?:\/\d{15,17})?:[0-9a-f]{32}(?!\w)/g),
  // What many share.
  row('JWT', 'eyj', /(?<![\w-])eyJ[\w-]{15,4000}\.(?:eyJ[\w-]{2,8000})\.[\w-]{10,2000}/g),
  row(
    'CONNECTION_STRING',
    '://',
    /(?<![A-Za-z0-9+])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/'"<>]{0,100}:(?<secret>[^\s@/'"<>]{3,200})@[\w.-]{1,200}/gi,
  ),
  row(
    'CONNECTION_STRING',
    ['password=', 'pwd='],
    /(?:Server|Host|Data Source|Endpoint)=[^;\s]{1,100};[^\n]{0,200}?(?:Password|Pwd)=(?<secret>[^;\s'"]{3,128})/gi,
  ),
  row(
    'BASIC_CREDENTIAL',
    'authorization',
    /authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:basic|bearer|token)\s{1,3}(?<secret>[A-Za-z0-9+/_.=-]{16,2000})/gi,
    3,
  ),
];
