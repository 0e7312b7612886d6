"""Storage of the hot tables: room for updates in place, and early vacuum."""

from django.db import migrations

SET = """
ALTER TABLE executions_steprun SET
    (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
ALTER TABLE executions_execution SET
    (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
"""
RESET = """
ALTER TABLE executions_steprun RESET
    (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE executions_execution RESET
    (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
"""


class Migration(migrations.Migration):
    dependencies = [("executions", "0001_initial"), ("organizations", "0002_clock")]
    operations = [migrations.RunSQL(SET, RESET)]
