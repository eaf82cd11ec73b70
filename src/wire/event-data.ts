/** The data of one server-sent event in bytes: its lines without their prefix, joined. */
export function dataOfEvent(event: Buffer): string {
  const lines = event.toString('utf8').split(/\r\n|\n|\r/);
  return lines.flatMap((line) => (line.startsWith('data:') ? [line.slice('data:'.length).trim()] : [])).join('\n');
}
