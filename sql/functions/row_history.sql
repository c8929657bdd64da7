CREATE OR REPLACE FUNCTION awgp.row_history(
    entity text,
    VARIADIC key text[]
) RETURNS SETOF awgp.audit_logs
LANGUAGE sql STABLE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT shown.*
    FROM awgp.audit_logs AS event
    CROSS JOIN LATERAL jsonb_populate_record(event, CASE WHEN event.metadata ? 'erasable' THEN jsonb_build_object(
        'before_state', awgp.erasable_opened(event.tenant_id, 'before_state', event.before_state, event.metadata),
        'after_state', awgp.erasable_opened(event.tenant_id, 'after_state', event.after_state, event.metadata),
        'metadata', awgp.erasable_opened(event.tenant_id, 'metadata', event.metadata, event.metadata))
        ELSE '{}' END) AS shown
    WHERE event.entity_type = ANY (awgp.entity_names(row_history.entity))
      AND event.entity_id = awgp.entity_id(VARIADIC row_history.key)
    ORDER BY event."timestamp", event.id;
$$;
COMMENT ON FUNCTION awgp.row_history(text, text[]) IS 'What the trail has of one row, the oldest first, as far as the caller may read, with erasable values in place of their commitments.
entity: the table with its schema, such as shop.orders, or a kind of thing, such as work_items. Rows under earlier names of a tracked table are found too
key: the values of the primary key''s columns as text, in their order; for a table with a uuid column id, that uuid. By name: VARIADIC key => ARRAY[''7'']';
REVOKE ALL ON FUNCTION awgp.row_history(text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.row_history(text, text[]) TO awgp_app, awgp_auditor;
