"""One of everything that a person can have, by the names under which the API takes their ids."""

from __future__ import annotations

from typing import Any

# What an operation takes, where it takes something, so that only the id is wrong.
BODIES: dict[str, dict[str, Any]] = {
    "updateGoal": {"title": "Mine now"},
    "putSubGoal": {"title": "Mine now"},
    "putAction": {"title": "Mine now", "kind": "habit"},
    "updateTask": {"status": "skipped"},
    "cancelExecution": {},
    "createReflection": {"onDate": "2027-01-10"},
    "updateReflection": {"summary": "Mine now"},
    "updateSource": {"enabled": False},
}
EXECUTION = (
    "INSERT INTO workflow_executions (goal_id, status, total_actions, processed_actions, finished_at)"
    " VALUES (%s, 'failed', 1, 1, now()) RETURNING id"
)
TASK = (
    "INSERT INTO tasks (user_id, goal_id, action_id, execution_id, ordinal, title, estimated_minutes, kind)"
    " VALUES (%s, %s, %s, %s, 1, 'Run up the hill', 30, 'execution') RETURNING id"
)
PROPOSAL = (
    "INSERT INTO proposals (user_id, goal_id, kind, expires_at)"
    " VALUES (%s, %s, 'sub_goals', now() + interval '1 day') RETURNING id"
)


def one_of_everything(person: Any, database: Any, title: str = "Run a mountain ultra") -> dict[str, str]:
    """Made by the API where it makes them at once, in the database where a workflow would."""
    goal = person.goal(title)["id"]
    (action,) = person.chart(goal)
    user = person.user_id(database)
    ((execution,),) = database.query(EXECUTION, goal)
    ((task,),) = database.query(TASK, user, goal, action, execution)
    ((proposal,),) = database.query(PROPOSAL, user, goal)
    reflection = person.call("createReflection", {"goalId": goal}, body={"onDate": "2027-01-09"}).json
    source = person.call("createSource", body={"owner": "pulumi", "repo": "pulumi"}).json
    link = person.call("createShareLink", body={"goalId": goal}).json
    return {
        "goalId": goal,
        "actionId": action,
        "taskId": str(task),
        "executionId": str(execution),
        "proposalId": str(proposal),
        "reflectionId": reflection["id"],
        "sourceId": source["id"],
        "token": link["token"],
    }
