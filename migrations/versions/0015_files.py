"""What the virus scanner said of each file, the documents a call asks for, files sent piece by piece."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NAMING = ("document", "kept_document", "bank_account", "claim", "award_import", "clarification_file")


def upgrade() -> None:
    op.create_table(
        "file_scan",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("waiting", "clean", "infected", name="verdict", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("threat", sa.String()),
        sa.Column("scanned_at", sa.DateTime(timezone=True)),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(verdict = 'infected') = (threat IS NOT NULL)", name=op.f("ck_file_scan_infected_by_something")
        ),
        sa.CheckConstraint(
            "(verdict = 'waiting') = (scanned_at IS NULL)", name=op.f("ck_file_scan_scanned_at_some_time")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_file_scan")),
    )
    op.create_index("ix_file_scan_waiting", "file_scan", ["next_at"], postgresql_where=sa.text("verdict = 'waiting'"))
    for table in NAMING:  # what was kept before waits for its scan
        op.execute(
            f"INSERT INTO file_scan (sha256, verdict, next_at) SELECT DISTINCT sha256, 'waiting', now() FROM {table}"
            " WHERE sha256 IS NOT NULL ON CONFLICT DO NOTHING"
        )

    op.create_table(
        "required_document",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("guidance", postgresql.JSONB(), nullable=False),
        sa.Column("mandatory", sa.Boolean(), nullable=False),
        sa.Column("kinds", postgresql.JSONB(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("valid_months", sa.BigInteger()),
        sa.Column("filename", sa.String()),
        sa.Column("media_type", sa.String()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.String(64)),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("most BETWEEN 1 AND 10", name=op.f("ck_required_document_most_plausible")),
        sa.CheckConstraint("valid_months BETWEEN 1 AND 120", name=op.f("ck_required_document_validity_plausible")),
        sa.CheckConstraint("jsonb_array_length(kinds) > 0", name=op.f("ck_required_document_of_some_kind")),
        sa.CheckConstraint(
            "(sha256 IS NULL) = (filename IS NULL) AND (sha256 IS NULL) = (media_type IS NULL)"
            " AND (sha256 IS NULL) = (size IS NULL)",
            name=op.f("ck_required_document_template_whole"),
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_required_document_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_required_document")),
        sa.UniqueConstraint(
            "call_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_required_document_call_id_position"),
        ),
    )

    op.create_table(
        "upload",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("received BETWEEN 0 AND size", name=op.f("ck_upload_received_of_the_whole")),
        sa.CheckConstraint("size > 0", name=op.f("ck_upload_not_empty")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_upload_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_upload_person_id_key")),
    )
    op.create_index("ix_upload_created_at", "upload", ["created_at"])

    op.add_column("document", sa.Column("required_id", sa.Uuid()))
    op.add_column("document", sa.Column("expires_on", sa.Date()))
    op.create_foreign_key(
        op.f("fk_document_required_id_required_document"), "document", "required_document", ["required_id"], ["id"]
    )
    op.drop_constraint(op.f("uq_document_application_id_sha256"), "document", type_="unique")
    op.create_unique_constraint(
        op.f("uq_document_application_id_required_id_sha256"),
        "document",
        ["application_id", "required_id", "sha256"],
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    op.drop_constraint(op.f("uq_document_application_id_required_id_sha256"), "document", type_="unique")
    op.create_unique_constraint(op.f("uq_document_application_id_sha256"), "document", ["application_id", "sha256"])
    op.drop_constraint(op.f("fk_document_required_id_required_document"), "document", type_="foreignkey")
    op.drop_column("document", "expires_on")
    op.drop_column("document", "required_id")
    op.drop_table("upload")
    op.drop_table("required_document")
    op.drop_index("ix_file_scan_waiting", table_name="file_scan")
    op.drop_table("file_scan")
