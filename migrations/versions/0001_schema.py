"""The application's tables."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

PEOPLE = """
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    cognito_sub text NOT NULL UNIQUE,
    email text UNIQUE,
    name text,
    locale text NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'ja')),
    created_at timestamptz NOT NULL DEFAULT now(),
    erased_at timestamptz
);
"""

CHART = """
CREATE TABLE goals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '',
    deadline date,
    background text NOT NULL DEFAULT '',
    constraints text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'processing', 'active', 'completed', 'paused', 'failed')),
    progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX goals_of_user ON goals (user_id, created_at DESC, id DESC);

CREATE TABLE sub_goals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    goal_id uuid NOT NULL REFERENCES goals ON DELETE CASCADE,
    position smallint NOT NULL CHECK (position BETWEEN 1 AND 8),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '',
    progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (goal_id, position)
);

CREATE TABLE actions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sub_goal_id uuid NOT NULL REFERENCES sub_goals ON DELETE CASCADE,
    position smallint NOT NULL CHECK (position BETWEEN 1 AND 8),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '',
    kind text NOT NULL CHECK (kind IN ('execution', 'habit')),
    progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (sub_goal_id, position)
);
"""

WORK = """
CREATE TABLE workflow_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    goal_id uuid NOT NULL REFERENCES goals ON DELETE CASCADE,
    execution_arn text UNIQUE,
    status text NOT NULL DEFAULT 'running'
        CHECK (status IN ('running', 'succeeded', 'partially_succeeded', 'failed', 'timed_out', 'cancelled')),
    action_ids uuid[],
    total_actions integer NOT NULL DEFAULT 0 CHECK (total_actions >= 0),
    processed_actions integer NOT NULL DEFAULT 0 CHECK (processed_actions >= 0),
    failed_actions jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(failed_actions) = 'array'),
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    cancelled_by uuid REFERENCES users ON DELETE SET NULL,
    reason text,
    CHECK ((status = 'running') = (finished_at IS NULL))
);
CREATE UNIQUE INDEX one_running_execution_per_goal ON workflow_executions (goal_id) WHERE status = 'running';
CREATE INDEX workflow_executions_of_goal ON workflow_executions (goal_id, started_at DESC, id DESC);
CREATE INDEX workflow_executions_by_start ON workflow_executions (started_at);
CREATE INDEX workflow_executions_cancelled_by ON workflow_executions (cancelled_by);

CREATE TABLE tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    goal_id uuid NOT NULL REFERENCES goals ON DELETE CASCADE,
    action_id uuid NOT NULL REFERENCES actions ON DELETE CASCADE,
    execution_id uuid REFERENCES workflow_executions ON DELETE SET NULL,
    ordinal smallint NOT NULL CHECK (ordinal >= 1),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '',
    estimated_minutes smallint NOT NULL CHECK (estimated_minutes BETWEEN 30 AND 60),
    kind text NOT NULL CHECK (kind IN ('execution', 'habit')),
    status text NOT NULL DEFAULT 'not_started'
        CHECK (status IN ('not_started', 'in_progress', 'completed', 'skipped')),
    due_on date,
    completed_at timestamptz,
    version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (action_id, execution_id, ordinal),
    CHECK ((status = 'completed') = (completed_at IS NOT NULL))
);
CREATE INDEX tasks_of_user ON tasks (user_id, sequence);
CREATE INDEX tasks_of_user_by_status ON tasks (user_id, status, sequence);
CREATE INDEX tasks_of_user_by_due_date ON tasks (user_id, due_on) WHERE due_on IS NOT NULL;
CREATE INDEX tasks_of_goal ON tasks (goal_id, sequence);
CREATE INDEX tasks_of_goal_by_status ON tasks (goal_id, status, sequence);
CREATE INDEX tasks_of_execution ON tasks (execution_id, action_id);

CREATE TABLE reflections (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    goal_id uuid NOT NULL REFERENCES goals ON DELETE CASCADE,
    on_date date NOT NULL,
    summary text NOT NULL DEFAULT '',
    went_well text NOT NULL DEFAULT '',
    regrets text NOT NULL DEFAULT '',
    next_actions text NOT NULL DEFAULT '',
    mood smallint CHECK (mood BETWEEN 1 AND 5),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reflections_of_goal ON reflections (goal_id, on_date DESC, id DESC);

CREATE TABLE proposals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    goal_id uuid NOT NULL REFERENCES goals ON DELETE CASCADE,
    sub_goal_id uuid REFERENCES sub_goals ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('sub_goals', 'actions')),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'processing', 'completed', 'failed')),
    result jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX proposals_of_user ON proposals (user_id, created_at DESC);
CREATE INDEX proposals_of_goal ON proposals (goal_id);
CREATE INDEX proposals_of_sub_goal ON proposals (sub_goal_id);
CREATE INDEX proposals_by_expiry ON proposals (expires_at);
"""

MONITORING = """
CREATE TABLE data_sources (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    owner text NOT NULL,
    repo text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    last_checked_at timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX data_sources_of_user ON data_sources (user_id, lower(owner), lower(repo));

CREATE TABLE activities (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    data_source_id uuid NOT NULL REFERENCES data_sources ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('release', 'issue', 'pull_request')),
    github_id bigint NOT NULL,
    title text NOT NULL,
    body text NOT NULL DEFAULT '',
    url text NOT NULL,
    occurred_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'processing', 'completed', 'failed')),
    title_ja text,
    summary_ja text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (data_source_id, kind, github_id)
);
CREATE INDEX activities_of_source ON activities (data_source_id, occurred_at DESC, id DESC);
"""

BOOKKEEPING = """
CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL,
    request_hash text NOT NULL,
    response jsonb,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

CREATE TABLE audit_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor uuid,
    action text NOT NULL,
    entity text NOT NULL,
    entity_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_events_of_entity ON audit_events (entity, entity_id, at);
CREATE INDEX audit_events_by_time ON audit_events (at);
"""


def upgrade() -> None:
    """Make every table, with its checks and the indexes that the API's queries and the foreign keys need."""
    op.execute(PEOPLE + CHART + WORK + MONITORING + BOOKKEEPING)


def downgrade() -> None:
    """Remove every table, and with them everything that people wrote."""
    op.execute(
        "DROP TABLE audit_events, idempotency_keys, activities, data_sources, proposals, reflections, tasks, "
        "workflow_executions, actions, sub_goals, goals, users"
    )
