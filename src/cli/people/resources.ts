/** What people manage from the command line, as a table: which routes of the management API stand behind each command. */
import type { JsonObject } from '../../core/json.ts';
import type { Align } from '../render-table.ts';

/** A column of a list. */
interface Column {
  readonly head: string;
  /** Members of the object, the first that is there counts. */
  readonly members: readonly string[];
  readonly align?: Align;
}

/** A flag of `make` and `change` that sets one field. */
export interface FieldFlag {
  /** `--max-budget <usd>`. */
  readonly flags: string;
  readonly field: string;
  readonly about: string;
  readonly as?: 'text' | 'number' | 'list';
}

/** One kind of object. */
export interface Resource {
  /** `keys`: the command. */
  readonly name: string;
  readonly one: string;
  /** How the argument that names one is called in help. */
  readonly argument: string;
  /** What can name one besides its id. */
  readonly about: string;
  readonly list: {
    readonly path: string;
    /** The member that has the list; absent: the answer is the list. */
    readonly member?: string;
    readonly sizeName?: string;
  };
  readonly columns: readonly Column[];
  /** The member of a listed object that is its id. */
  readonly id: string;
  readonly show?: { readonly path: string; readonly query: string; readonly member?: string };
  readonly make: string;
  readonly change: { readonly path: string; readonly field: string };
  readonly remove: { readonly path: string; readonly field: string; readonly isList: boolean };
  readonly block?: {
    readonly path: (verb: 'block' | 'unblock') => string;
    readonly body: (id: string, isBlocked: boolean) => JsonObject;
  };
  readonly fields: readonly FieldFlag[];
  /** What spend is summed by. */
  readonly spendBy?: string;
}

const MAX: FieldFlag = {
  flags: '--max-budget <usd>',
  field: 'max_budget',
  about: 'USD that may be spent in a period',
  as: 'number',
};
const PERIOD: FieldFlag = {
  flags: '--period <period>',
  field: 'budget_duration',
  about: 'period of the budget: 1d, 7d, 1mo',
};
const RPM: FieldFlag = { flags: '--rpm <n>', field: 'rpm_limit', about: 'requests in any 60 seconds', as: 'number' };
const TPM: FieldFlag = { flags: '--tpm <n>', field: 'tpm_limit', about: 'tokens in any 60 seconds', as: 'number' };
const MODELS: FieldFlag = {
  flags: '--models <names>',
  field: 'models',
  about: 'models that may be used, with commas between them',
  as: 'list',
};
const LIMITS: readonly FieldFlag[] = [MAX, PERIOD, RPM, TPM];

const SPEND: Column = { head: 'spend', members: ['spend'], align: 'point' };
const BUDGET: Column = { head: 'budget', members: ['max_budget'], align: 'point' };
const DURATION: Column = { head: 'period', members: ['budget_duration'] };
const BLOCKED: Column = { head: 'blocked', members: ['blocked'] };

/** Every kind, in the order help lists them. */
export const RESOURCES: readonly Resource[] = [
  {
    name: 'keys',
    one: 'key',
    argument: 'key',
    about: 'A key is named by its text, its hash or its alias. Its text never leaves this machine: the hash is sent.',
    list: { path: '/key/list?return_full_object=true', member: 'keys', sizeName: 'size' },
    columns: [
      { head: 'key', members: ['key_name'] },
      { head: 'alias', members: ['key_alias'] },
      { head: 'hash', members: ['token'] },
      { head: 'user', members: ['user_id'] },
      { head: 'team', members: ['team_id'] },
      SPEND,
      BUDGET,
      DURATION,
      BLOCKED,
      { head: 'expires', members: ['expires'] },
    ],
    id: 'token',
    show: { path: '/key/info', query: 'key', member: 'info' },
    make: '/key/generate',
    change: { path: '/key/update', field: 'key' },
    remove: { path: '/key/delete', field: 'keys', isList: true },
    block: { path: (verb) => `/key/${verb}`, body: (id) => ({ key: id }) },
    fields: [
      { flags: '--alias <name>', field: 'key_alias', about: 'a name of its own' },
      { flags: '--user <id>', field: 'user_id', about: 'the user that it belongs to' },
      { flags: '--team <id>', field: 'team_id', about: 'the team that it belongs to' },
      { flags: '--expires <duration>', field: 'duration', about: 'for how long it is valid: 30d' },
      MODELS,
      ...LIMITS,
    ],
    spendBy: 'key',
  },
  {
    name: 'teams',
    one: 'team',
    argument: 'team',
    about: 'A team is named by its id.',
    list: { path: '/v2/team/list', member: 'teams', sizeName: 'page_size' },
    columns: [
      { head: 'team', members: ['team_alias'] },
      { head: 'id', members: ['team_id'] },
      { head: 'organization', members: ['organization_id'] },
      SPEND,
      BUDGET,
      DURATION,
      BLOCKED,
    ],
    id: 'team_id',
    show: { path: '/team/info', query: 'team_id', member: 'team_info' },
    make: '/team/new',
    change: { path: '/team/update', field: 'team_id' },
    remove: { path: '/team/delete', field: 'team_ids', isList: true },
    block: { path: (verb) => `/team/${verb}`, body: (id) => ({ team_id: id }) },
    fields: [
      { flags: '--id <id>', field: 'team_id', about: 'an id of your own' },
      { flags: '--alias <name>', field: 'team_alias', about: 'its name' },
      { flags: '--organization <id>', field: 'organization_id', about: 'the organisation that it belongs to' },
      MODELS,
      ...LIMITS,
    ],
    spendBy: 'team',
  },
  {
    name: 'users',
    one: 'user',
    argument: 'user',
    about: 'A user is named by its id.',
    list: { path: '/user/list', member: 'users', sizeName: 'page_size' },
    columns: [
      { head: 'user', members: ['user_email', 'user_alias', 'user_id'] },
      { head: 'id', members: ['user_id'] },
      { head: 'role', members: ['user_role'] },
      SPEND,
      BUDGET,
      DURATION,
    ],
    id: 'user_id',
    show: { path: '/user/info', query: 'user_id', member: 'user_info' },
    make: '/user/new',
    change: { path: '/user/update', field: 'user_id' },
    remove: { path: '/user/delete', field: 'user_ids', isList: true },
    block: { path: () => '/user/update', body: (id, isBlocked) => ({ user_id: id, blocked: isBlocked }) },
    fields: [
      { flags: '--id <id>', field: 'user_id', about: 'an id of your own' },
      { flags: '--email <address>', field: 'user_email', about: 'an email address' },
      { flags: '--alias <name>', field: 'user_alias', about: 'a name' },
      {
        flags: '--role <role>',
        field: 'user_role',
        about: 'proxy_admin, proxy_admin_viewer, internal_user or internal_user_viewer',
      },
      MODELS,
      ...LIMITS,
    ],
    spendBy: 'user',
  },
  {
    name: 'models',
    one: 'model',
    argument: 'id',
    about:
      'A model is named by the id of its deployment, which the list shows. Those of the configuration file are shown and not changed.',
    list: { path: '/model/info', member: 'data' },
    columns: [
      { head: 'model', members: ['model_name'] },
      { head: 'id', members: ['model_info.id'] },
      { head: 'provider’s model', members: ['litellm_params.model'] },
      { head: 'by API', members: ['model_info.db_model'] },
    ],
    id: 'model_info.id',
    make: '/model/new',
    change: { path: '/model/update', field: 'model_info.id' },
    remove: { path: '/model/delete', field: 'id', isList: false },
    block: { path: (verb) => `/model/${verb}`, body: (id) => ({ model_id: id }) },
    fields: [
      { flags: '--name <name>', field: 'model_name', about: 'the name that clients ask for' },
      { flags: '--model <model>', field: 'litellm_params.model', about: 'provider/model' },
      { flags: '--api-base <url>', field: 'litellm_params.api_base', about: 'where the provider answers' },
      { flags: '--api-key <key>', field: 'litellm_params.api_key', about: 'its key, which is stored encrypted' },
    ],
    spendBy: 'model',
  },
  {
    name: 'budgets',
    one: 'budget',
    argument: 'id',
    about: 'A budget is named by its id; keys, teams, users, customers and tags refer to it.',
    list: { path: '/budget/list' },
    columns: [
      { head: 'id', members: ['budget_id'] },
      BUDGET,
      DURATION,
      { head: 'rpm', members: ['rpm_limit'], align: 'right' },
      { head: 'tpm', members: ['tpm_limit'], align: 'right' },
    ],
    id: 'budget_id',
    make: '/budget/new',
    change: { path: '/budget/update', field: 'budget_id' },
    remove: { path: '/budget/delete', field: 'id', isList: false },
    fields: [{ flags: '--id <id>', field: 'budget_id', about: 'an id of your own' }, ...LIMITS],
  },
];
