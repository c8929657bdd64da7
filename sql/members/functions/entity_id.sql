CREATE OR REPLACE FUNCTION awgp.entity_id(VARIADIC key text[]) RETURNS uuid LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS '$libdir/awgp', 'awgp_entity_id';
COMMENT ON FUNCTION awgp.entity_id(text[]) IS 'The entity_id under which the trail has the row with a key: a uuid as it is, and for any other key a uuid made of the values of its columns.
key: the values of the primary key''s columns as text, in their order';
GRANT EXECUTE ON FUNCTION awgp.entity_id(text[]) TO awgp_app, awgp_auditor, awgp_admin;
