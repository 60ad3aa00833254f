import { useState } from "react";
import type { Goal, GoalInput } from "../api/types";
import { useApi } from "../context";
import { languageOf, useLanguage } from "../i18n/language";
import { ProblemNotice } from "../problem";
import { useResource } from "../resource";
import { linkTo, navigate } from "../router";
import { GoalForm } from "./goal-form";
import { Swatch } from "./swatch";

function GoalRow({ goal }: { goal: Goal }) {
  const { texts, formatDate } = useLanguage();
  return (
    <li>
      <a className="goal-row" {...linkTo(`/goals/${goal.id}`)}>
        <Swatch progress={goal.progress} />
        <span className="goal-row-text">
          <span className="goal-row-title" lang={languageOf(goal.title)}>
            {goal.title}
          </span>
          <span className="goal-row-facts">
            <span className={`status status-${goal.status}`}>{texts.status[goal.status]}</span>
            {goal.deadline && <span>{texts.by(formatDate(goal.deadline))}</span>}
          </span>
        </span>
        <span className="goal-row-progress">
          {goal.progress}
          <small>%</small>
        </span>
      </a>
    </li>
  );
}

/** Everything that a person has set out to reach. */
export function GoalsPage() {
  const api = useApi();
  const { texts } = useLanguage();
  const goals = useResource("goals", () => api.listGoals());
  const [writing, setWriting] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function create(input: GoalInput) {
    const goal = await api.createGoal(input);
    navigate(`/goals/${goal.id}`);
  }

  async function more() {
    const page = goals.value;
    if (!page?.nextCursor) return;
    try {
      const next = await api.listGoals(page.nextCursor);
      goals.replace({ items: [...page.items, ...next.items], nextCursor: next.nextCursor });
      setError(null);
    } catch (reason) {
      setError(reason);
    }
  }

  return (
    <main className="page">
      <div className="page-head">
        <h1>{texts.goals}</h1>
        {!writing && (
          <button type="button" className="primary" onClick={() => setWriting(true)}>
            {texts.newGoal}
          </button>
        )}
      </div>
      {writing && <GoalForm submitLabel={texts.createGoal} onSubmit={create} onCancel={() => setWriting(false)} />}
      {goals.error !== null && <ProblemNotice error={goals.error} onRetry={goals.reload} />}
      {goals.value === null && goals.error === null && <p className="loading">{texts.loading}</p>}
      {goals.value?.items.length === 0 && !writing && <p className="invitation">{texts.noGoals}</p>}
      <ul className="goal-list">
        {goals.value?.items.map((goal) => (
          <GoalRow key={goal.id} goal={goal} />
        ))}
      </ul>
      {error !== null && <ProblemNotice error={error} />}
      {goals.value?.nextCursor && (
        <button type="button" className="quiet" onClick={more}>
          {texts.more}
        </button>
      )}
    </main>
  );
}
