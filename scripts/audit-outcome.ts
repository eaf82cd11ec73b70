/** What `npm audit --json` found, in words and as an exit code. */
interface AuditOutcome {
  /** 0: no known vulnerability. 1: some. 2: the registry did not answer. */
  readonly exitCode: 0 | 1 | 2;
  readonly text: string;
}

interface Report {
  readonly error?: { readonly summary?: string };
  readonly message?: string;
  readonly metadata?: {
    readonly vulnerabilities?: Readonly<Record<string, number>>;
    readonly dependencies?: { readonly total?: number };
  };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity?: string; readonly range?: string }>>;
}

/** Reads npm's report; anything that is not a whole report means that the registry did not answer. */
export function auditOutcome(report: string, complaint: string): AuditOutcome {
  const parsed = parse(report);
  const counts = parsed?.metadata?.vulnerabilities;
  if (parsed === undefined || counts === undefined || parsed.error !== undefined) {
    const why = parsed?.error?.summary || parsed?.message || firstLine(complaint) || 'npm printed no report';
    return {
      exitCode: 2,
      text: `NOT AUDITED: the package registry did not answer (${why}). Nothing is known about vulnerabilities.`,
    };
  }
  const total = counts.total ?? 0;
  const packages = parsed.metadata?.dependencies?.total ?? 0;
  if (total === 0) return { exitCode: 0, text: `No known vulnerability in ${packages} packages.` };
  const rows = Object.entries(parsed.vulnerabilities ?? {}).map(([name, { severity = 'unknown', range = '' }]) =>
    `  ${severity.padEnd(9)} ${name} ${range}`.trimEnd(),
  );
  return { exitCode: 1, text: [`${total} known vulnerabilities in ${packages} packages:`, ...rows].join('\n') };
}

function parse(report: string): Report | undefined {
  try {
    return JSON.parse(report) as Report;
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
