import { FAULTS, SCENARIOS } from './faults.ts';

/** The tables of scenarios and faults as the guide shows them, in Markdown. */
function faultTables(): string {
  const scenarios = SCENARIOS.map(({ name, faults, is }) => `| \`${name}\` | ${is} | \`${faults}\` |`);
  const faults = FAULTS.map(({ name, argument, does, cases }) => {
    const spelled = argument === undefined ? name : `${name}-${argument}`;
    return `| \`${spelled}\` | ${does} | ${cases.join(', ')} |`;
  });
  return [
    '| scenario | the upstream | is the same as |',
    '|---|---|---|',
    ...scenarios,
    '',
    '| fault | what it does | plays |',
    '|---|---|---|',
    ...faults,
    '',
  ].join('\n');
}

const BEGIN = '<!-- begin: faults -->\n';
const END = '<!-- end: faults -->';

/** The guide with its tables brought up to date. */
export function withTables(guide: string): string {
  const begin = guide.indexOf(BEGIN);
  const end = guide.indexOf(END);
  if (begin < 0 || end < begin) throw new Error('the guide has lost the marks around its tables');
  return guide.slice(0, begin + BEGIN.length) + faultTables() + guide.slice(end);
}
