/** A tool server (Model Context Protocol over standard input and output) with one tool, for programs that take such servers. */
import { createInterface } from 'node:readline';

const TOOL = {
  name: 'tide_table',
  description: 'Says when the water is high in a harbour.',
  inputSchema: {
    type: 'object',
    properties: { harbour: { type: 'string', description: 'The name of the harbour' } },
    required: ['harbour'],
    additionalProperties: false,
  },
};

const RESULTS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'harbour', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools: [TOOL] }),
  'tools/call': (params) => ({ content: [{ type: 'text', text: `high water in ${params.arguments.harbour} at noon` }] }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result = Object.hasOwn(RESULTS, method) ? RESULTS[method](params) : {};
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
}
