import type { Action, Goal, Mandala, SubGoal } from "../api/types";
import { type CellContent, contentKey } from "./layout";

/** What stands in a cell; null where nothing has been written yet. */
export type Entry =
  | { kind: "goal"; title: string; progress: number; item: Goal }
  | { kind: "subGoal"; title: string; progress: number; item: SubGoal }
  | { kind: "action"; title: string; progress: number; item: Action };

export type Entries = ReadonlyMap<string, Entry>;

export function entriesOf({ goal, subGoals }: Mandala): Entries {
  const entries = new Map<string, Entry>();
  entries.set("goal", { kind: "goal", title: goal.title, progress: goal.progress, item: goal });
  for (const subGoal of subGoals) {
    const { position, title, progress } = subGoal;
    entries.set(contentKey({ kind: "subGoal", position }), { kind: "subGoal", title, progress, item: subGoal });
    for (const action of subGoal.actions) {
      entries.set(contentKey({ kind: "action", position, actionPosition: action.position }), {
        kind: "action",
        title: action.title,
        progress: action.progress,
        item: action,
      });
    }
  }
  return entries;
}

export function entryAt(entries: Entries, content: CellContent): Entry | null {
  return entries.get(contentKey(content)) ?? null;
}

export function actionsOf(mandala: Mandala): Action[] {
  return mandala.subGoals.flatMap((subGoal) => subGoal.actions);
}
