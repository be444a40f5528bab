#!/bin/sh
# Runs once, inside PostgreSQL's container, when its data directory is new.
exec psql -v ON_ERROR_STOP=1 -U postgres -v owner_password="$OWNER_PASSWORD" -v app_password="$APP_PASSWORD" -f /roles.sql
