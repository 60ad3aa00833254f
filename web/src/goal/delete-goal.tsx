import { useState } from "react";
import { useApi } from "../context";
import { useLanguage } from "../i18n/language";
import { ProblemNotice } from "../problem";
import { navigate } from "../router";

/** Deletes a goal, after asking once. */
export function DeleteGoal({ goalId }: { goalId: string }) {
  const api = useApi();
  const { texts } = useLanguage();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function remove() {
    setBusy(true);
    try {
      await api.deleteGoal(goalId);
      navigate("/");
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  }

  if (!asking) {
    return (
      <button type="button" className="quiet" onClick={() => setAsking(true)}>
        {texts.deleteGoal}
      </button>
    );
  }
  return (
    <div className="question" role="alertdialog" aria-label={texts.deleteGoal}>
      <p>{texts.deleteConfirm}</p>
      {error !== null && <ProblemNotice error={error} />}
      <button type="button" className="danger" disabled={busy} onClick={remove}>
        {texts.deleteForGood}
      </button>
      <button
        type="button"
        className="quiet"
        onClick={() => setAsking(false)}
        // biome-ignore lint/a11y/noAutofocus: the safe answer to a question about deleting
        autoFocus
      >
        {texts.keep}
      </button>
    </div>
  );
}
