"""Work of the night, and indexes for deleting what is old: without them each deleted row reads whole tables."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import db.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_decision_risk_id": ("decision", ["risk_id"]),
    "ix_escalation_risk_id": ("escalation", ["risk_id"]),
    "ix_offer_decision_id": ("offer", ["decision_id"]),
    "ix_offer_end": ("offer", ["status", "expires_at"]),
    "ix_outcome_decision_id": ("outcome", ["decision_id"]),
    "ix_follow_up_conversation_id": ("follow_up", ["conversation_id"]),
}


def upgrade() -> None:
    op.create_table(
        "nightly",
        sa.Column("work", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("done_for", db.columns.UTCDateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
        sa.Column("lease_until", db.columns.UTCDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("work"),
    )
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    op.drop_table("nightly")
