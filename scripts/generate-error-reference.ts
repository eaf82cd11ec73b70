/** Writes docs/reference/errors.md from the table in src/core/errors.ts. */
import { ERRORS, type ErrorCode } from '../src/core/errors.ts';
import { ANTHROPIC_ERROR_TYPES } from '../src/formats/anthropic-messages/errors.ts';
import { writeGenerated } from './generated-page.ts';

const SOURCES = [
  ['client', 'Caused by the client', 'The request has to change.'],
  ['gateway', 'Caused by the gateway', 'The operator has to act, or the client has to wait.'],
  ['upstream', 'Caused by a provider', 'The provider, or its account, is at fault.'],
] as const;

const RETRY = {
  nowhere: 'no',
  here: 'yes, also the same deployment',
  elsewhere: 'yes, another deployment',
} as const;

const sections = SOURCES.map(([source, title, about]) => {
  const rows = Object.entries(ERRORS)
    .filter(([, row]) => row.source === source)
    .map(([code, row]) => {
      const cells = [
        `\`${code}\``,
        row.status,
        `\`${row.type}\``,
        `\`${ANTHROPIC_ERROR_TYPES[code as ErrorCode]}\``,
        `\`${row.className}\``,
        row.meaning,
        RETRY[row.retry],
      ];
      return `| ${cells.join(' | ')} |`;
    });
  return `## ${title}

${about}

| code | status | \`error.type\` (OpenAI) | \`error.type\` (Anthropic) | LiteLLM's class | meaning | may another try help? |
|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
});

writeGenerated(
  'docs/reference/errors.md',
  `<!-- Generated from src/core/errors.ts by npm run generate. -->
# Errors

Every way a request can end badly. Clients get the error in their own format: OpenAI's envelope, or Anthropic's on
\`/v1/messages\`. Statuses and types are LiteLLM's, so that clients written against it keep working. A provider's own status is
handed on where it says more than the table's.

${sections.join('\n')}`,
);
