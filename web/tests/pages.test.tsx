import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { problem, Service } from "./service";
import { openSite, SMALL } from "./site";

function withTasks() {
  const service = new Service();
  const goal = service.load(SMALL);
  const [runEasy] = service.actions(goal.id);
  if (!runEasy) throw new Error("the sample chart has no action");
  service.writeTasks(goal.id, runEasy, 3);
  return { service, goal };
}

async function openTasks() {
  const { service, goal } = withTasks();
  const site = openSite(service, `/goals/${goal.id}`);
  const grid = await screen.findByRole("grid");
  await site.user.click(within(grid).getByRole("button", { name: /^Run easy/ }));
  await screen.findByText("Run easy (1/3)");
  return { ...site, service };
}

test("goals are listed with progress and open in place", async () => {
  const { service, goal } = withTasks();
  const { user } = openSite(service);
  const link = await screen.findByRole("link", { name: /Finish my first 80 km race/ });
  expect(link.textContent).toContain("by September 2, 2028");
  await user.click(link);
  expect(window.location.pathname).toBe(`/goals/${goal.id}`);
  expect(await screen.findByRole("grid")).toBeTruthy();
  expect(document.title).toBe("Finish my first 80 km race · Goal Mandala");
});

test("a new goal opens its empty chart", async () => {
  const service = new Service();
  const { user } = openSite(service);
  expect(await screen.findByText(/No goal yet/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "New goal" }));
  await user.type(screen.getByLabelText("Title"), "Open a bakery");
  await user.click(screen.getByRole("button", { name: "Lay out the chart" }));
  expect(await screen.findByRole("heading", { level: 1, name: "Open a bakery" })).toBeTruthy();
  expect([...service.goals.values()][0]).toMatchObject({ title: "Open a bakery", deadline: null });
  expect(screen.getByRole("button", { name: "Write the tasks" })).toHaveProperty("disabled", true);
});

test("a task's status is changed and the chart's progress follows", async () => {
  const { user, service } = await openTasks();
  await user.selectOptions(screen.getByLabelText("Status of “Run easy (2/3)”"), "completed");
  await waitFor(() => expect([...service.tasks.values()][1]?.status).toBe("completed"));
  expect(await screen.findByRole("button", { name: /^Run easy .*33% done, 3 tasks/ })).toBeTruthy();
});

test("a refused status change is taken back and explained", async () => {
  const { user, service } = await openTasks();
  const [task] = service.tasks.values();
  service.refusals.set(`PATCH /tasks/${task?.id}`, problem(503, "Service Unavailable"));
  const check = screen.getByRole("checkbox", { name: "Mark “Run easy (1/3)” as done" });
  await user.click(check);
  expect((await screen.findByRole("alert")).textContent).toContain("Nothing was lost");
  expect(check).toHaveProperty("checked", false);
});

test("a goal that is not there is told once, though its chart and its runs are both missing", async () => {
  const service = new Service();
  openSite(service, "/goals/00000000-0000-4000-8000-999999999999");
  expect((await screen.findByRole("alert")).textContent).toContain("not yours");
  await waitFor(() => expect(service.requests).toContain("GET /ai/executions"));
  expect(screen.getAllByRole("alert")).toHaveLength(1);
});

test("the tasks of an action that was deleted elsewhere are told to be gone", async () => {
  const { service, goal } = withTasks();
  const { user } = openSite(service, `/goals/${goal.id}`);
  const grid = await screen.findByRole("grid");
  service.goals.delete(goal.id);
  await user.click(within(grid).getByRole("button", { name: /^Run easy/ }));
  const tasks = await screen.findByRole("region", { name: "Tasks" });
  expect((await within(tasks).findByRole("alert")).textContent).toContain("not yours");
  expect(within(tasks).queryByText(/No tasks/)).toBeNull();
});

test("every request carries the access token", async () => {
  const { service } = await openTasks();
  expect(new Set(service.authorizations)).toEqual(new Set(["Bearer access-token"]));
});

test("a refused token leads to the sign-in page once, and back to where one was", async () => {
  const { service, goal } = withTasks();
  service.refusals.set(`GET /goals/${goal.id}/mandala`, problem(401, "Unauthorized"));
  service.refusals.set("GET /ai/executions", problem(401, "Unauthorized"));
  const { session } = openSite(service, `/goals/${goal.id}`);
  await waitFor(() => expect(session.signIn).toHaveBeenCalledWith(`/goals/${goal.id}`));
  expect(session.signIn).toHaveBeenCalledTimes(1);
});

test("a token refused right after signing in is a message, not a circle of sign-ins", async () => {
  const { service } = withTasks();
  service.refusals.set("GET /goals", problem(401, "Unauthorized"));
  const { session } = openSite(service, "/", { isFresh: () => true });
  expect((await screen.findByRole("alert")).textContent).toContain("Your session has ended");
  expect(session.signIn).not.toHaveBeenCalled();
});

test("somebody else's goal is a clear message, not a blank page", async () => {
  openSite(new Service(), "/goals/00000000-0000-4000-8000-000000000999");
  expect((await screen.findByRole("alert")).textContent).toContain("not yours");
});

test("a conflict shows the newest version and asks for the change again", async () => {
  const { service, goal } = withTasks();
  const { user } = openSite(service, `/goals/${goal.id}`);
  const grid = await screen.findByRole("grid");
  await user.click(within(grid).getByRole("button", { name: /^Finish my first/ }));
  await user.click(screen.getByRole("button", { name: "Edit" }));
  service.refusals.set(`PATCH /goals/${goal.id}`, problem(412, "Precondition Failed"));
  await user.type(screen.getByLabelText("Title"), " in May{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("changed somewhere else");
});

test("a goal is deleted only after a second yes", async () => {
  const { service, goal } = withTasks();
  const { user } = openSite(service, `/goals/${goal.id}`);
  const grid = await screen.findByRole("grid");
  await user.click(within(grid).getByRole("button", { name: /^Finish my first/ }));
  await user.click(screen.getByRole("button", { name: "Delete this goal" }));
  expect(service.goals.size).toBe(1);
  await user.click(screen.getByRole("button", { name: "Delete for good" }));
  await waitFor(() => expect(service.goals.size).toBe(0));
  expect(window.location.pathname).toBe("/");
});

test("the interface changes to Japanese, says so to the browser and remembers it", async () => {
  const { service } = withTasks();
  const { user } = openSite(service);
  await user.click(screen.getByRole("button", { name: "日本語" }));
  expect(screen.getByRole("heading", { level: 1, name: "目標" })).toBeTruthy();
  expect(document.documentElement.lang).toBe("ja");
  expect(window.localStorage.getItem("goal-mandala.language")).toBe("ja");
});

test("an unknown address says so", () => {
  openSite(new Service(), "/nothing/here");
  expect(screen.getByRole("heading", { level: 1, name: "There is nothing at this address." })).toBeTruthy();
});
