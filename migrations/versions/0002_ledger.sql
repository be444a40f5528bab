-- The ledger: money moves along a chain of stages, by led.post() alone, and nothing is ever edited.
-- Amounts are BIGINT minor units. PostgreSQL 15 or later. Roles and grants are not made here: see privileges.sql.
--
-- Refusals of post(): LG001 not enough · LG002 unknown fund or account · LG003 key reused with another request ·
-- LG004 malformed lines · LG005 move not allowed · LG006 not a mirror of what it reverses · LG007 document used ·
-- LG008 already reversed · LG009 append-only.
CREATE SCHEMA led;

CREATE TABLE led.fund (
  id uuid PRIMARY KEY,
  code text NOT NULL UNIQUE,
  currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  zone text NOT NULL DEFAULT 'UTC',
  last_no bigint NOT NULL DEFAULT 0,
  head bytea NOT NULL DEFAULT sha256('genesis')
) WITH (fillfactor = 20);

CREATE TABLE led.stage (code text PRIMARY KEY, level smallint NOT NULL);
INSERT INTO led.stage VALUES
  ('source', 0), ('available', 1), ('call', 2), ('commission', 3), ('reserved', 4), ('committed', 5), ('payable', 6),
  ('ordered', 7), ('remitted', 8), ('paid', 9), ('to_repay', 10), ('to_recover', 10), ('repaid', 11),
  ('recovered', 11), ('lapsed', 12);

-- Which movement each kind of operation may make: the lifecycle lives in the database.
CREATE TABLE led.rule (
  kind text NOT NULL,
  from_stage text NOT NULL REFERENCES led.stage,
  to_stage text NOT NULL REFERENCES led.stage,
  PRIMARY KEY (kind, from_stage, to_stage)
);
INSERT INTO led.rule VALUES
  ('endow', 'source', 'available'),
  ('allocate_call', 'available', 'call'), ('deallocate', 'call', 'available'),
  ('allocate_commission', 'call', 'commission'), ('deallocate', 'commission', 'call'),
  ('reserve', 'commission', 'reserved'), ('release', 'reserved', 'commission'),
  ('commit', 'reserved', 'committed'), ('commit', 'commission', 'committed'),
  ('decommit', 'committed', 'commission'), ('decommit', 'committed', 'lapsed'),
  ('liquidate', 'committed', 'payable'), ('unliquidate', 'payable', 'committed'),
  ('order', 'payable', 'ordered'), ('reject_order', 'ordered', 'payable'),
  ('remit', 'ordered', 'remitted'), ('reject_remittance', 'remitted', 'ordered'),  -- before the bank file is written
  ('pay', 'remitted', 'paid'), ('return_payment', 'paid', 'ordered'),              -- when the bank says so
  ('schedule_repayment', 'paid', 'to_repay'), ('repay', 'to_repay', 'repaid'),     -- repayable advances
  ('claim', 'paid', 'to_recover'), ('claim', 'to_repay', 'to_recover'),
  ('waive', 'to_recover', 'paid'), ('recover', 'to_recover', 'recovered'),
  ('recycle', 'recovered', 'available'), ('recycle', 'repaid', 'available'), ('recycle', 'lapsed', 'available');

CREATE TABLE led.account (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fund_id uuid NOT NULL REFERENCES led.fund,
  stage text NOT NULL REFERENCES led.stage,
  call_id uuid,
  commission_id uuid,
  grant_id uuid,
  tranche_id uuid,
  place text NOT NULL GENERATED ALWAYS AS (  -- its address in words: found by it, unique by it, hashed with it
    stage || coalesce('/' || call_id::text, '') || coalesce('/' || commission_id::text, '')
          || coalesce('/' || grant_id::text, '') || coalesce('/' || tranche_id::text, '')) STORED,
  balance bigint NOT NULL DEFAULT 0,
  last_seq bigint,  -- NULL until the first posting
  CONSTRAINT never_negative CHECK (balance >= 0 OR stage = 'source'),
  -- Without this a NULL would match anything and money could cross from one grant to another.
  CONSTRAINT dimensions_of_stage CHECK (
    (call_id IS NOT NULL) = (stage NOT IN ('source', 'available', 'lapsed')) AND
    (commission_id IS NOT NULL) = (stage NOT IN ('source', 'available', 'lapsed', 'call')) AND
    (grant_id IS NOT NULL) = (stage NOT IN ('source', 'available', 'lapsed', 'call', 'commission')) AND
    (tranche_id IS NOT NULL) =
      (stage NOT IN ('source', 'available', 'lapsed', 'call', 'commission', 'reserved', 'committed'))),
  CONSTRAINT empty_is_zero CHECK (last_seq IS NOT NULL OR balance = 0),
  CONSTRAINT one_account_per_place UNIQUE (fund_id, place)
) WITH (fillfactor = 50);
CREATE INDEX account_of_grant ON led.account (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX account_of_call ON led.account (call_id, commission_id) WHERE call_id IS NOT NULL;

CREATE TABLE led.op (
  fund_id uuid NOT NULL REFERENCES led.fund,
  no bigint NOT NULL,
  id uuid NOT NULL,
  req_hash bytea NOT NULL,
  kind text NOT NULL,
  doc text,
  reverses bigint,
  actor_id uuid,  -- NULL: the clock
  reason text,
  value_date date NOT NULL,
  created_at timestamptz NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (fund_id, no),
  CONSTRAINT key_once UNIQUE (fund_id, id),
  CONSTRAINT reversed_once UNIQUE (fund_id, reverses),
  CONSTRAINT reverse_names_its_operation CHECK ((kind = 'reverse') = (reverses IS NOT NULL)),
  FOREIGN KEY (fund_id, reverses) REFERENCES led.op (fund_id, no)
);
CREATE UNIQUE INDEX document_once ON led.op (fund_id, kind, doc) WHERE doc IS NOT NULL;

CREATE TABLE led.transfer (
  fund_id uuid NOT NULL,
  op_no bigint NOT NULL,
  line smallint NOT NULL,
  from_id bigint NOT NULL REFERENCES led.account,
  to_id bigint NOT NULL REFERENCES led.account,
  amount bigint NOT NULL CHECK (amount > 0),
  CHECK (from_id <> to_id),
  PRIMARY KEY (fund_id, op_no, line),
  FOREIGN KEY (fund_id, op_no) REFERENCES led.op DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE led.posting (
  account_id bigint NOT NULL REFERENCES led.account,
  seq bigint NOT NULL,
  fund_id uuid NOT NULL,
  op_no bigint NOT NULL,
  line smallint NOT NULL,
  amount bigint NOT NULL CHECK (amount <> 0),
  prev_seq bigint,
  balance_before bigint NOT NULL,
  balance_after bigint NOT NULL,
  PRIMARY KEY (account_id, seq) INCLUDE (amount),
  UNIQUE (account_id, seq, balance_after),
  CHECK (balance_after = balance_before + amount),
  CHECK ((prev_seq IS NULL AND seq = 1 AND balance_before = 0) OR (prev_seq IS NOT NULL AND prev_seq = seq - 1)),
  FOREIGN KEY (fund_id, op_no, line) REFERENCES led.transfer DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT starts_where_previous_ended FOREIGN KEY (account_id, prev_seq, balance_before)
    REFERENCES led.posting (account_id, seq, balance_after)
);
CREATE INDEX posting_of_transfer ON led.posting (fund_id, op_no, line);

-- The cached balance is the last posting, declaratively.
ALTER TABLE led.account ADD CONSTRAINT balance_is_last_posting FOREIGN KEY (id, last_seq, balance)
  REFERENCES led.posting (account_id, seq, balance_after) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION led.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'LG009';
END $$;
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['op', 'transfer', 'posting'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON led.%I '
                   'FOR EACH ROW EXECUTE FUNCTION led.refuse()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['fund', 'account', 'op', 'transfer', 'posting'] LOOP
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON led.%I EXECUTE FUNCTION led.refuse()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['fund', 'account'] LOOP
    EXECUTE format('CREATE TRIGGER no_delete BEFORE DELETE ON led.%I FOR EACH ROW EXECUTE FUNCTION led.refuse()', t);
  END LOOP;
END $$;
CREATE TRIGGER same_place BEFORE UPDATE ON led.account FOR EACH ROW
  WHEN ((OLD.id, OLD.fund_id, OLD.stage, OLD.call_id, OLD.commission_id, OLD.grant_id, OLD.tranche_id)
    IS DISTINCT FROM (NEW.id, NEW.fund_id, NEW.stage, NEW.call_id, NEW.commission_id, NEW.grant_id, NEW.tranche_id))
  EXECUTE FUNCTION led.refuse();
CREATE TRIGGER same_fund BEFORE UPDATE ON led.fund FOR EACH ROW
  WHEN ((OLD.id, OLD.currency) IS DISTINCT FROM (NEW.id, NEW.currency)) EXECUTE FUNCTION led.refuse();

-- The operation's link in the chain: everything that was decided, then every line with the balances it left.
CREATE FUNCTION led.digest(o led.op, currency text, body text) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(o.prev_hash || convert_to(jsonb_build_array(o.fund_id, currency, o.no, o.id, encode(o.req_hash, 'hex'),
    o.kind, o.doc, o.reverses, o.actor_id, o.reason, o.value_date, extract(epoch FROM o.created_at))::text || body, 'UTF8'))
$$;

CREATE TYPE led.move AS (from_id bigint, to_id bigint, amount bigint);

-- The only way money moves. `p_today` dates an operation that brings no value date of its own; it is not part of the
-- request, so that a retry after midnight is still the same request.
CREATE FUNCTION led.post(
  p_fund uuid, p_id uuid, p_kind text, p_lines led.move[], p_actor uuid, p_today date, p_value_date date DEFAULT NULL,
  p_doc text DEFAULT NULL, p_reason text DEFAULT NULL, p_reverses bigint DEFAULT NULL
) RETURNS TABLE (no bigint, replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = led, pg_temp AS $$
DECLARE
  f led.fund; a led.account; b led.account; l led.move; o led.op; old led.op;
  i int := 0; request bytea; body text := '';
BEGIN
  request := sha256(convert_to(
    jsonb_build_array(p_kind, to_jsonb(p_lines), p_value_date, p_doc, p_reason, p_reverses)::text, 'UTF8'));
  -- One writer per fund: total order, numbers without gaps. NO KEY: opening an account only needs the key.
  SELECT * INTO f FROM fund WHERE id = p_fund FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'unknown fund' USING ERRCODE = 'LG002'; END IF;
  SELECT * INTO old FROM op WHERE op.fund_id = p_fund AND op.id = p_id;
  IF FOUND THEN
    IF old.req_hash <> request THEN
      RAISE EXCEPTION 'key already used by operation %', old.no USING ERRCODE = 'LG003'; END IF;
    RETURN QUERY SELECT old.no, true; RETURN;
  END IF;
  IF coalesce(array_length(p_lines, 1), 0) = 0 THEN RAISE EXCEPTION 'no lines' USING ERRCODE = 'LG004'; END IF;
  SELECT * INTO old FROM op WHERE op.fund_id = p_fund AND op.kind = p_kind AND op.doc = p_doc;
  IF FOUND THEN
    RAISE EXCEPTION 'document % already used by operation %', p_doc, old.no USING ERRCODE = 'LG007'; END IF;
  IF (p_kind = 'reverse') <> (p_reverses IS NOT NULL) THEN
    RAISE EXCEPTION 'a reversal names its operation, and nothing else does' USING ERRCODE = 'LG006'; END IF;
  IF p_reverses IS NOT NULL THEN
    SELECT * INTO old FROM op WHERE op.fund_id = p_fund AND op.reverses = p_reverses;
    IF FOUND THEN
      RAISE EXCEPTION 'operation % is already reversed by %', p_reverses, old.no USING ERRCODE = 'LG008'; END IF;
    IF NOT EXISTS (SELECT 1 FROM op WHERE op.fund_id = p_fund AND op.no = p_reverses AND op.kind <> 'reverse')
       OR EXISTS (
        (SELECT t.to_id, t.from_id, t.amount FROM transfer t WHERE t.fund_id = p_fund AND t.op_no = p_reverses
         EXCEPT ALL SELECT x.from_id, x.to_id, x.amount FROM unnest(p_lines) x)
        UNION ALL
        (SELECT x.from_id, x.to_id, x.amount FROM unnest(p_lines) x
         EXCEPT ALL
         SELECT t.to_id, t.from_id, t.amount FROM transfer t WHERE t.fund_id = p_fund AND t.op_no = p_reverses)) THEN
      RAISE EXCEPTION 'not the mirror of operation %', p_reverses USING ERRCODE = 'LG006'; END IF;
  END IF;
  f.last_no := f.last_no + 1;
  FOREACH l IN ARRAY p_lines LOOP
    i := i + 1;
    IF l.amount IS NULL OR l.amount <= 0 OR l.from_id = l.to_id THEN
      RAISE EXCEPTION 'line % moves nothing', i USING ERRCODE = 'LG004'; END IF;
    SELECT * INTO a FROM account WHERE id = l.from_id AND fund_id = p_fund;
    SELECT * INTO b FROM account WHERE id = l.to_id AND fund_id = p_fund;
    IF a.id IS NULL OR b.id IS NULL THEN RAISE EXCEPTION 'account not of this fund' USING ERRCODE = 'LG002'; END IF;
    IF (p_reverses IS NULL
        AND NOT EXISTS (SELECT 1 FROM rule r WHERE (r.kind, r.from_stage, r.to_stage) = (p_kind, a.stage, b.stage)))
       OR a.tranche_id <> b.tranche_id OR a.grant_id <> b.grant_id
       OR a.commission_id <> b.commission_id OR a.call_id <> b.call_id THEN
      RAISE EXCEPTION '% may not move % to %', p_kind, a.place, b.place USING ERRCODE = 'LG005',
        DETAIL = jsonb_build_object('kind', p_kind, 'from', a.stage, 'to', b.stage)::text; END IF;
    IF a.stage <> 'source' AND a.balance < l.amount THEN  -- never_negative stands behind this
      RAISE EXCEPTION 'account % holds %, asked %', a.place, a.balance, l.amount USING ERRCODE = 'LG001',
        DETAIL = jsonb_build_object('stage', a.stage, 'balance', a.balance, 'asked', l.amount, 'line', i)::text; END IF;
    INSERT INTO transfer VALUES (p_fund, f.last_no, i, l.from_id, l.to_id, l.amount);
    INSERT INTO posting VALUES
      (a.id, coalesce(a.last_seq, 0) + 1, p_fund, f.last_no, i, -l.amount, a.last_seq, a.balance, a.balance - l.amount),
      (b.id, coalesce(b.last_seq, 0) + 1, p_fund, f.last_no, i, l.amount, b.last_seq, b.balance, b.balance + l.amount);
    UPDATE account SET balance = balance - l.amount, last_seq = coalesce(last_seq, 0) + 1 WHERE id = a.id;
    UPDATE account SET balance = balance + l.amount, last_seq = coalesce(last_seq, 0) + 1 WHERE id = b.id;
    body := body || format('|%s>%s:%s=%s,%s', a.place, b.place, l.amount, a.balance - l.amount, b.balance + l.amount);
  END LOOP;
  o := ROW(p_fund, f.last_no, p_id, request, p_kind, p_doc, p_reverses, p_actor, p_reason,
           coalesce(p_value_date, p_today), clock_timestamp(), f.head, NULL)::led.op;
  o.hash := digest(o, f.currency, body);
  INSERT INTO op SELECT o.*;
  UPDATE fund SET last_no = o.no, head = o.hash WHERE id = p_fund;
  RETURN QUERY SELECT o.no, false;
END $$;

-- Recompute everything from the lines: how many operations were proved, and the first thing that does not hold.
-- STABLE: every query in it sees the caller's one snapshot, so writers may go on meanwhile.
CREATE FUNCTION led.verify(p_fund uuid) RETURNS TABLE (proved bigint, problem text, ref text)
LANGUAGE plpgsql STABLE SET search_path = led, pg_temp
SET enable_nestloop = off SET jit = off SET work_mem = '64MB' AS $$  -- everything is read once, whatever the statistics
DECLARE f led.fund; last_hash bytea; before_it bigint;
BEGIN
  SELECT * INTO f FROM fund WHERE id = p_fund;
  IF NOT FOUND THEN RETURN QUERY SELECT 0::bigint, 'unknown fund', p_fund::text; RETURN; END IF;
  SELECT count(*), (array_agg(op.hash ORDER BY op.no DESC))[1] INTO proved, last_hash FROM op WHERE op.fund_id = p_fund
    GROUP BY op.fund_id;
  proved := coalesce(proved, 0);

  WITH lines AS (
    SELECT t.op_no, string_agg(format('|%s>%s:%s=%s,%s', a.place, b.place, t.amount, p.balance_after, q.balance_after),
                               '' ORDER BY t.line) AS body
    FROM transfer t
    JOIN account a ON a.id = t.from_id
    JOIN account b ON b.id = t.to_id
    JOIN posting p ON (p.fund_id, p.op_no, p.line, p.account_id, p.amount) = (t.fund_id, t.op_no, t.line, t.from_id, -t.amount)
    JOIN posting q ON (q.fund_id, q.op_no, q.line, q.account_id, q.amount) = (t.fund_id, t.op_no, t.line, t.to_id, t.amount)
    WHERE t.fund_id = p_fund GROUP BY t.op_no
  ), chain AS (
    SELECT o, o.no AS number, lines.body, row_number() OVER numbered AS position,
           lag(o.hash, 1, sha256('genesis')) OVER numbered AS before
    FROM op o LEFT JOIN lines ON lines.op_no = o.no WHERE o.fund_id = p_fund WINDOW numbered AS (ORDER BY o.no)
  ), judged AS (
    SELECT number, position, CASE
      WHEN number <> position THEN 'numbering'
      WHEN (o).prev_hash <> before THEN 'chain'
      WHEN body IS NULL OR (o).hash <> digest(o, f.currency, body) THEN 'content' END AS wrong
    FROM chain
  )
  SELECT j.wrong, j.number::text, j.position - 1 INTO problem, ref, before_it FROM judged j WHERE j.wrong IS NOT NULL ORDER BY j.number LIMIT 1;
  IF FOUND THEN proved := before_it; RETURN NEXT; RETURN; END IF;

  IF (f.last_no, f.head) <> (proved, coalesce(last_hash, sha256('genesis'))) THEN
    problem := 'head'; ref := f.last_no::text; RETURN NEXT; RETURN; END IF;

  SELECT 'balance', a.place INTO problem, ref FROM account a
    LEFT JOIN (SELECT p.account_id, sum(p.amount) AS total, count(*) AS n, max(p.seq) AS top, min(p.balance_after) AS low
               FROM posting p WHERE p.fund_id = p_fund GROUP BY 1) s ON s.account_id = a.id
    WHERE a.fund_id = p_fund AND (a.balance <> coalesce(s.total, 0) OR coalesce(a.last_seq, 0) <> coalesce(s.n, 0)
      OR coalesce(s.top, 0) <> coalesce(s.n, 0) OR (a.stage <> 'source' AND s.low < 0))
    ORDER BY a.id LIMIT 1;
  IF FOUND THEN RETURN NEXT; RETURN; END IF;

  SELECT 'rule', t.op_no::text INTO problem, ref FROM transfer t
    JOIN op o ON o.fund_id = t.fund_id AND o.no = t.op_no AND o.reverses IS NULL
    JOIN account a ON a.id = t.from_id JOIN account b ON b.id = t.to_id
    LEFT JOIN rule r ON (r.kind, r.from_stage, r.to_stage) = (o.kind, a.stage, b.stage)
    WHERE t.fund_id = p_fund AND (r.kind IS NULL OR a.fund_id <> p_fund OR b.fund_id <> p_fund)
    ORDER BY t.op_no LIMIT 1;
  IF FOUND THEN RETURN NEXT; RETURN; END IF;

  SELECT 'postings', p.op_no::text INTO problem, ref FROM posting p
    LEFT JOIN transfer t ON (t.fund_id, t.op_no, t.line) = (p.fund_id, p.op_no, p.line)
      AND p.account_id IN (t.from_id, t.to_id)
    WHERE p.fund_id = p_fund AND t.op_no IS NULL ORDER BY p.op_no LIMIT 1;
  IF FOUND THEN RETURN NEXT; RETURN; END IF;

  SELECT 'zero', sum(a.balance)::text INTO problem, ref FROM account a WHERE a.fund_id = p_fund HAVING sum(a.balance) <> 0;
  IF NOT FOUND THEN problem := NULL; ref := NULL; END IF;
  RETURN NEXT;
END $$;

REVOKE ALL ON SCHEMA led FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA led FROM PUBLIC;
