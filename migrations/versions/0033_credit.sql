-- Fiscal years close: nothing is posted with a value date in a closed one. Refusal LG010 joins those of 0002_ledger.sql.
ALTER TABLE led.fund ADD COLUMN closed_through date;

-- What is closed stays closed.
CREATE TRIGGER closed_for_good BEFORE UPDATE ON led.fund FOR EACH ROW
  WHEN (OLD.closed_through IS NOT NULL AND (NEW.closed_through IS NULL OR NEW.closed_through < OLD.closed_through))
  EXECUTE FUNCTION led.refuse();

-- The guard behind the check of post(): no operation enters a closed year, whoever writes it.
CREATE FUNCTION led.refuse_closed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = led, pg_temp AS $$
BEGIN
  IF NEW.value_date <= (SELECT closed_through FROM fund WHERE id = NEW.fund_id) THEN
    RAISE EXCEPTION 'the books are closed' USING ERRCODE = 'LG010'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER open_year BEFORE INSERT ON led.op FOR EACH ROW EXECUTE FUNCTION led.refuse_closed();

-- Closes the books through this day; the fund's row stays held until the commit, so that every operation is on one side.
-- Says whether it was news. A day before one already closed is no news either.
CREATE FUNCTION led.close_books(p_fund uuid, p_through date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = led, pg_temp AS $$
BEGIN
  PERFORM FROM fund WHERE id = p_fund FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'unknown fund' USING ERRCODE = 'LG002'; END IF;
  UPDATE fund SET closed_through = p_through WHERE id = p_fund AND coalesce(closed_through < p_through, true);
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION led.refuse_closed, led.close_books FROM PUBLIC;

-- What nobody committed lapses at the close; `recycle` brings it back.
INSERT INTO led.rule VALUES
  ('lapse', 'available', 'lapsed'), ('lapse', 'call', 'lapsed'), ('lapse', 'commission', 'lapsed');

-- As in 0002_ledger.sql, with the closed years.
CREATE OR REPLACE FUNCTION led.post(
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
  IF coalesce(p_value_date, p_today) <= f.closed_through THEN  -- the trigger open_year stands behind this
    RAISE EXCEPTION 'the books are closed through %', f.closed_through USING ERRCODE = 'LG010',
      DETAIL = jsonb_build_object('closed', f.closed_through)::text; END IF;
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
