"""What repository monitoring, the daily limit of the model and the retention of the audit trail need."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

UP = """
ALTER TABLE users ADD COLUMN last_seen_at timestamptz;
CREATE INDEX users_by_last_seen ON users (last_seen_at);

ALTER TABLE data_sources ADD COLUMN etags jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(etags) = 'object');
CREATE INDEX data_sources_by_check ON data_sources (last_checked_at NULLS FIRST, id) WHERE enabled;
CREATE INDEX activities_pending ON activities (data_source_id, id) WHERE state = 'pending';
CREATE INDEX activities_by_creation ON activities (created_at);
CREATE INDEX workflow_executions_by_end ON workflow_executions (finished_at);

CREATE TABLE model_calls (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    on_date date NOT NULL,
    calls integer NOT NULL CHECK (calls >= 0),
    PRIMARY KEY (user_id, on_date)
);
CREATE INDEX model_calls_by_date ON model_calls (on_date);

-- The application may not delete from the audit trail; what is older than a year it may, by this function alone.
CREATE FUNCTION forget_audit_events(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE removed bigint;
BEGIN
    IF before > now() - interval '365 days' THEN
        RAISE EXCEPTION 'audit events are kept for 365 days, and % is later than that', before;
    END IF;
    DELETE FROM public.audit_events WHERE at < before;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;
"""

DOWN = """
DROP FUNCTION forget_audit_events(timestamptz);
DROP TABLE model_calls;
DROP INDEX workflow_executions_by_end;
DROP INDEX activities_by_creation;
DROP INDEX activities_pending;
DROP INDEX data_sources_by_check;
ALTER TABLE data_sources DROP COLUMN etags;
DROP INDEX users_by_last_seen;
ALTER TABLE users DROP COLUMN last_seen_at;
"""


def upgrade() -> None:
    """Add the columns, the table and the function."""
    op.execute(UP)


def downgrade() -> None:
    """Remove them; what was counted and remembered for conditional requests is lost."""
    op.execute(DOWN)
