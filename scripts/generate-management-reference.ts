/** Writes docs/reference/management-api.md from the routes of the management API, which bring a sentence each. */
import { type ManagementRoute, ROLES, type Role } from '../src/admin/contract.ts';
import { MANAGEMENT_ROUTES } from '../src/admin/routes.ts';
import { writeGenerated } from './generated-page.ts';
import { UNSERVED_OPERATIONS } from './unserved-operations.ts';

/** Sections by the beginning of a route's first path, in the order of the page. */
const SECTIONS: readonly (readonly [title: string, pattern: RegExp])[] = [
  ['Keys', /^\/(?:v2\/|team\/)?key\//],
  ['Users', /^\/(?:v2\/)?user\/|^\/management\/v1\/users\//],
  ['Teams', /^\/(?:v2\/)?team\/|^\/management\/v1\/teams\//],
  ['Organisations', /^\/(?:v2\/)?organization\//],
  ['Customers', /^\/customer\//],
  ['Named budgets', /^\/(?:management\/v1\/)?budgets?(?:\/|$)/],
  ['Tags', /^\/tag\//],
  ['Models', /^\/(?:model|access_group)\//],
  ['Credentials', /^\/credentials/],
  ['Spend', /^\/(?:savings$|(?:spend|global|cost|provider|management\/v1\/spend_logs)\/)/],
  ['Changes', /^\/audit/],
  ['Cached answers', /^\/cache\//],
  ['Compressed prompts', /^\/compression\//],
];

const nameOf = ({ method, paths }: ManagementRoute): string => `${method} ${paths[0]}`;
const sectionOf = ({ paths: [path] }: ManagementRoute): string | undefined =>
  SECTIONS.find(([, pattern]) => pattern.test(path))?.[0];

const problems = MANAGEMENT_ROUTES.filter((route) => sectionOf(route) === undefined).map(
  (route) => `${nameOf(route)} belongs to no section of the page`,
);
if (problems.length > 0) {
  process.stdout.write(`${problems.join('\n')}\n`);
  process.exit(1);
}

/** Everybody, or the roles from the least to the most. */
function rolesOf(allowed: readonly Role[]): string {
  if (allowed.length === ROLES.length) return 'everyone';
  return ROLES.filter((role) => allowed.includes(role))
    .map((role) => `\`${role}\``)
    .join(', ');
}

function row(route: ManagementRoute): string {
  const paths = route.paths.map((path) => `\`${path.replace(/:(\w+)/g, '{$1}')}\``).join(', ');
  return `| \`${route.method}\` ${paths} | ${route.summary} | ${rolesOf(route.roles)} |`;
}

const sections = SECTIONS.map(([title]) => {
  const rows = MANAGEMENT_ROUTES.filter((route) => sectionOf(route) === title).map(row);
  return `## ${title}

| route | what it does | who may call it |
|---|---|---|
${rows.join('\n')}
`;
});

const unserved = UNSERVED_OPERATIONS.map(({ operations, why }) => {
  const paths = operations.map((each) => `\`${each.replace(/^\* /, '').replace(/\/$/, '/…')}\``);
  return `| ${paths.join(', ')} | ${why} |`;
});

writeGenerated(
  'docs/reference/management-api.md',
  `<!-- Generated from src/admin by npm run generate. -->
# Management API

LiteLLM’s routes with its fields and answers, over the same port and with the same keys as models. Guide:
[keys and teams](../guides/keys-and-teams.md).

A route that is not listed here does not exist. Each asks for a key (401 without) and for one of the roles beside it (403 without);
\`proxy_admin\` has all of them, and the master key is one. \`everyone\` is any valid key. What is shown or changed is further bound to what
is the caller’s own: a \`team_admin\` acts on its teams, an \`org_admin\` on its organisations, others on themselves. A key with
\`allowed_routes\` or a \`key_type\` reaches only those. For an object that the caller may not see, the answer is 403, the same as for one that does not
exist; callers that see everything get 404 for the latter.
A field that a route does not know is ignored, as in LiteLLM, and named in the header \`x-sluice-ignored-fields\` of the answer; one that is
meant to limit (\`max_budgets\`, \`rpm\`, \`expires_at\`) is refused with 422 and the right name. Numbers and truth values may be in quotes.
\`/openapi.json\` of a running gateway has the fields and parameters of each route, with their types and bounds.

${sections.join('\n')}
## Not served

These paths of LiteLLM (1.110) concern what this gateway has, and are answered with 404.

| paths | why |
|---|---|
${unserved.join('\n')}
`,
);
