"""The database's clock as a function, so that tests can shift it.

STABLE and inlined, so that an index can serve `available_at <= horarium_now()`.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION horarium_now() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS 'SELECT statement_timestamp()';
"""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION horarium_now();")]
