"""The ledger's tables as Python reads them. Made by migrations/versions/0002_ledger.sql,
and 0033_credit.sql for the years that close."""

from sqlalchemy import BigInteger, Column, Date, LargeBinary, MetaData, SmallInteger, String, Table, Text, Uuid

from grants.core.types import UTCDateTime

metadata = MetaData(schema="led")  # its own: the models' migrations never compare it

fund = Table(
    "fund",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text),
    Column("currency", String(3)),
    Column("zone", Text),
    Column("last_no", BigInteger),
    Column("head", LargeBinary),
    Column("closed_through", Date),
)
account = Table(
    "account",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("fund_id", Uuid),
    Column("stage", Text),
    Column("call_id", Uuid),
    Column("commission_id", Uuid),
    Column("grant_id", Uuid),
    Column("tranche_id", Uuid),
    Column("place", Text),
    Column("balance", BigInteger),
    Column("last_seq", BigInteger),
)
op = Table(
    "op",
    metadata,
    Column("fund_id", Uuid, primary_key=True),
    Column("no", BigInteger, primary_key=True),
    Column("id", Uuid),
    Column("kind", Text),
    Column("doc", Text),
    Column("reverses", BigInteger),
    Column("actor_id", Uuid),
    Column("reason", Text),
    Column("value_date", Date),
    Column("created_at", UTCDateTime),
    Column("prev_hash", LargeBinary),
    Column("hash", LargeBinary),
)
transfer = Table(
    "transfer",
    metadata,
    Column("fund_id", Uuid, primary_key=True),
    Column("op_no", BigInteger, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("from_id", BigInteger),
    Column("to_id", BigInteger),
    Column("amount", BigInteger),
)
posting = Table(
    "posting",
    metadata,
    Column("account_id", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("fund_id", Uuid),
    Column("op_no", BigInteger),
    Column("line", SmallInteger),
    Column("amount", BigInteger),
    Column("balance_after", BigInteger),
)
