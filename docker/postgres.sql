-- Run once, by the first start of the postgres service: the pipeline's data has a database and a role of its own.
\getenv password STEPBOOK_PASSWORD
CREATE ROLE stepbook LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE stepbook OWNER stepbook;
REVOKE ALL ON DATABASE stepbook FROM PUBLIC;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
