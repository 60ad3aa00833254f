import { languageOf, useLanguage } from "../i18n/language";
import { shadeOf } from "./dye";
import { type Entries, entryAt } from "./entries";
import { blockSheet, placeOf } from "./layout";

interface Props {
  entries: Entries;
  block: number;
  onChoose(block: number): void;
}

/** The sheet in small beside a single block: where one is, how far the others are, and the way to them. */
export function Overview({ entries, block, onChoose }: Props) {
  const { texts } = useLanguage();
  return (
    <nav className="overview" aria-label={texts.blocks}>
      {[1, 2, 3, 8, 0, 4, 7, 6, 5].map((number) => {
        const { row, column } = placeOf(number);
        const title = number === 0 ? texts.centreBlock : entryAt(entries, { kind: "subGoal", position: number })?.title;
        return (
          <button
            type="button"
            key={number}
            className="overview-block"
            style={{ gridRow: row + 1, gridColumn: column + 1 }}
            aria-current={number === block}
            onClick={() => onChoose(number)}
          >
            {blockSheet(number)
              .flat()
              .map((cell) => {
                const entry = entryAt(entries, cell.content);
                const cloth = cell.content.kind === "goal" ? "sun" : `cloth-${shadeOf(entry?.progress ?? 0)}`;
                return <i key={`${cell.row}${cell.column}`} className={cloth} aria-hidden="true" />;
              })}
            <span className="unseen" {...(title && number !== 0 ? { lang: languageOf(title) } : {})}>
              {title ?? texts.subGoal(number)}
            </span>
          </button>
        );
      })}
    </nav>
  );
}

/** What the colours mean. */
export function Legend() {
  const { texts } = useLanguage();
  return (
    <figure className="legend">
      <figcaption>{texts.legend}</figcaption>
      <ol>
        {texts.shades.map((name, shade) => (
          <li key={name}>
            <i className={`cloth-${shade}`} aria-hidden="true" />
            {name}
          </li>
        ))}
      </ol>
      <p className="fine">{texts.legendNote}</p>
    </figure>
  );
}
