import type { operations, paths } from "./schema";
import type { Goal, Problem, TaskStatus } from "./types";

/** An answer of the API that is not a success, or no answer at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Partial<Problem> | null;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, problem: Partial<Problem> | null, retryAfterSeconds: number | null = null) {
    super(problem?.detail ?? problem?.title ?? `the service answered ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface Transport {
  baseUrl: string;
  token(): Promise<string | null>;
  /** Called when the API refuses the token, or there is none. */
  onUnauthorized(): void;
}

type Operation = keyof operations;

/** "GET /goals": the method and the path that the API's description gives an operation. */
type RouteOf<O extends Operation> = {
  [P in keyof paths]: {
    [M in keyof paths[P]]: paths[P][M] extends operations[O] ? `${Uppercase<M & string>} ${P & string}` : never;
  }[keyof paths[P]];
}[keyof paths];

type Json<Response> = Response extends { content: { "application/json": infer Body } } ? Body : never;
type Responses<O extends Operation> = operations[O]["responses"];
type Answer<O extends Operation> =
  Responses<O> extends { 204: unknown } ? undefined : Json<Responses<O>[keyof Responses<O> & (200 | 201 | 202)]>;
type Body<O extends Operation> = operations[O] extends { requestBody?: infer B } ? Json<NonNullable<B>> : never;
type Query<O extends Operation> = NonNullable<operations[O]["parameters"]["query"]>;

interface Request<O extends Operation> {
  path?: NonNullable<operations[O]["parameters"]["path"]>;
  query?: Query<O>;
  body?: Body<O>;
  /** The version the change starts from: the API answers 412 when somebody else was faster. */
  ifMatch?: number;
}

async function problemOf(response: Response): Promise<Partial<Problem> | null> {
  try {
    const body = (await response.json()) as Partial<Problem> & { message?: string };
    if (body.title) return body;
    // API Gateway's own refusals (throttling, a missing token) may be {"message": ...}, not problem documents.
    return body.message ? { title: body.message, status: response.status } : null;
  } catch {
    return null;
  }
}

function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? seconds : null;
}

function address(baseUrl: string, template: string, request: Request<Operation>): URL {
  const values = (request.path ?? {}) as Record<string, string | number>;
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const url = new URL(baseUrl + path);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== null && value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

async function send<O extends Operation>(
  transport: Transport,
  route: RouteOf<O>,
  request: Request<O> = {},
): Promise<Answer<O>> {
  const token = await transport.token();
  if (token === null) {
    transport.onUnauthorized();
    throw new ApiError(401, null);
  }
  const [method = "GET", template = "/"] = String(route).split(" ");
  const headers: Record<string, string> = { Accept: "application/json", Authorization: `Bearer ${token}` };
  const init: RequestInit = { method, headers };
  if (request.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(request.body);
  }
  if (request.ifMatch !== undefined) headers["If-Match"] = `"${request.ifMatch}"`;

  let response: Response;
  try {
    response = await fetch(address(transport.baseUrl, template, request as Request<Operation>), init);
  } catch {
    throw new ApiError(0, null);
  }
  if (response.status === 401) transport.onUnauthorized();
  if (!response.ok) throw new ApiError(response.status, await problemOf(response), retryAfter(response));
  return (response.status === 204 ? undefined : await response.json()) as Answer<O>;
}

export type Api = ReturnType<typeof createApi>;

/** The API's operations as functions, typed by its OpenAPI document; every one rejects with ApiError. */
export function createApi(transport: Transport) {
  function call<O extends Operation>(route: RouteOf<O>, request?: Request<O>): Promise<Answer<O>> {
    return send<O>(transport, route, request);
  }
  return {
    listGoals: (cursor?: string) =>
      call<"listGoals">("GET /goals", { query: { limit: 50, ...(cursor ? { cursor } : {}) } }),
    createGoal: (body: Body<"createGoal">) => call<"createGoal">("POST /goals", { body }),
    updateGoal: (goal: Goal, body: Body<"updateGoal">) =>
      call<"updateGoal">("PATCH /goals/{goalId}", { path: { goalId: goal.id }, body, ifMatch: goal.version }),
    deleteGoal: (goalId: string) => call<"deleteGoal">("DELETE /goals/{goalId}", { path: { goalId } }),
    getMandala: (goalId: string) => call<"getMandala">("GET /goals/{goalId}/mandala", { path: { goalId } }),
    putSubGoal: (goalId: string, position: number, body: Body<"putSubGoal">) =>
      call<"putSubGoal">("PUT /goals/{goalId}/sub-goals/{position}", { path: { goalId, position }, body }),
    putAction: (goalId: string, position: number, actionPosition: number, body: Body<"putAction">) =>
      call<"putAction">("PUT /goals/{goalId}/sub-goals/{position}/actions/{actionPosition}", {
        path: { goalId, position, actionPosition },
        body,
      }),
    startGeneration: (goalId: string) => call<"startTaskGeneration">("POST /ai/tasks", { body: { goalId } }),
    latestExecution: async (goalId: string) =>
      (await call<"listExecutions">("GET /ai/executions", { query: { goalId, limit: 1 } })).items[0] ?? null,
    getExecution: (executionId: string) =>
      call<"getExecution">("GET /ai/executions/{executionId}", { path: { executionId } }),
    cancelExecution: (executionId: string) =>
      call<"cancelExecution">("POST /ai/executions/{executionId}/cancel", { path: { executionId }, body: {} }),
    retryExecution: (executionId: string) =>
      call<"retryExecution">("POST /ai/executions/{executionId}/retry", { path: { executionId } }),
    listTasks: (actionId: string, cursor?: string) =>
      call<"listTasks">("GET /tasks", { query: { actionId, limit: 100, ...(cursor ? { cursor } : {}) } }),
    updateTask: (taskId: string, status: TaskStatus) =>
      call<"updateTask">("PATCH /tasks/{taskId}", { path: { taskId }, body: { status } }),
  };
}
