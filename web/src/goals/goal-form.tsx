import { type FormEvent, useId, useState } from "react";
import type { Goal, GoalInput } from "../api/types";
import { useLanguage } from "../i18n/language";
import { ProblemNotice } from "../problem";

interface Props {
  goal?: Goal;
  submitLabel: string;
  onSubmit(input: Required<GoalInput>): Promise<void>;
  onCancel(): void;
}

const FIELDS = ["description", "background", "constraints"] as const;

/** Writes down a goal, or rewrites it. */
export function GoalForm({ goal, submitLabel, onSubmit, onCancel }: Props) {
  const { texts } = useLanguage();
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    setBusy(true);
    setError(null);
    try {
      await onSubmit({
        title: text("title"),
        description: text("description"),
        deadline: text("deadline") || null,
        background: text("background"),
        constraints: text("constraints"),
      });
    } catch (reason) {
      setError(reason);
    } finally {
      setBusy(false);
    }
  }

  const hints = { description: undefined, background: texts.backgroundHint, constraints: texts.constraintsHint };
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
          defaultValue={goal?.title}
          aria-describedby={`${id}-title-hint`}
          // biome-ignore lint/a11y/noAutofocus: the form opens on request, to be written in
          autoFocus
        />
        <p className="hint" id={`${id}-title-hint`}>
          {texts.titleHint}
        </p>
      </div>
      <div className="field">
        <label htmlFor={`${id}-deadline`}>
          {texts.deadline} <small>{texts.optional}</small>
        </label>
        <input id={`${id}-deadline`} name="deadline" type="date" defaultValue={goal?.deadline ?? ""} />
      </div>
      {FIELDS.map((field) => (
        <div className="field" key={field}>
          <label htmlFor={`${id}-${field}`}>
            {texts[field]} <small>{texts.optional}</small>
          </label>
          <textarea
            id={`${id}-${field}`}
            name={field}
            rows={2}
            maxLength={2000}
            defaultValue={goal?.[field]}
            {...(hints[field] ? { "aria-describedby": `${id}-${field}-hint` } : {})}
          />
          {hints[field] && (
            <p className="hint" id={`${id}-${field}-hint`}>
              {hints[field]}
            </p>
          )}
        </div>
      ))}
      {error !== null && <ProblemNotice error={error} />}
      <div className="form-end">
        <button type="submit" className="primary" disabled={busy}>
          {busy ? texts.saving : submitLabel}
        </button>
        <button type="button" className="quiet" onClick={onCancel}>
          {texts.cancel}
        </button>
      </div>
    </form>
  );
}
