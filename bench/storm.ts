/** `npm run bench -- --only storm`: clients with retries of their own against an upstream with 0, 50 and 100 % errors. */
import { runStorm } from '../test/reliability/storm.ts';

const SECONDS = 10;
const PER_SECOND = 50;

export async function printStorm(): Promise<void> {
  const lines = [
    `${PER_SECOND} requests a second for ${SECONDS} s, clients with two retries of their own`,
    '',
    '| errors | goodput | asked of the gateway | of the upstream | per request at the gateway | median of another group before, during |',
    '|---|---|---|---|---|---|',
  ];
  for (const errorPercent of [0, 50, 100]) {
    const seen = await runStorm({ errorPercent, seconds: SECONDS, perSecond: PER_SECOND });
    const goodput = ((100 * seen.served) / seen.asked).toFixed(1);
    const amplified = (seen.reachedUpstream / seen.reachedGateway).toFixed(2);
    const calm = `${seen.calmBeforeMs.toFixed(1)}, ${seen.calmDuringMs.toFixed(1)} ms`;
    lines.push(
      `| ${errorPercent} % | ${goodput} % | ${seen.reachedGateway} | ${seen.reachedUpstream} | ${amplified} | ${calm} |`,
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

if (import.meta.main) await printStorm();
