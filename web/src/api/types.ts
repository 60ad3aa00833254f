import type { components } from "./schema";

type Schemas = components["schemas"];

export type Goal = Schemas["Goal"];
export type GoalInput = Schemas["CreateGoal"];
export type GoalStatus = Goal["status"];
export type Mandala = Schemas["Mandala"];
export type SubGoal = Schemas["SubGoalWithActions"];
export type Action = Schemas["Action"];
export type ActionKind = Action["kind"];
export type Execution = Schemas["Execution"];
export type Task = Schemas["Task"];
export type TaskStatus = Task["status"];
export type Problem = Schemas["Problem"];
