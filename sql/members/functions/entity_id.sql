CREATE OR REPLACE FUNCTION awgp.entity_id(VARIADIC key text[]) RETURNS uuid LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS '$libdir/awgp', 'awgp_entity_id';
COMMENT ON FUNCTION awgp.entity_id(text[]) IS 'The entity_id of a row in the trail. A uuid is returned as it is; for any other key a uuid is computed from the values of its columns.
key: the values of the primary key''s columns as text, in their order. By name: VARIADIC key => ARRAY[''7'']';
GRANT EXECUTE ON FUNCTION awgp.entity_id(text[]) TO awgp_app, awgp_auditor, awgp_admin;
