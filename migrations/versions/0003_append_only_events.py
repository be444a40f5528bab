"""Events and their seals are appended, never edited, whoever asks."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'LG009';
        END $$;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION append_only();
        CREATE TRIGGER no_truncate BEFORE TRUNCATE ON event EXECUTE FUNCTION append_only();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON event_seal FOR EACH ROW EXECUTE FUNCTION append_only();
        CREATE TRIGGER no_truncate BEFORE TRUNCATE ON event_seal EXECUTE FUNCTION append_only();
        """
    )


def downgrade() -> None:
    op.execute(
        """
        DROP TRIGGER no_truncate ON event_seal;
        DROP TRIGGER append_only ON event_seal;
        DROP TRIGGER no_truncate ON event;
        DROP TRIGGER append_only ON event;
        DROP FUNCTION append_only();
        """
    )
