-- The two roles and the database, once, as a superuser of PostgreSQL 15 or later:
--   psql -v owner_password=… -v app_password=… -f config/deploy/roles.sql
-- grants_owner owns the tables and runs the migrations; grants_app is all that the running product needs.
CREATE ROLE grants_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE grants_app LOGIN PASSWORD :'app_password';
CREATE DATABASE grants OWNER grants_owner TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
REVOKE ALL ON DATABASE grants FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE grants TO grants_app;
