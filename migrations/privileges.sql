-- What the application's role may do, and nothing more. Run by env.py after every migration; safe to repeat.
-- The role's name arrives in the setting grants.application; empty, or the owner itself: there is one role for both.
DO $$
DECLARE
  app text := current_setting('grants.application');
  home text := current_schema();
  found record;
BEGIN
  IF app = '' OR app = current_user THEN RETURN; END IF;

  IF NOT has_schema_privilege(app, home, 'USAGE') THEN EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', home, app); END IF;
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', home, app);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE ON SEQUENCES TO %I', home, app);

  FOR found IN
    SELECT c.relname, c.relkind FROM pg_class c
    WHERE c.relnamespace = home::regnamespace AND c.relkind IN ('r', 'p', 'S') AND pg_has_role(c.relowner, 'USAGE')
  LOOP
    IF found.relkind = 'S' THEN
      EXECUTE format('GRANT USAGE ON SEQUENCE %I.%I TO %I', home, found.relname, app);
      CONTINUE;
    END IF;
    EXECUTE format('REVOKE ALL ON %I.%I FROM %I', home, found.relname, app);
    EXECUTE format('GRANT %s ON %I.%I TO %I', CASE
      WHEN found.relname IN ('event', 'event_seal') THEN 'SELECT, INSERT'  -- appended, never edited
      WHEN found.relname = 'alembic_version' THEN 'SELECT'
      ELSE 'SELECT, INSERT, UPDATE, DELETE' END, home, found.relname, app);
  END LOOP;

  IF to_regnamespace('led') IS NOT NULL THEN
    EXECUTE format('GRANT USAGE ON SCHEMA led TO %I', app);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA led FROM %I', app);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA led TO %I', app);
    -- It may open empty ledgers and empty accounts; the money in them is moved by post(), which runs as the owner.
    EXECUTE format('GRANT INSERT (id, code, currency, zone) ON led.fund TO %I', app);
    EXECUTE format('GRANT INSERT (fund_id, stage, call_id, commission_id, grant_id, tranche_id) ON led.account TO %I', app);
    EXECUTE format('GRANT EXECUTE ON FUNCTION led.post, led.verify, led.digest TO %I', app);
    IF to_regprocedure('led.close_books(uuid, date)') IS NOT NULL THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION led.close_books TO %I', app);
    END IF;
  END IF;
END $$;
