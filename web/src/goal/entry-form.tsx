import { type FormEvent, useId, useState } from "react";
import type { ActionKind } from "../api/types";
import type { Entry } from "../chart/entries";
import type { CellContent } from "../chart/layout";
import { useLanguage } from "../i18n/language";
import { ProblemNotice } from "../problem";

export interface EntryInput {
  title: string;
  description: string;
  kind: ActionKind;
}

interface Props {
  content: CellContent;
  entry: Entry | null;
  onSubmit(input: EntryInput, goOn: boolean): Promise<void>;
  /** Absent where there is nothing to go back to: the cell is empty. */
  onCancel: (() => void) | undefined;
}

function KindChoice({ kind }: { kind: ActionKind }) {
  const { texts } = useLanguage();
  return (
    <fieldset className="kinds">
      <legend>{texts.kind}</legend>
      {(["execution", "habit"] as const).map((value) => (
        <label key={value}>
          <input type="radio" name="kind" value={value} defaultChecked={value === kind} />
          {texts.kinds[value]}
        </label>
      ))}
    </fieldset>
  );
}

/** Writes a sub-goal or an action into its cell; a whole chart is filled without leaving the keyboard. */
export function EntryForm({ content, entry, onSubmit, onCancel }: Props) {
  const { texts } = useLanguage();
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const submitter = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement | null;
    setBusy(true);
    setError(null);
    try {
      const input: EntryInput = {
        title: String(data.get("title") ?? "").trim(),
        description: String(data.get("description") ?? "").trim(),
        kind: data.get("kind") === "habit" ? "habit" : "execution",
      };
      await onSubmit(input, submitter?.value !== "stay");
    } catch (reason) {
      setError(reason);
    } finally {
      setBusy(false);
    }
  }

  const item = entry && entry.kind !== "goal" ? entry.item : null;
  return (
    <form className="form" onSubmit={submit}>
      <div className="field">
        <label htmlFor={`${id}-title`}>{texts.title}</label>
        <input
          id={`${id}-title`}
          name="title"
          required
          maxLength={200}
          pattern=".*\S.*"
          defaultValue={item?.title}
          aria-describedby={`${id}-hint`}
          // biome-ignore lint/a11y/noAutofocus: the form opens on request, to be written in
          autoFocus
        />
        <p className="hint" id={`${id}-hint`}>
          {content.kind === "action" ? texts.actionHint : texts.subGoalHint}
        </p>
      </div>
      <div className="field">
        <label htmlFor={`${id}-description`}>
          {texts.description} <small>{texts.optional}</small>
        </label>
        <textarea
          id={`${id}-description`}
          name="description"
          rows={3}
          maxLength={2000}
          defaultValue={item?.description}
        />
      </div>
      {content.kind === "action" && <KindChoice kind={entry?.kind === "action" ? entry.item.kind : "execution"} />}
      {error !== null && <ProblemNotice error={error} />}
      <div className="form-end">
        {!entry && (
          <button type="submit" className="primary" disabled={busy} value="next">
            {busy ? texts.saving : texts.saveAndNext}
          </button>
        )}
        <button type="submit" className={entry ? "primary" : "quiet"} disabled={busy} value="stay">
          {texts.save}
        </button>
        {onCancel && (
          <button type="button" className="quiet" onClick={onCancel}>
            {texts.cancel}
          </button>
        )}
      </div>
    </form>
  );
}
