import type { Action, Execution, Goal, Mandala, Problem, SubGoal, Task } from "../src/api/types";

/** A chart as `examples/*.json` holds it. */
export interface Sample {
  goal: Partial<Goal> & { title: string };
  subGoals: { title: string; description: string; actions: Pick<Action, "title" | "description" | "kind">[] }[];
}

interface Answer {
  status: number;
  body?: unknown;
}

type Handler = (match: RegExpExecArray, body: Record<string, unknown>, url: URL) => Answer;

let serial = 0;

function newId(): string {
  serial += 1;
  return `00000000-0000-4000-8000-${String(serial).padStart(12, "0")}`;
}

/** The API in memory, for the tests of the interface and for looking at it: the contract's shapes, no other rules. */
export class Service {
  readonly goals = new Map<string, Goal>();
  readonly subGoals = new Map<string, SubGoal[]>();
  readonly tasks = new Map<string, Task>();
  readonly executions = new Map<string, Execution>();
  /** Every request as "METHOD /path", for the tests. */
  readonly requests: string[] = [];
  readonly authorizations: (string | null)[] = [];
  /** Actions done by a run each time it is read. */
  actionsPerPoll = 4;
  failingTitles = new Set<string>();
  /** The next answers, by "METHOD /path", that a test wants instead of the real ones. */
  readonly refusals = new Map<string, Answer>();

  /** The actions that a run has still to do. */
  private readonly waiting = new Map<string, Action[]>();

  private readonly routes: [string, RegExp, Handler][] = [
    ["GET", /^\/goals$/, () => ok({ items: [...this.goals.values()], nextCursor: null })],
    ["POST", /^\/goals$/, (_, body) => ({ status: 201, body: this.addGoal(body) })],
    ["GET", /^\/goals\/([^/]+)\/mandala$/, ([, id]) => this.onGoal(id, (goal) => ok(this.mandala(goal)))],
    ["PATCH", /^\/goals\/([^/]+)$/, ([, id], body) => this.onGoal(id, (goal) => ok(this.change(goal, body)))],
    ["DELETE", /^\/goals\/([^/]+)$/, ([, id]) => this.onGoal(id, (goal) => this.remove(goal))],
    [
      "PUT",
      /^\/goals\/([^/]+)\/sub-goals\/(\d)$/,
      ([, id, position], body) => this.onGoal(id, (goal) => ok(this.putSubGoal(goal, Number(position), body))),
    ],
    [
      "PUT",
      /^\/goals\/([^/]+)\/sub-goals\/(\d)\/actions\/(\d)$/,
      ([, id, position, place], body) =>
        this.onGoal(id, (goal) => ok(this.putAction(goal, Number(position), Number(place), body))),
    ],
    ["GET", /^\/tasks$/, (_, __, url) => this.tasksOf(url.searchParams.get("actionId"))],
    ["PATCH", /^\/tasks\/([^/]+)$/, ([, id], body) => this.changeTask(id ?? "", body)],
    ["POST", /^\/ai\/tasks$/, (_, body) => ({ status: 202, body: this.start(String(body.goalId)) })],
    ["GET", /^\/ai\/executions$/, (_, __, url) => this.executionsOf(url.searchParams.get("goalId"))],
    ["GET", /^\/ai\/executions\/([^/]+)$/, ([, id]) => this.onExecution(id, (run) => ok(this.advance(run)))],
    [
      "POST",
      /^\/ai\/executions\/([^/]+)\/cancel$/,
      ([, id]) => this.onExecution(id, (run) => ok(Object.assign(run, { status: "cancelled" }))),
    ],
    [
      "POST",
      /^\/ai\/executions\/([^/]+)\/retry$/,
      ([, id]) => this.onExecution(id, (run) => ({ status: 202, body: this.retry(run) })),
    ],
  ];

  /** Answers a request as `fetch` would. */
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.replace(/^\/v1/, "");
    const name = `${request.method} ${path}`;
    this.requests.push(name);
    this.authorizations.push(request.headers.get("Authorization"));
    const text = await request.text();
    const body = text ? (JSON.parse(text) as Record<string, unknown>) : {};
    const refusal = this.refusals.get(name);
    this.refusals.delete(name);
    return toResponse(refusal ?? this.answer(request.method, path, body, url));
  }

  private answer(method: string, path: string, body: Record<string, unknown>, url: URL): Answer {
    for (const [verb, pattern, handler] of this.routes) {
      const match = verb === method ? pattern.exec(path) : null;
      if (match) return handler(match, body, url);
    }
    return problem(404, "Not Found");
  }

  load(sample: Sample): Goal {
    const goal = this.addGoal(sample.goal);
    sample.subGoals.forEach((subGoal, index) => {
      this.putSubGoal(goal, index + 1, subGoal);
      subGoal.actions.forEach((action, place) => {
        this.putAction(goal, index + 1, place + 1, { ...action });
      });
    });
    return goal;
  }

  actions(goalId: string): Action[] {
    return (this.subGoals.get(goalId) ?? []).flatMap((subGoal) => subGoal.actions);
  }

  /** Writes `count` tasks for an action, of which `completed` are done. */
  writeTasks(goalId: string, action: Action, count: number, completed = 0): void {
    for (let ordinal = 1; ordinal <= count; ordinal += 1) {
      const id = newId();
      this.tasks.set(id, {
        id,
        goalId,
        actionId: action.id,
        ordinal,
        title: `${action.title} (${ordinal}/${count})`,
        description: action.description,
        estimatedMinutes: 30 + ordinal * 5,
        kind: action.kind,
        status: ordinal <= completed ? "completed" : "not_started",
        dueOn: null,
        completedAt: null,
        version: 1,
      });
    }
    this.count(goalId);
  }

  private addGoal(body: Partial<Goal>): Goal {
    const goal: Goal = {
      id: newId(),
      title: body.title ?? "",
      description: body.description ?? "",
      deadline: body.deadline ?? null,
      background: body.background ?? "",
      constraints: body.constraints ?? "",
      status: "draft",
      progress: 0,
      version: 1,
      createdAt: "2027-01-04T09:00:00Z",
    };
    this.goals.set(goal.id, goal);
    this.subGoals.set(goal.id, []);
    return goal;
  }

  private change(goal: Goal, body: Record<string, unknown>): Goal {
    return Object.assign(goal, body, { version: goal.version + 1 });
  }

  private remove(goal: Goal): Answer {
    this.goals.delete(goal.id);
    return { status: 204 };
  }

  private mandala(goal: Goal): Mandala {
    return structuredClone({ goal, subGoals: this.subGoals.get(goal.id) ?? [] });
  }

  private putSubGoal(goal: Goal, position: number, body: Record<string, unknown>): SubGoal {
    const all = this.subGoals.get(goal.id) ?? [];
    const known = all.find((subGoal) => subGoal.position === position);
    const subGoal = known ?? { id: newId(), position, title: "", description: "", progress: 0, actions: [] };
    Object.assign(subGoal, { title: body.title, description: body.description ?? "" });
    if (!known) all.push(subGoal);
    return subGoal;
  }

  private putAction(goal: Goal, position: number, place: number, body: Record<string, unknown>): Action {
    const subGoal = this.subGoals.get(goal.id)?.find((candidate) => candidate.position === position);
    if (!subGoal) throw new Error(`sub-goal ${position} is not written yet`);
    const known = subGoal.actions.find((action) => action.position === place);
    const action =
      known ??
      ({
        id: newId(),
        position: place,
        title: "",
        description: "",
        kind: "execution",
        progress: 0,
        taskCount: 0,
      } as Action);
    Object.assign(action, { title: body.title, description: body.description ?? "", kind: body.kind });
    if (!known) subGoal.actions.push(action);
    return action;
  }

  private tasksOf(actionId: string | null): Answer {
    const isKnown = [...this.goals.keys()].some((id) => this.actions(id).some((action) => action.id === actionId));
    if (!isKnown) return problem(404, "Not Found");
    return ok({ items: [...this.tasks.values()].filter((task) => task.actionId === actionId), nextCursor: null });
  }

  private changeTask(id: string, body: Record<string, unknown>): Answer {
    const task = this.tasks.get(id);
    if (!task) return problem(404, "Not Found");
    const changed = { ...task, ...body, version: task.version + 1 } as Task;
    this.tasks.set(id, changed);
    this.count(task.goalId);
    return ok(changed);
  }

  private count(goalId: string): void {
    const mean = (values: number[]) => Math.round(values.reduce((sum, value) => sum + value, 0) / (values.length || 1));
    const subGoals = this.subGoals.get(goalId) ?? [];
    for (const subGoal of subGoals) {
      for (const action of subGoal.actions) {
        const tasks = [...this.tasks.values()].filter((task) => task.actionId === action.id);
        action.taskCount = tasks.length;
        action.progress = mean(tasks.map((task) => (task.status === "completed" ? 100 : 0)));
      }
      subGoal.progress = mean(subGoal.actions.map((action) => action.progress));
    }
    const goal = this.goals.get(goalId);
    if (goal) goal.progress = mean(subGoals.map((subGoal) => subGoal.progress));
  }

  private start(goalId: string, actions = this.actions(goalId)): Execution {
    const execution: Execution = {
      id: newId(),
      goalId,
      status: "running",
      totalActions: actions.length,
      processedActions: 0,
      failedActions: [],
      percentage: 0,
      estimatedSecondsLeft: null,
      startedAt: "2027-01-04T09:00:00Z",
      finishedAt: null,
    };
    this.executions.set(execution.id, execution);
    this.waiting.set(execution.id, [...actions]);
    return execution;
  }

  private retry(before: Execution): Execution {
    this.failingTitles.clear();
    const failed = new Set(before.failedActions.map((failure) => failure.actionId));
    return this.start(
      before.goalId,
      this.actions(before.goalId).filter((action) => failed.has(action.id)),
    );
  }

  private executionsOf(goalId: string | null): Answer {
    const items = [...this.executions.values()].filter((run) => run.goalId === goalId).reverse();
    return this.onGoal(goalId ?? "", () => ok({ items, nextCursor: null }));
  }

  private advance(run: Execution): Execution {
    if (run.status !== "running") return run;
    for (const action of this.waiting.get(run.id)?.splice(0, this.actionsPerPoll) ?? []) {
      if (this.failingTitles.has(action.title)) {
        run.failedActions.push({ actionId: action.id, title: action.title, error: "ModelThrottled" });
      } else {
        if (action.taskCount === 0) this.writeTasks(run.goalId, action, 3 + (action.title.length % 5));
        run.processedActions += 1;
      }
    }
    const done = run.processedActions + run.failedActions.length;
    run.percentage = Math.floor((100 * done) / Math.max(1, run.totalActions));
    run.estimatedSecondsLeft = Math.ceil((run.totalActions - done) / this.actionsPerPoll);
    if (done >= run.totalActions) run.status = run.failedActions.length > 0 ? "partially_succeeded" : "succeeded";
    return run;
  }

  private onGoal(id: string | undefined, then: (goal: Goal) => Answer): Answer {
    const goal = this.goals.get(id ?? "");
    return goal ? then(goal) : problem(404, "Not Found");
  }

  private onExecution(id: string | undefined, then: (run: Execution) => Answer): Answer {
    const run = this.executions.get(id ?? "");
    return run ? then(run) : problem(404, "Not Found");
  }
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

export function problem(status: number, title: string, more: Partial<Problem> = {}): Answer {
  return { status, body: { type: "about:blank", title, status, detail: title, errors: [], requestId: "r-1", ...more } };
}

function toResponse({ status, body }: Answer): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json" },
  });
}
