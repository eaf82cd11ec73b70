import { printable } from '../core/printable.ts';

/** How the cells of a column stand: `point` is decimals with their points in one line. */
export type Align = 'left' | 'right' | 'point';

/** A table for people, with nothing in it that a terminal would obey. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly Align[],
): string {
  const columns = head.map((_, index) => {
    const cells = rows.map((row) => printable(row[index] ?? ''));
    return aligns[index] === 'point' ? withPointsInLine(cells) : cells;
  });
  const widths = columns.map((cells, index) => Math.max(head[index]?.length ?? 0, ...cells.map((cell) => cell.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return aligns[index] === 'left' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return `${[line(head), ...rows.map((_, index) => line(columns.map((cells) => cells[index] ?? '')))].join('\n')}\n`;
}

/** Pads decimals so that their points stand below each other once they are aligned on the right. */
function withPointsInLine(cells: readonly string[]): string[] {
  const behind = (cell: string): number => (cell.includes('.') ? cell.length - cell.indexOf('.') : 0);
  const most = Math.max(...cells.map(behind));
  return cells.map((cell) => cell.padEnd(cell.length + most - behind(cell)));
}
