import type { Execution } from "../api/types";
import { languageOf, useLanguage } from "../i18n/language";
import { ProblemNotice } from "../problem";
import type { Generation } from "./use-execution";

function Running({ execution, generation }: { execution: Execution; generation: Generation }) {
  const { texts } = useLanguage();
  const quarter = Math.floor(execution.percentage / 25) * 25;
  return (
    <>
      <div className="generation-head">
        <strong>{generation.pending === "cancel" ? texts.cancelling : texts.generating}</strong>
        <span className="generation-figure">{texts.percent(execution.percentage)}</span>
        <span>{texts.generated(execution.processedActions, execution.totalActions)}</span>
        {execution.estimatedSecondsLeft !== null && <span>{texts.timeLeft(execution.estimatedSecondsLeft)}</span>}
        <button type="button" className="quiet" disabled={generation.pending !== null} onClick={generation.cancel}>
          {texts.stop}
        </button>
      </div>
      <progress max={100} value={execution.percentage} aria-label={texts.generating} />
      {/* A screen reader hears every quarter, not every second. */}
      <p className="unseen" role="status">
        {texts.generating}: {texts.percent(quarter)}
      </p>
    </>
  );
}

function Failures({ execution, generation }: { execution: Execution; generation: Generation }) {
  const { texts } = useLanguage();
  return (
    <div className="failures">
      <p>{texts.failedActions(execution.failedActions.length)}</p>
      <ul>
        {execution.failedActions.map((failure) => (
          <li key={failure.actionId}>
            <span lang={languageOf(failure.title)}>{failure.title}</span>
            <span className="fine">{texts.reasons[failure.error] ?? texts.reasonOther}</span>
          </li>
        ))}
      </ul>
      {execution.status !== "running" && (
        <button type="button" className="quiet" disabled={generation.pending !== null} onClick={generation.retry}>
          {texts.retryFailed}
        </button>
      )}
    </div>
  );
}

/** The task generation as it goes: how far, how long still, what could not be done, and how it ended. */
export function GenerationBar({ generation }: { generation: Generation }) {
  const { texts } = useLanguage();
  const { execution, error } = generation;
  if (!execution && error === null) return null;
  return (
    <section className="generation" aria-label={texts.generating}>
      {error !== null && <ProblemNotice error={error} />}
      {execution?.status === "running" && <Running execution={execution} generation={generation} />}
      {execution && execution.status !== "running" && (
        <div className="generation-head">
          <strong role="status">{texts.finished[execution.status]}</strong>
          <span>{texts.generated(execution.processedActions, execution.totalActions)}</span>
          <button type="button" className="quiet" onClick={generation.dismiss}>
            {texts.dismiss}
          </button>
        </div>
      )}
      {execution && execution.failedActions.length > 0 && <Failures execution={execution} generation={generation} />}
    </section>
  );
}
