import { useState } from "react";
import type { Action, Task, TaskStatus } from "../api/types";
import { useApi } from "../context";
import { languageOf, useLanguage } from "../i18n/language";
import { ProblemNotice } from "../problem";
import { useResource } from "../resource";

const STATUSES: TaskStatus[] = ["not_started", "in_progress", "completed", "skipped"];

function TaskRow({ task, onChange }: { task: Task; onChange(status: TaskStatus): void }) {
  const { texts, formatDate } = useLanguage();
  const isCompleted = task.status === "completed";
  return (
    <li className={`task task-${task.status}`}>
      <input
        type="checkbox"
        className="task-check"
        checked={isCompleted}
        aria-label={texts.complete(task.title)}
        onChange={() => onChange(isCompleted ? "not_started" : "completed")}
      />
      <div className="task-text">
        <p className="task-title" lang={languageOf(task.title)}>
          {task.title}
        </p>
        {task.description && (
          <p className="task-description" lang={languageOf(task.description)}>
            {task.description}
          </p>
        )}
        <p className="task-facts">
          <select
            value={task.status}
            aria-label={texts.statusOf(task.title)}
            onChange={(event) => onChange(event.target.value as TaskStatus)}
          >
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {texts.taskStatus[status]}
              </option>
            ))}
          </select>
          <span>{texts.minutes(task.estimatedMinutes)}</span>
          {task.kind === "habit" && <span>{texts.kinds.habit}</span>}
          {task.dueOn && <span>{texts.due(formatDate(task.dueOn))}</span>}
        </p>
      </div>
    </li>
  );
}

interface Props {
  action: Action;
  /** Called after a task has changed: the chart's progress follows. */
  onChanged(): void;
}

/** The tasks of one action. A change shows at once and is taken back when the API refuses it. */
export function TaskList({ action, onChanged }: Props) {
  const api = useApi();
  const { texts } = useLanguage();
  // The count is part of the key: tasks that are written while the list is open appear in it.
  const tasks = useResource(`${action.id} ${action.taskCount}`, () => api.listTasks(action.id));
  const [changed, setChanged] = useState<ReadonlyMap<string, Task>>(new Map());
  const [error, setError] = useState<unknown>(null);

  function put(task: Task | null, id: string) {
    setChanged((before) => {
      const after = new Map(before);
      if (task) after.set(id, task);
      else after.delete(id);
      return after;
    });
  }

  async function change(task: Task, status: TaskStatus) {
    setError(null);
    put({ ...task, status }, task.id);
    try {
      put(await api.updateTask(task.id, status), task.id);
      onChanged();
    } catch (reason) {
      put(task, task.id);
      setError(reason);
    }
  }

  return (
    <section className="tasks" aria-label={texts.tasks}>
      <h3>{texts.tasks}</h3>
      {tasks.error !== null && <ProblemNotice error={tasks.error} onRetry={tasks.reload} />}
      {error !== null && <ProblemNotice error={error} />}
      {tasks.value === null && tasks.error === null && <p className="loading">{texts.loading}</p>}
      {tasks.value?.items.length === 0 && <p className="hint">{texts.noTasks}</p>}
      <ol>
        {tasks.value?.items.map((item) => {
          const task = changed.get(item.id) ?? item;
          return <TaskRow key={task.id} task={task} onChange={(status) => void change(task, status)} />;
        })}
      </ol>
    </section>
  );
}
