import { type CSSProperties, type KeyboardEvent, useCallback, useMemo, useRef, useState } from "react";
import { useLanguage } from "../i18n/language";
import { Cell } from "./cell";
import { type Entries, entryAt } from "./entries";
import { blockSheet, type CellContent, type Cell as CellPlace, moved, sameContent, sheet } from "./layout";

interface Props {
  entries: Entries;
  /** The one block to show, or null for the whole sheet. */
  block: number | null;
  selected: CellContent | null;
  onOpen(cell: CellPlace): void;
}

const WHOLE = sheet();

/** The gutters between blocks are grid lines of their own, so that a block reads as one piece of cloth. */
function line(index: number): number {
  return index + 1 + Math.floor(index / 3);
}

function styleOf(cell: CellPlace): CSSProperties {
  return { gridRow: line(cell.row), gridColumn: line(cell.column) };
}

/** The mandala chart: 81 cells, or the nine of one block, crossed with the arrow keys. */
export function Chart({ entries, block, selected, onOpen }: Props) {
  const { texts } = useLanguage();
  const rows = useMemo(() => (block === null ? WHOLE : blockSheet(block)), [block]);
  const styles = useMemo(() => new Map(rows.flat().map((cell) => [cell, styleOf(cell)])), [rows]);
  const grid = useRef<HTMLDivElement>(null);
  const middle = Math.floor(rows.length / 2);
  const [stop, setStop] = useState({ block, row: middle, column: middle });
  const [row, column] = stop.block === block ? [stop.row, stop.column] : [middle, middle];

  const remember = useCallback((cell: CellPlace) => setStop({ block, row: cell.row, column: cell.column }), [block]);

  function onKeyDown(event: KeyboardEvent) {
    const target = moved(event.key, event.ctrlKey || event.metaKey, row, column, rows.length);
    if (!target) return;
    event.preventDefault();
    grid.current?.querySelector<HTMLElement>(`[data-row="${target[0]}"][data-column="${target[1]}"]`)?.focus();
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a grid widget, see Cell
    <div
      role="grid"
      ref={grid}
      className={block === null ? "chart chart-whole" : "chart chart-block"}
      aria-label={texts.chart}
      aria-describedby="chart-help"
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      {rows.map((cells) => (
        // biome-ignore lint/a11y/useSemanticElements: a grid widget, see Cell
        // biome-ignore lint/a11y/useFocusableInteractive: the cells take the focus, not their row
        <div role="row" className="chart-row" key={cells[0]?.row}>
          {cells.map((cell) => (
            <Cell
              key={cell.column}
              cell={cell}
              entry={entryAt(entries, cell.content)}
              isSelected={selected !== null && sameContent(cell.content, selected)}
              isTabStop={cell.row === row && cell.column === column}
              style={styles.get(cell) ?? {}}
              onOpen={onOpen}
              onFocus={remember}
            />
          ))}
        </div>
      ))}
    </div>
  );
}
