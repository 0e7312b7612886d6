"""Give the schedules that exist their first version in the history, and the time since when they are in effect."""

from django.db import migrations

COLUMNS = """
id, organization_id, workflow_id, name, description, input, rules, timezone, start_at, end_at, dst_gap,
dst_overlap, calendars, on_excluded, spread, spread_window, overlap, max_active, catchup, catchup_window,
catchup_max, start_deadline, auto_pause_after, max_executions, on_complete, priority, queue, managed_by,
version, created_by, created_at
"""
TAKE_OVER = f"""
UPDATE schedules_schedule SET effective_from = cursor_at;
INSERT INTO schedules_historicalschedule
    ({COLUMNS}, history_date, history_type, history_user_id, history_change_reason)
SELECT {COLUMNS}, updated_at, '+', created_by, 'as it was before versions were kept' FROM schedules_schedule;
"""


class Migration(migrations.Migration):
    dependencies = [("schedules", "0002_policies_calendars_backfills")]
    operations = [migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop)]
