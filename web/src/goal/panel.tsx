import { useEffect, useRef, useState } from "react";
import { type Entries, type Entry, entryAt } from "../chart/entries";
import { type CellContent, nextContent } from "../chart/layout";
import { useApi } from "../context";
import { GoalForm } from "../goals/goal-form";
import { languageOf, useLanguage } from "../i18n/language";
import { TaskList } from "../tasks/task-list";
import { DeleteGoal } from "./delete-goal";
import { EntryForm, type EntryInput } from "./entry-form";

interface Props {
  goalId: string;
  content: CellContent;
  entries: Entries;
  onSelect(content: CellContent | null): void;
  onZoom(block: number): void;
  onChanged(): Promise<void>;
}

function Facts({ entry }: { entry: Entry }) {
  const { texts, formatDate } = useLanguage();
  return (
    <p className="panel-facts">
      <span>{texts.done(entry.progress)}</span>
      {entry.kind === "action" && <span>{texts.kinds[entry.item.kind]}</span>}
      {entry.kind === "goal" && entry.item.deadline && <span>{texts.by(formatDate(entry.item.deadline))}</span>}
    </p>
  );
}

function Prose({ label, text }: { label?: string; text: string }) {
  if (!text) return null;
  return (
    <>
      {label && <h3>{label}</h3>}
      <p className="prose" lang={languageOf(text)}>
        {text}
      </p>
    </>
  );
}

interface DetailsProps {
  entry: Entry;
  onEdit(): void;
  onZoom(block: number): void;
  onChanged(): Promise<void>;
}

function Details({ entry, onEdit, onZoom, onChanged }: DetailsProps) {
  const { texts } = useLanguage();
  return (
    <>
      <Facts entry={entry} />
      <Prose text={entry.item.description} />
      {entry.kind === "goal" && (
        <>
          <Prose label={texts.background} text={entry.item.background} />
          <Prose label={texts.constraints} text={entry.item.constraints} />
        </>
      )}
      <div className="panel-actions">
        <button type="button" className="quiet" onClick={onEdit}>
          {texts.edit}
        </button>
        {entry.kind === "subGoal" && (
          <button type="button" className="quiet" onClick={() => onZoom(entry.item.position)}>
            {texts.zoomIn}
          </button>
        )}
        {entry.kind === "goal" && <DeleteGoal goalId={entry.item.id} />}
      </div>
      {entry.kind === "action" && (
        <TaskList key={entry.item.id} action={entry.item} onChanged={() => void onChanged()} />
      )}
    </>
  );
}

function useHeading(content: CellContent): string {
  const { texts } = useLanguage();
  if (content.kind === "goal") return texts.goal;
  return content.kind === "subGoal"
    ? texts.subGoal(content.position)
    : texts.action(content.actionPosition, content.position);
}

/** What stands in a cell, in full, beside the chart: to read, to edit, and an action's tasks to work through. */
export function Panel({ goalId, content, entries, onSelect, onZoom, onChanged }: Props) {
  const api = useApi();
  const { texts } = useLanguage();
  const place = useHeading(content);
  const entry = entryAt(entries, content);
  const [editing, setEditing] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const isOrphan = content.kind === "action" && !entryAt(entries, { kind: "subGoal", position: content.position });

  useEffect(() => {
    if (!heading.current?.closest("aside")?.contains(document.activeElement)) heading.current?.focus();
  }, []);

  async function save(input: EntryInput, goOn: boolean) {
    const { title, description, kind } = input;
    if (content.kind === "subGoal") await api.putSubGoal(goalId, content.position, { title, description });
    if (content.kind === "action") {
      await api.putAction(goalId, content.position, content.actionPosition, { title, description, kind });
    }
    await onChanged();
    setEditing(false);
    const next = nextContent(content);
    if (!entry && goOn) onSelect(next);
  }

  const isForm = !isOrphan && content.kind !== "goal" && (editing || !entry);
  return (
    <aside
      className="panel"
      aria-label={place}
      onKeyDown={(event) => {
        if (event.key === "Escape") onSelect(null);
      }}
    >
      <div className="panel-head">
        <p className="panel-place">{place}</p>
        <button type="button" className="quiet" onClick={() => onSelect(null)}>
          {texts.close}
        </button>
      </div>
      <h2 ref={heading} tabIndex={-1} {...(entry ? { lang: languageOf(entry.title) } : {})}>
        {entry?.title ?? texts.unwritten}
      </h2>
      {isOrphan && (
        <>
          <p className="hint">{texts.subGoalFirst}</p>
          <button
            type="button"
            className="quiet"
            onClick={() => onSelect({ kind: "subGoal", position: content.position })}
          >
            {texts.subGoal(content.position)}
          </button>
        </>
      )}
      {entry?.kind === "goal" && editing && (
        <GoalForm
          goal={entry.item}
          submitLabel={texts.save}
          onCancel={() => setEditing(false)}
          onSubmit={async (input) => {
            try {
              await api.updateGoal(entry.item, input);
              setEditing(false);
            } finally {
              // Also after a refusal: a conflict shows the newest version, and the next attempt starts from it.
              await onChanged();
            }
          }}
        />
      )}
      {isForm && (
        <EntryForm
          content={content}
          entry={entry}
          onSubmit={save}
          onCancel={entry ? () => setEditing(false) : undefined}
        />
      )}
      {entry && !editing && (
        <Details entry={entry} onEdit={() => setEditing(true)} onZoom={onZoom} onChanged={onChanged} />
      )}
    </aside>
  );
}
