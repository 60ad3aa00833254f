/** Where everything stands on the 9 x 9 sheet. Positions 1 to 8 run clockwise from the top left, in every block. */

export type CellContent =
  | { kind: "goal" }
  | { kind: "subGoal"; position: number }
  | { kind: "action"; position: number; actionPosition: number };

export interface Cell {
  row: number;
  column: number;
  /** 0 is the block in the middle, 1 to 8 are the sub-goals' blocks. */
  block: number;
  content: CellContent;
}

/** [row, column] inside a 3 x 3 block; index 0 is its centre. */
const PLACES = [
  [1, 1],
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 2],
  [2, 2],
  [2, 1],
  [2, 0],
  [1, 0],
] as const;

export const SHEET_SIZE = 9;
export const BLOCK_SIZE = 3;

function positionAt(row: number, column: number): number {
  return PLACES.findIndex(([r, c]) => r === row && c === column);
}

/** The row and the column, 0 to 2, of a block on the sheet or of a position in a block. */
export function placeOf(position: number): { row: number; column: number } {
  const place = PLACES[position];
  if (!place) throw new RangeError(`position ${position} is not on the chart: it has 0 to 8`);
  return { row: place[0], column: place[1] };
}

function contentOf(block: number, position: number): CellContent {
  if (block === 0) return position === 0 ? { kind: "goal" } : { kind: "subGoal", position };
  return position === 0
    ? { kind: "subGoal", position: block }
    : { kind: "action", position: block, actionPosition: position };
}

/** All 81 cells by rows: the sheet as it is read and as the arrow keys cross it. */
export function sheet(): Cell[][] {
  return Array.from({ length: SHEET_SIZE }, (_, row) =>
    Array.from({ length: SHEET_SIZE }, (_, column) => {
      const block = positionAt(Math.floor(row / BLOCK_SIZE), Math.floor(column / BLOCK_SIZE));
      return { row, column, block, content: contentOf(block, positionAt(row % BLOCK_SIZE, column % BLOCK_SIZE)) };
    }),
  );
}

/** The nine cells of one block by rows, numbered from 0 as a sheet of its own. */
export function blockSheet(block: number): Cell[][] {
  return Array.from({ length: BLOCK_SIZE }, (_, row) =>
    Array.from({ length: BLOCK_SIZE }, (_, column) => ({
      row,
      column,
      block,
      content: contentOf(block, positionAt(row, column)),
    })),
  );
}

export function sameContent(a: CellContent, b: CellContent): boolean {
  return contentKey(a) === contentKey(b);
}

export function contentKey(content: CellContent): string {
  if (content.kind === "goal") return "goal";
  return content.kind === "subGoal" ? `${content.position}` : `${content.position}.${content.actionPosition}`;
}

/** The cell to fill in after this one: first all sub-goals, then the actions of one after the other. */
export function nextContent(content: CellContent): CellContent | null {
  if (content.kind === "goal") return { kind: "subGoal", position: 1 };
  if (content.kind === "subGoal") {
    return content.position < 8
      ? { kind: "subGoal", position: content.position + 1 }
      : { kind: "action", position: 1, actionPosition: 1 };
  }
  if (content.actionPosition < 8) return { ...content, actionPosition: content.actionPosition + 1 };
  return content.position < 8 ? { kind: "action", position: content.position + 1, actionPosition: 1 } : null;
}

/** Where a key press leads from a cell; null when the key does not move. The edge holds, it does not wrap. */
export function moved(
  key: string,
  withControl: boolean,
  row: number,
  column: number,
  size: number,
): [number, number] | null {
  const last = size - 1;
  switch (key) {
    case "ArrowUp":
      return [Math.max(0, row - 1), column];
    case "ArrowDown":
      return [Math.min(last, row + 1), column];
    case "ArrowLeft":
      return [row, Math.max(0, column - 1)];
    case "ArrowRight":
      return [row, Math.min(last, column + 1)];
    case "Home":
      return withControl ? [0, 0] : [row, 0];
    case "End":
      return withControl ? [last, last] : [row, last];
    default:
      return null;
  }
}
