/** A share in percent. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A table in Markdown, below its caption. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [`${caption}:`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
