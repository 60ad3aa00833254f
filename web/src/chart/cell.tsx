import { type CSSProperties, memo } from "react";
import { languageOf, useLanguage } from "../i18n/language";
import { shadeOf, textSize, withUnits } from "./dye";
import type { Entry } from "./entries";
import type { CellContent, Cell as CellPlace } from "./layout";

interface Props {
  cell: CellPlace;
  entry: Entry | null;
  isSelected: boolean;
  /** Exactly one cell of the chart is in the tab order; the arrow keys reach the others. */
  isTabStop: boolean;
  style: CSSProperties;
  onOpen(cell: CellPlace): void;
  onFocus(cell: CellPlace): void;
}

const MOST_STITCHES = 10;

/** One stitch for each task, the completed ones in full: the chart fills with thread as the work is laid out and done. */
function Stitches({ taskCount, progress }: { taskCount: number; progress: number }) {
  const shown = Math.min(taskCount, MOST_STITCHES);
  const completed = Math.round((progress / 100) * shown);
  return (
    <span className="stitches" aria-hidden="true">
      {Array.from({ length: shown }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a stitch is its place in the row
        <i key={index} className={index < completed ? "sewn" : ""} />
      ))}
    </span>
  );
}

function useCellName(content: CellContent): string {
  const { texts } = useLanguage();
  if (content.kind === "goal") return texts.goal;
  return content.kind === "subGoal"
    ? texts.subGoal(content.position)
    : texts.action(content.actionPosition, content.position);
}

function classNames(cell: CellPlace, entry: Entry | null): string {
  const names = ["cell", `cell-${cell.content.kind}`];
  if (cell.content.kind === "subGoal") names.push(cell.block === 0 ? "cell-inner" : "cell-echo");
  names.push(entry ? `cloth-${shadeOf(entry.progress)}` : "cell-empty");
  if (entry) names.push(`text-${textSize(entry.title)}`);
  return names.join(" ");
}

/** A square of the chart: its text, its progress as colour, its tasks as stitches. */
export const Cell = memo(function Cell({ cell, entry, isSelected, isTabStop, style, onOpen, onFocus }: Props) {
  const { texts } = useLanguage();
  const name = useCellName(cell.content);
  // Only a title this long can be cut; for the others a tooltip would repeat what stands there.
  const isCut = entry !== null && textSize(entry.title) === "tiny";
  const action = entry?.kind === "action" ? entry.item : null;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the button inside takes the focus
    // biome-ignore lint/a11y/useSemanticElements: 81 cells that the arrow keys cross are a grid, not a table to read
    <div role="gridcell" className="place" style={style} aria-selected={isSelected}>
      <button
        type="button"
        className={classNames(cell, entry)}
        tabIndex={isTabStop ? 0 : -1}
        data-row={cell.row}
        data-column={cell.column}
        title={isCut ? entry?.title : undefined}
        onClick={() => onOpen(cell)}
        onFocus={() => onFocus(cell)}
      >
        {entry ? (
          <span className="cell-title" lang={languageOf(entry.title)}>
            {withUnits(entry.title)}
          </span>
        ) : (
          <span className="cell-plus" aria-hidden="true">
            +
          </span>
        )}
        {action && action.taskCount > 0 && <Stitches taskCount={action.taskCount} progress={action.progress} />}
        {entry && entry.kind !== "action" && (
          <span className="cell-figure" aria-hidden="true">
            {texts.percent(entry.progress)}
          </span>
        )}
        <span className="unseen">
          {" "}
          {name},{" "}
          {entry
            ? [texts.done(entry.progress), action ? texts.taskCount(action.taskCount) : ""].filter(Boolean).join(", ")
            : texts.empty}
        </span>
      </button>
    </div>
  );
});
