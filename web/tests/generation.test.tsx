import { act, screen, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { pollDelay } from "../src/generation/use-execution";
import { problem, Service } from "./service";
import { openSite, SMALL } from "./site";

let service: Service;
let goalId: string;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  service = new Service();
  goalId = service.load(SMALL).id;
  service.actionsPerPoll = 1;
});

async function open() {
  const site = openSite(service, `/goals/${goalId}`);
  await screen.findByRole("grid");
  return { ...site, seconds: (count: number) => act(() => vi.advanceTimersByTimeAsync(count * 1000 + 50)) };
}

async function press(name: string) {
  await act(async () => {
    screen.getByRole("button", { name }).click();
    await vi.advanceTimersByTimeAsync(20);
  });
}

test("the run is followed each second to its end, and the chart shows the new tasks", async () => {
  const { seconds } = await open();
  await press("Write the tasks");
  expect(screen.getByRole("progressbar", { name: "Writing tasks" })).toHaveProperty("value", 0);
  await seconds(1);
  expect(screen.getByRole("progressbar")).toHaveProperty("value", 50);
  expect(screen.getByText("1 of 2 actions")).toBeTruthy();
  expect(screen.getByText("about 5 s left")).toBeTruthy();
  await seconds(1);
  expect(screen.getByText("All tasks are written.")).toBeTruthy();
  expect(screen.queryByRole("progressbar")).toBeNull();
  await seconds(2);
  expect(screen.getByRole("button", { name: /^Race 50\skm .* tasks$/ })).toBeTruthy();
  // On arrival, after the start and after the last action.
  expect(service.requests.filter((name) => name.endsWith("/mandala")).length).toBeGreaterThanOrEqual(3);
  const reads = service.requests.filter((name) => name.startsWith("GET /ai/executions/")).length;
  await seconds(5);
  expect(service.requests.filter((name) => name.startsWith("GET /ai/executions/"))).toHaveLength(reads);
});

test("actions that failed are listed with the reason and can be tried again", async () => {
  service.failingTitles.add("Race 50 km");
  const { seconds } = await open();
  await press("Write the tasks");
  await seconds(2);
  expect(screen.getByText("Most tasks are written.")).toBeTruthy();
  const failures = screen.getByText("1 action is left without tasks").parentElement as HTMLElement;
  expect(within(failures).getByText("Race 50 km")).toBeTruthy();
  expect(within(failures).getByText("the writing service was too busy")).toBeTruthy();
  await press("Try these again");
  await seconds(1);
  expect(screen.getByText("All tasks are written.")).toBeTruthy();
});

test("a run is stopped on request", async () => {
  const { seconds } = await open();
  await press("Write the tasks");
  await press("Stop");
  expect(screen.getByText("Writing was stopped. What was written stays.")).toBeTruthy();
  await seconds(3);
  expect(service.tasks.size).toBe(0);
});

test("a run that was under way before the page opened is found and followed", async () => {
  await service.fetch(
    new Request("https://api.example/ai/tasks", { method: "POST", body: JSON.stringify({ goalId }) }),
  );
  const { seconds } = await open();
  await screen.findByRole("progressbar");
  await seconds(2);
  expect(screen.getByText("All tasks are written.")).toBeTruthy();
});

test("one lost reading neither stops the bar nor alarms anybody", async () => {
  const { seconds } = await open();
  await press("Write the tasks");
  const [execution] = service.executions.values();
  service.refusals.set(`GET /ai/executions/${execution?.id}`, problem(503, "Service Unavailable"));
  await seconds(1);
  expect(screen.queryByRole("alert")).toBeNull();
  await seconds(4);
  expect(screen.getByText("All tasks are written.")).toBeTruthy();
});

test("a run that cannot start says why", async () => {
  await open();
  service.refusals.set("POST /ai/tasks", problem(409, "Conflict", { detail: "The goal has no actions yet." }));
  await press("Write the tasks");
  expect(screen.getByRole("alert").textContent).toContain("The goal has no actions yet.");
  expect(screen.getByRole("alert").textContent).toContain("Reference r-1");
});

test("polling slows down in a hidden tab, after failures and when the service asks for it", () => {
  expect(pollDelay(0, false, null)).toBe(1_000);
  expect(pollDelay(0, true, null)).toBe(10_000);
  expect(pollDelay(3, false, null)).toBe(8_000);
  expect(pollDelay(0, false, 12)).toBe(12_000);
  expect(pollDelay(20, false, null)).toBe(30_000);
});
