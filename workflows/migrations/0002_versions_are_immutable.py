"""A version never changes after its insert, whoever writes."""

from django.db import migrations

CREATE = """
CREATE FUNCTION workflow_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'workflow version % is immutable', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workflow_version_is_immutable BEFORE UPDATE ON workflows_workflowversion
FOR EACH ROW EXECUTE FUNCTION workflow_version_is_immutable();
"""
DROP = """
DROP TRIGGER workflow_version_is_immutable ON workflows_workflowversion;
DROP FUNCTION workflow_version_is_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
