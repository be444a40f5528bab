"""Documents that partners attach for themselves, and the public aid they declare."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    owed = sa.Enum("lead", "partners", "members", name="owed", native_enum=False, create_constraint=True, length=32)
    op.add_column("required_document", sa.Column("owed_by", owed, nullable=False, server_default="lead"))
    op.alter_column("required_document", "owed_by", server_default=None)

    op.add_column("document", sa.Column("partner_id", sa.Uuid()))
    op.create_foreign_key(op.f("fk_document_partner_id_partner"), "document", "partner", ["partner_id"], ["id"])
    op.create_index("ix_document_partner_id", "document", ["partner_id"])
    op.create_check_constraint(
        op.f("ck_document_partners_attach_what_is_asked"), "document", "partner_id IS NULL OR required_id IS NOT NULL"
    )
    op.drop_constraint(op.f("uq_document_application_id_required_id_question_sha256"), "document", type_="unique")
    op.create_unique_constraint(
        "uq_document_attached_once",
        "document",
        ["application_id", "required_id", "question", "partner_id", "sha256"],
        postgresql_nulls_not_distinct=True,
    )

    op.add_column("partner", sa.Column("aid_elsewhere_minor", sa.BigInteger()))
    op.create_check_constraint(op.f("ck_partner_aid_elsewhere_not_negative"), "partner", "aid_elsewhere_minor >= 0")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_partner_aid_elsewhere_not_negative"), "partner", type_="check")
    op.drop_column("partner", "aid_elsewhere_minor")
    op.execute("DELETE FROM document WHERE partner_id IS NOT NULL")
    op.drop_constraint("uq_document_attached_once", "document", type_="unique")
    op.create_unique_constraint(
        op.f("uq_document_application_id_required_id_question_sha256"),
        "document",
        ["application_id", "required_id", "question", "sha256"],
        postgresql_nulls_not_distinct=True,
    )
    op.drop_constraint(op.f("ck_document_partners_attach_what_is_asked"), "document", type_="check")
    op.drop_index("ix_document_partner_id", table_name="document")
    op.drop_constraint(op.f("fk_document_partner_id_partner"), "document", type_="foreignkey")
    op.drop_column("document", "partner_id")
    op.drop_constraint(op.f("ck_required_document_owed"), "required_document", type_="check")
    op.drop_column("required_document", "owed_by")
