import { screen, within } from "@testing-library/react";
import axe from "axe-core";
import { describe, expect, test, vi } from "vitest";
import { shadeOf, textSize, withUnits } from "../src/chart/dye";
import { blockSheet, contentKey, moved, nextContent, sheet } from "../src/chart/layout";
import { Service } from "./service";
import { openSite, SMALL } from "./site";

async function openChart() {
  const service = new Service();
  const goal = service.load(SMALL);
  const site = openSite(service, `/goals/${goal.id}`);
  const grid = await screen.findByRole("grid");
  return { ...site, service, goal, grid, cells: () => within(grid).getAllByRole("button") };
}

const SUN = 4 * 9 + 4;

describe("the sheet", () => {
  test("has the goal in the middle, sub-goals around it clockwise from the top left", () => {
    const rows = sheet();
    const keys = rows.slice(3, 6).map((row) => row.slice(3, 6).map((cell) => contentKey(cell.content)));
    expect(keys).toEqual([
      ["1", "2", "3"],
      ["8", "goal", "4"],
      ["7", "6", "5"],
    ]);
  });

  test("repeats every sub-goal as the centre of its own block with its eight actions around it", () => {
    const bottomRight = sheet()
      .slice(6, 9)
      .map((row) => row.slice(6, 9).map((cell) => contentKey(cell.content)));
    expect(bottomRight).toEqual([
      ["5.1", "5.2", "5.3"],
      ["5.8", "5", "5.4"],
      ["5.7", "5.6", "5.5"],
    ]);
  });

  test("holds one goal, each sub-goal twice and each of 64 actions once", () => {
    const counts = new Map<string, number>();
    for (const cell of sheet().flat()) {
      counts.set(contentKey(cell.content), (counts.get(contentKey(cell.content)) ?? 0) + 1);
    }
    expect([...counts.values()].filter((count) => count === 2)).toHaveLength(8);
    expect([...counts.values()].filter((count) => count === 1)).toHaveLength(65);
  });

  test("shows one block as a sheet of its own", () => {
    expect(blockSheet(3).map((row) => row.map((cell) => contentKey(cell.content)))).toEqual([
      ["3.1", "3.2", "3.3"],
      ["3.8", "3", "3.4"],
      ["3.7", "3.6", "3.5"],
    ]);
  });

  test("is filled in sub-goals first, then action by action to the last", () => {
    const visited: string[] = [];
    for (let content = nextContent({ kind: "goal" }); content; content = nextContent(content)) {
      visited.push(contentKey(content));
    }
    expect(visited).toHaveLength(72);
    expect(visited.slice(0, 10)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "1.1", "1.2"]);
    expect(visited.at(-1)).toBe("8.8");
  });

  test("lets arrow keys stop at its edges", () => {
    expect(moved("ArrowUp", false, 0, 5, 9)).toEqual([0, 5]);
    expect(moved("ArrowRight", false, 4, 4, 9)).toEqual([4, 5]);
    expect(moved("End", true, 1, 1, 9)).toEqual([8, 8]);
    expect(moved("Tab", false, 1, 1, 9)).toBeNull();
  });
});

describe("the dye", () => {
  test("shows any start and keeps the deepest shade for what is done", () => {
    expect([0, 1, 19, 20, 50, 80, 99, 100].map(shadeOf)).toEqual([0, 1, 1, 2, 3, 5, 5, 6]);
  });

  test("sets long Japanese titles smaller than Latin ones of as many letters", () => {
    expect(textSize("Run easy")).toBe("large");
    expect(textSize("Run hill repeats on Tuesdays")).toBe("medium");
    expect(textSize("食器を四十人分そろえる")).toBe("small");
  });

  test("keeps a number and its unit together", () => {
    expect(withUnits("Run 80 km in May")).toBe("Run 80\u00a0km in May");
    expect(withUnits("Sleep 7 hours")).toBe("Sleep 7 hours");
  });
});

describe("the chart on the page", () => {
  test("has 81 cells and exactly one of them in the tab order", async () => {
    const { cells } = await openChart();
    expect(cells()).toHaveLength(81);
    expect(cells().filter((cell) => cell.tabIndex === 0)).toEqual([cells()[SUN]]);
  });

  test("is crossed with the arrow keys and the tab stop follows", async () => {
    const { user, cells } = await openChart();
    cells()[SUN]?.focus();
    await user.keyboard("{ArrowUp}{ArrowLeft}");
    const runFar = cells()[3 * 9 + 3];
    expect(document.activeElement).toBe(runFar);
    expect(runFar).toHaveProperty("tabIndex", 0);
    expect(cells()[SUN]).toHaveProperty("tabIndex", -1);
  });

  test("gives every text the language it is written in", async () => {
    await openChart();
    const [japanese] = screen.getAllByText("仲間を集める");
    const [english] = screen.getAllByText("Run far");
    expect(japanese?.lang).toBe("ja");
    expect(english?.lang).toBe("en");
  });

  test("says place, progress and tasks to a screen reader", async () => {
    const { service, goal } = await openChart();
    const [runEasy] = service.actions(goal.id);
    if (runEasy) service.writeTasks(goal.id, runEasy, 4, 1);
    document.body.innerHTML = "";
    openSite(service, `/goals/${goal.id}`);
    expect(
      await screen.findByRole("button", { name: "Run easy Action 1 of sub-goal 1, 25% done, 4 tasks" }),
    ).toBeTruthy();
  });

  test("opens a cell beside itself and takes the focus back when it closes", async () => {
    const { user, cells } = await openChart();
    const runEasy = cells()[0] as HTMLElement;
    await user.click(runEasy);
    expect(screen.getByRole("complementary", { name: "Action 1 of sub-goal 1" })).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole("heading", { level: 2, name: "Run easy" }));
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("complementary")).toBeNull();
    await expect.poll(() => document.activeElement).toBe(runEasy);
  });

  test("shows one block at a time when asked, and the way to the others", async () => {
    const { user } = await openChart();
    await user.click(screen.getByRole("button", { name: "One block" }));
    expect(within(screen.getByRole("grid")).getAllByRole("button")).toHaveLength(9);
    await user.click(within(screen.getByRole("grid")).getByRole("button", { name: /^Run far/ }));
    expect(within(screen.getByRole("grid")).getByRole("button", { name: /^Run easy/ })).toBeTruthy();
    await user.click(within(screen.getByRole("navigation")).getByRole("button", { name: "仲間を集める" }));
    expect(within(screen.getByRole("grid")).getByRole("button", { name: /^仲間を集める/ })).toBeTruthy();
  });

  test("starts on a phone with the middle block, and the whole chart is a map to the others", async () => {
    vi.stubGlobal("matchMedia", (query: string) => ({ matches: true, media: query }));
    const { user, cells } = await openChart();
    expect(cells()).toHaveLength(9);
    await user.click(screen.getByRole("button", { name: "Whole chart" }));
    const grid = screen.getByRole("grid");
    await user.click(within(grid).getByRole("button", { name: /^Run easy/ }));
    expect(screen.queryByRole("complementary")).toBeNull();
    expect(within(screen.getByRole("grid")).getAllByRole("button")).toHaveLength(9);
    expect(within(screen.getByRole("grid")).getByRole("button", { name: /^Run easy/ })).toBeTruthy();
  });

  test("has no fault that axe can find", async () => {
    const { container, user, cells } = await openChart();
    await user.click(cells()[0] as HTMLElement);
    await screen.findByRole("complementary");
    // Colours need a real browser; tests/contrast.test.ts checks them from the tokens.
    const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  });

  test("is filled in from the keyboard, cell after cell", async () => {
    const { user, service, goal, cells } = await openChart();
    await user.click(cells()[3 * 9 + 5] as HTMLElement);
    await user.type(screen.getByLabelText("Title"), "Climb well{Enter}");
    await screen.findByRole("complementary", { name: "Sub-goal 4" });
    expect(service.subGoals.get(goal.id)?.find((subGoal) => subGoal.position === 3)?.title).toBe("Climb well");
    expect(document.activeElement).toBe(screen.getByLabelText("Title"));
  });

  test("asks for the sub-goal before its actions", async () => {
    const { user, cells } = await openChart();
    await user.click(cells()[8] as HTMLElement);
    expect(screen.getByText(/Name the sub-goal first/)).toBeTruthy();
    await user.click(within(screen.getByRole("complementary")).getByRole("button", { name: "Sub-goal 3" }));
    expect(screen.getByRole("complementary", { name: "Sub-goal 3" })).toBeTruthy();
  });
});
