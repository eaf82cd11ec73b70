/** The tests that a machine may leave out. Every other skip fails `.ci/run`: a test that never runs protects nothing. */

/** A reason for which a test may be skipped. */
interface KnownSkip {
  /** The reason as the test gives it. */
  readonly reason: RegExp;
  readonly why: string;
}

/** The only list of accepted skips. */
const KNOWN_SKIPS: readonly KnownSkip[] = [
  {
    reason: /^\.\.\/shared\/[\w./-]+ is absent$/,
    why: 'Recorded answers, schemas and seeds of other projects are too large, or not ours, to be part of this repository.',
  },
  {
    reason: /^the package registries? (?:of Python )?(?:is|are) out of reach: /,
    why: 'Installing from a registry needs the network, which a build machine may forbid.',
  },
  {
    reason: /^helm is not installed$/,
    why: 'Debian has no package of Helm; where it is installed, its linter reads the chart.',
  },
  {
    reason: /^needs Linux$/,
    why: 'These tests read /proc or use an address of the loopback network that other systems do not route.',
  },
  {
    reason: /^needs Linux on x64$/,
    why: 'opencode comes in a package for each system, of which the tests lock one.',
  },
  {
    reason: /^cannot be run here: (?:Cursor|Open WebUI|LibreChat) /,
    why: 'Programs that come as containers of gigabytes, or act from their own servers; their recipes are read, not run.',
  },
  {
    reason: /^needs a Node\.js below 24$/,
    why: 'An old Node.js cannot be installed beside the one that runs the tests without a download.',
  },
  {
    reason: /^needs SLUICE_FULL_RELIABILITY=1$/,
    why: 'The reliability scenarios in their true lengths take minutes; the same scenarios run with short limits every time.',
  },
];

/** A test or a suite that did not run. */
export interface SkippedTest {
  readonly file: string;
  readonly name: string;
  /** Empty if the test gives no reason. */
  readonly reason: string;
}

/** Whether a skip is on the list. */
export function isKnownSkip({ reason }: SkippedTest, known: readonly KnownSkip[] = KNOWN_SKIPS): boolean {
  return known.some((entry) => entry.reason.test(reason));
}
