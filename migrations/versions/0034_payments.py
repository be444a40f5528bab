"""Payments: orders with the account they go to, batches, bank statements, reversals, recoveries, repayments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('paying_account',
    sa.Column('fund_id', sa.Uuid(), nullable=False),
    sa.Column('bank', sa.String(), nullable=False),
    sa.Column('holder', sa.String(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('number', sa.String(length=34), nullable=False),
    sa.Column('ending', sa.String(length=4), nullable=False),
    sa.Column('columns', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('separator', sa.String(length=1), nullable=False),
    sa.Column('decimal_mark', sa.String(length=1), nullable=False),
    sa.Column('statement_columns', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('given_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("decimal_mark IN ('.', ',')", name=op.f('ck_paying_account_decimal_mark_known')),
    sa.CheckConstraint("separator IN (';', ',')", name=op.f('ck_paying_account_separator_known')),
    sa.CheckConstraint('ending = right(number, 4)', name=op.f('ck_paying_account_ending_of_the_number')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], name=op.f('fk_paying_account_fund_id_fund')),
    sa.ForeignKeyConstraint(['given_by_id'], ['person.id'], name=op.f('fk_paying_account_given_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paying_account')),
    sa.UniqueConstraint('fund_id', 'country', 'number', name=op.f('uq_paying_account_fund_id_country_number'))
    )
    op.create_table('bank_statement',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('filename', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('imported_by_id', sa.Uuid(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('opening_minor', sa.BigInteger(), nullable=False),
    sa.Column('opening_on', sa.Date(), nullable=False),
    sa.Column('closing_minor', sa.BigInteger(), nullable=False),
    sa.Column('closing_on', sa.Date(), nullable=False),
    sa.Column('shape', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('known', sa.BigInteger(), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('difference_minor', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('(checked_at IS NULL) = (difference_minor IS NULL)', name=op.f('ck_bank_statement_checked_with_a_difference')),
    sa.CheckConstraint('opening_on <= closing_on', name=op.f('ck_bank_statement_opens_before_it_closes')),
    sa.ForeignKeyConstraint(['account_id'], ['paying_account.id'], name=op.f('fk_bank_statement_account_id_paying_account')),
    sa.ForeignKeyConstraint(['imported_by_id'], ['person.id'], name=op.f('fk_bank_statement_imported_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_statement')),
    sa.UniqueConstraint('account_id', 'sha256', name=op.f('uq_bank_statement_account_id_sha256'))
    )
    op.create_table('payment_batch',
    sa.Column('fund_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Enum('open', 'sending', 'written', 'abandoned', name='batchstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('execute_on', sa.Date(), nullable=False),
    sa.Column('made_by_id', sa.Uuid(), nullable=False),
    sa.Column('remitted_by_id', sa.Uuid(), nullable=True),
    sa.Column('promise_id', sa.Uuid(), nullable=True),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lines', sa.BigInteger(), nullable=True),
    sa.Column('total_minor', sa.BigInteger(), nullable=True),
    sa.Column('ledger_minor', sa.BigInteger(), nullable=True),
    sa.Column('csv_sha256', sa.String(length=64), nullable=True),
    sa.Column('csv_size', sa.BigInteger(), nullable=True),
    sa.Column('xlsx_sha256', sa.String(length=64), nullable=True),
    sa.Column('xlsx_size', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("state <> 'written' OR (written_at IS NOT NULL AND csv_sha256 IS NOT NULL AND xlsx_sha256 IS NOT NULL AND csv_size IS NOT NULL AND xlsx_size IS NOT NULL AND lines IS NOT NULL AND total_minor IS NOT NULL)", name=op.f('ck_payment_batch_written_has_its_files')),
    sa.CheckConstraint("state NOT IN ('sending', 'written') OR remitted_by_id IS NOT NULL", name=op.f('ck_payment_batch_sent_by_somebody')),
    sa.CheckConstraint('total_minor = ledger_minor', name=op.f('ck_payment_batch_total_is_the_ledgers')),
    sa.ForeignKeyConstraint(['account_id'], ['paying_account.id'], name=op.f('fk_payment_batch_account_id_paying_account')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], name=op.f('fk_payment_batch_fund_id_fund')),
    sa.ForeignKeyConstraint(['made_by_id'], ['person.id'], name=op.f('fk_payment_batch_made_by_id_person')),
    sa.ForeignKeyConstraint(['remitted_by_id'], ['person.id'], name=op.f('fk_payment_batch_remitted_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_batch')),
    sa.UniqueConstraint('fund_id', 'number', name=op.f('uq_payment_batch_fund_id_number'))
    )
    op.create_index('ix_payment_batch_fund', 'payment_batch', ['fund_id', 'state'], unique=False)
    op.create_table('repayment_rule',
    sa.Column('call_id', sa.Uuid(), nullable=False),
    sa.Column('grace_months', sa.BigInteger(), nullable=False),
    sa.Column('repayments', sa.BigInteger(), nullable=False),
    sa.Column('period_months', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('grace_months BETWEEN 0 AND 120', name=op.f('ck_repayment_rule_grace_within_ten_years')),
    sa.CheckConstraint('period_months BETWEEN 1 AND 24', name=op.f('ck_repayment_rule_period_of_months')),
    sa.CheckConstraint('repayments BETWEEN 1 AND 120', name=op.f('ck_repayment_rule_repayments_counted')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_repayment_rule_call_id_call')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_repayment_rule')),
    sa.UniqueConstraint('call_id', name=op.f('uq_repayment_rule_call_id'))
    )
    op.create_table('recovery',
    sa.Column('fund_id', sa.Uuid(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('state', sa.Enum('established', 'notified', 'instalments', 'offset', 'collected', 'written_off', name='recoverystate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('received_minor', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('established_by_id', sa.Uuid(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('notified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('written_off_by_id', sa.Uuid(), nullable=True),
    sa.Column('write_off_reason', sa.String(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(state = 'collected') <= (received_minor = amount_minor)", name=op.f('ck_recovery_collected_is_whole')),
    sa.CheckConstraint("(state = 'established') <= (due_on IS NULL)", name=op.f('ck_recovery_due_once_notified')),
    sa.CheckConstraint("(state = 'written_off') = (write_off_reason IS NOT NULL) AND (write_off_reason IS NULL) = (written_off_by_id IS NULL)", name=op.f('ck_recovery_written_off_with_a_reason')),
    sa.CheckConstraint("state NOT IN ('notified', 'instalments', 'offset', 'collected') OR due_on IS NOT NULL", name=op.f('ck_recovery_notified_with_a_date')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_recovery_amount_positive')),
    sa.CheckConstraint('established_by_id <> written_off_by_id', name=op.f('ck_recovery_four_eyes')),
    sa.CheckConstraint('received_minor BETWEEN 0 AND amount_minor', name=op.f('ck_recovery_received_within_amount')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_recovery_award_id_award')),
    sa.ForeignKeyConstraint(['established_by_id'], ['person.id'], name=op.f('fk_recovery_established_by_id_person')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], name=op.f('fk_recovery_fund_id_fund')),
    sa.ForeignKeyConstraint(['written_off_by_id'], ['person.id'], name=op.f('fk_recovery_written_off_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery')),
    sa.UniqueConstraint('fund_id', 'number', name=op.f('uq_recovery_fund_id_number'))
    )
    op.create_index('ix_recovery_award', 'recovery', ['award_id', 'state'], unique=False)
    op.create_table('recovery_term',
    sa.Column('recovery_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_recovery_term_amount_positive')),
    sa.ForeignKeyConstraint(['recovery_id'], ['recovery.id'], name=op.f('fk_recovery_term_recovery_id_recovery')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_term')),
    sa.UniqueConstraint('recovery_id', 'position', name=op.f('uq_recovery_term_recovery_id_position'))
    )
    op.create_table('repayment',
    sa.Column('fund_id', sa.Uuid(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('received_minor', sa.BigInteger(), nullable=False),
    sa.Column('recovery_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_repayment_amount_positive')),
    sa.CheckConstraint('received_minor BETWEEN 0 AND amount_minor', name=op.f('ck_repayment_received_within_amount')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_repayment_award_id_award')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], name=op.f('fk_repayment_fund_id_fund')),
    sa.ForeignKeyConstraint(['recovery_id'], ['recovery.id'], name=op.f('fk_repayment_recovery_id_recovery')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_repayment')),
    sa.UniqueConstraint('award_id', 'position', name=op.f('uq_repayment_award_id_position'))
    )
    op.create_index('ix_repayment_due', 'repayment', ['fund_id', 'due_on'], unique=False)
    op.create_table('payment_order',
    sa.Column('claim_id', sa.Uuid(), nullable=False),
    sa.Column('fund_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('offset_minor', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('holder', sa.String(), nullable=False),
    sa.Column('bank', sa.String(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('account_number', sa.String(length=34), nullable=False),
    sa.Column('ending', sa.String(length=4), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('position', sa.BigInteger(), nullable=True),
    sa.Column('set_aside', postgresql.JSONB(), nullable=True),
    sa.Column('payments', sa.BigInteger(), nullable=False),
    sa.Column('paid_op', sa.BigInteger(), nullable=True),
    sa.Column('bank_reference', sa.String(), nullable=True),
    sa.Column('value_date', sa.Date(), nullable=True),
    sa.Column('returned_op', sa.BigInteger(), nullable=True),
    sa.Column('returned_on', sa.Date(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.String(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('(batch_id IS NULL) = (position IS NULL)', name=op.f('ck_payment_order_placed_in_its_batch')),
    sa.CheckConstraint('(ended_at IS NULL) = (end_reason IS NULL)', name=op.f('ck_payment_order_ended_with_a_reason')),
    sa.CheckConstraint('(paid_op IS NULL) = (bank_reference IS NULL) AND (paid_op IS NULL) = (value_date IS NULL)', name=op.f('ck_payment_order_paid_as_the_bank_says')),
    sa.CheckConstraint('(returned_op IS NULL) = (returned_on IS NULL)', name=op.f('ck_payment_order_returned_on_a_day')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_payment_order_amount_positive')),
    sa.CheckConstraint('ending = right(account_number, 4)', name=op.f('ck_payment_order_ending_of_the_number')),
    sa.CheckConstraint('offset_minor BETWEEN 0 AND amount_minor', name=op.f('ck_payment_order_offset_within_amount')),
    sa.CheckConstraint('paid_op IS NULL OR payments > 0', name=op.f('ck_payment_order_payments_counted')),
    sa.CheckConstraint('returned_op IS NULL OR ended_at IS NOT NULL', name=op.f('ck_payment_order_returned_is_over')),
    sa.ForeignKeyConstraint(['account_id'], ['bank_account.id'], name=op.f('fk_payment_order_account_id_bank_account')),
    sa.ForeignKeyConstraint(['batch_id'], ['payment_batch.id'], name=op.f('fk_payment_order_batch_id_payment_batch')),
    sa.ForeignKeyConstraint(['claim_id'], ['claim.id'], name=op.f('fk_payment_order_claim_id_claim')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], name=op.f('fk_payment_order_fund_id_fund')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_order')),
    sa.UniqueConstraint('fund_id', 'number', name=op.f('uq_payment_order_fund_id_number'))
    )
    op.create_index('ix_payment_order_batch', 'payment_order', ['batch_id', 'position'], unique=False)
    op.create_index('uq_payment_order_one_alive', 'payment_order', ['claim_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('bank_statement_line',
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('rib', sa.String(length=34), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('used_as', sa.Enum('payment', 'return', 'other', name='use', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('used_by_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(used_as IN ('payment', 'return')) = (order_id IS NOT NULL)", name=op.f('ck_bank_statement_line_use_names_its_order')),
    sa.CheckConstraint('(used_as IS NULL) = (used_by_id IS NULL)', name=op.f('ck_bank_statement_line_used_by_somebody')),
    sa.ForeignKeyConstraint(['account_id'], ['paying_account.id'], name=op.f('fk_bank_statement_line_account_id_paying_account')),
    sa.ForeignKeyConstraint(['order_id'], ['payment_order.id'], name=op.f('fk_bank_statement_line_order_id_payment_order')),
    sa.ForeignKeyConstraint(['statement_id'], ['bank_statement.id'], name=op.f('fk_bank_statement_line_statement_id_bank_statement')),
    sa.ForeignKeyConstraint(['used_by_id'], ['person.id'], name=op.f('fk_bank_statement_line_used_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_statement_line')),
    sa.UniqueConstraint('account_id', 'fingerprint', name=op.f('uq_bank_statement_line_account_id_fingerprint'))
    )
    op.create_index('ix_bank_statement_line_statement', 'bank_statement_line', ['statement_id', 'position'], unique=False)
    op.create_index('ix_bank_statement_line_unused', 'bank_statement_line', ['account_id'], unique=False, postgresql_where=sa.text('used_as IS NULL'))
    op.create_index('uq_bank_statement_line_order', 'bank_statement_line', ['order_id', 'used_as'], unique=True)
    op.create_table('payment_offset',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('recovery_id', sa.Uuid(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_payment_offset_amount_positive')),
    sa.ForeignKeyConstraint(['order_id'], ['payment_order.id'], name=op.f('fk_payment_offset_order_id_payment_order')),
    sa.ForeignKeyConstraint(['recovery_id'], ['recovery.id'], name=op.f('fk_payment_offset_recovery_id_recovery')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_offset')),
    sa.UniqueConstraint('order_id', 'recovery_id', name=op.f('uq_payment_offset_order_id_recovery_id'))
    )
    op.create_index('ix_payment_offset_recovery', 'payment_offset', ['recovery_id'], unique=False)
    op.create_table('payment_reversal',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('asked', 'confirmed', 'refused', name='reversalstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('paid_op', sa.BigInteger(), nullable=False),
    sa.Column('asked_by_id', sa.Uuid(), nullable=False),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.Column('reverse_op', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(state = 'asked') = (decided_by_id IS NULL)", name=op.f('ck_payment_reversal_decided_by_somebody')),
    sa.CheckConstraint("(state = 'confirmed') = (reverse_op IS NOT NULL)", name=op.f('ck_payment_reversal_confirmed_is_posted')),
    sa.CheckConstraint('asked_by_id <> decided_by_id', name=op.f('ck_payment_reversal_four_eyes')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_payment_reversal_asked_by_id_person')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_payment_reversal_decided_by_id_person')),
    sa.ForeignKeyConstraint(['order_id'], ['payment_order.id'], name=op.f('fk_payment_reversal_order_id_payment_order')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_reversal'))
    )
    op.create_index('uq_payment_reversal_one_open', 'payment_reversal', ['order_id'], unique=True, postgresql_where=sa.text("state = 'asked'"))
    op.create_table('receipt',
    sa.Column('fund_id', sa.Uuid(), nullable=False),
    sa.Column('recovery_id', sa.Uuid(), nullable=True),
    sa.Column('repayment_id', sa.Uuid(), nullable=True),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('bank_reference', sa.String(), nullable=False),
    sa.Column('value_date', sa.Date(), nullable=False),
    sa.Column('op', sa.BigInteger(), nullable=True),
    sa.Column('recorded_by_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('(recovery_id IS NULL) <> (repayment_id IS NULL)', name=op.f('ck_receipt_for_one_thing')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_receipt_amount_positive')),
    sa.ForeignKeyConstraint(['fund_id'], ['fund.id'], name=op.f('fk_receipt_fund_id_fund')),
    sa.ForeignKeyConstraint(['order_id'], ['payment_order.id'], name=op.f('fk_receipt_order_id_payment_order')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['person.id'], name=op.f('fk_receipt_recorded_by_id_person')),
    sa.ForeignKeyConstraint(['recovery_id'], ['recovery.id'], name=op.f('fk_receipt_recovery_id_recovery')),
    sa.ForeignKeyConstraint(['repayment_id'], ['repayment.id'], name=op.f('fk_receipt_repayment_id_repayment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt')),
    sa.UniqueConstraint('fund_id', 'bank_reference', name=op.f('uq_receipt_fund_id_bank_reference'))
    )
    op.create_index('ix_receipt_recovery', 'receipt', ['recovery_id'], unique=False)
    op.create_index('ix_receipt_repayment', 'receipt', ['repayment_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_receipt_repayment', table_name='receipt')
    op.drop_index('ix_receipt_recovery', table_name='receipt')
    op.drop_table('receipt')
    op.drop_index('uq_payment_reversal_one_open', table_name='payment_reversal', postgresql_where=sa.text("state = 'asked'"))
    op.drop_table('payment_reversal')
    op.drop_index('ix_payment_offset_recovery', table_name='payment_offset')
    op.drop_table('payment_offset')
    op.drop_index('uq_bank_statement_line_order', table_name='bank_statement_line')
    op.drop_index('ix_bank_statement_line_unused', table_name='bank_statement_line', postgresql_where=sa.text('used_as IS NULL'))
    op.drop_index('ix_bank_statement_line_statement', table_name='bank_statement_line')
    op.drop_table('bank_statement_line')
    op.drop_index('uq_payment_order_one_alive', table_name='payment_order', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index('ix_payment_order_batch', table_name='payment_order')
    op.drop_table('payment_order')
    op.drop_index('ix_repayment_due', table_name='repayment')
    op.drop_table('repayment')
    op.drop_table('recovery_term')
    op.drop_index('ix_recovery_award', table_name='recovery')
    op.drop_table('recovery')
    op.drop_table('repayment_rule')
    op.drop_index('ix_payment_batch_fund', table_name='payment_batch')
    op.drop_table('payment_batch')
    op.drop_table('bank_statement')
    op.drop_table('paying_account')
