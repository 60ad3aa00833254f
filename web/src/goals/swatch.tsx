import { shadeOf } from "../chart/dye";
import { sheet } from "../chart/layout";

const CELLS = sheet().flat();

/** The order in which a swatch takes the dye: outwards from the middle, a little uneven, as cloth does. */
function order(row: number, column: number): number {
  const unevenness = ((row * 7 + column * 11 + row * column * 5) % 9) / 9;
  return Math.hypot(row - 4, column - 4) + unevenness;
}

const RANK = new Map(
  [...CELLS].sort((a, b) => order(a.row, a.column) - order(b.row, b.column)).map((cell, index) => [cell, index]),
);

/** A goal's progress as a small piece of cloth, dyed from the middle outwards. Decoration: the figure stands beside it. */
export function Swatch({ progress, className }: { progress: number; className?: string }) {
  const dyed = (progress / 100) * CELLS.length;
  return (
    <svg className={`swatch ${className ?? ""}`} viewBox="0 0 98 98" aria-hidden="true">
      {CELLS.map((cell) => {
        const x = 1 + cell.column * 10 + Math.floor(cell.column / 3) * 3;
        const y = 1 + cell.row * 10 + Math.floor(cell.row / 3) * 3;
        if (cell.content.kind === "goal")
          return <circle key="goal" cx={x + 4.5} cy={y + 4.5} r="4.5" className="sun" />;
        const depth = dyed - (RANK.get(cell) ?? 0);
        const shade = progress >= 100 ? 6 : shadeOf(Math.max(0, Math.min(99, depth * 2.4)));
        return <rect key={`${x} ${y}`} x={x} y={y} width="9" height="9" rx="1.2" className={`cloth-${shade}`} />;
      })}
    </svg>
  );
}
