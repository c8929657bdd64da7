CREATE OR REPLACE FUNCTION awgp.erasable_opened(
    tenant_id uuid,
    place text,
    state jsonb,
    metadata jsonb
) RETURNS jsonb
LANGUAGE sql STABLE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT erasable_opened.state || COALESCE(
        jsonb_object_agg(named.member, CASE
            WHEN held.value IS NOT NULL THEN held.value
            ELSE jsonb_build_object('erased', jsonb_build_object('at', held.erased_at, 'event', held.erasure_id)) END)
            FILTER (WHERE held.commitment IS NOT NULL),
        '{}')
    FROM (SELECT DISTINCT substr(name, length(erasable_opened.place) + 2) AS member
          FROM jsonb_array_elements_text(CASE
              WHEN jsonb_typeof(erasable_opened.metadata -> 'erasable') = 'array'
                   AND jsonb_typeof(erasable_opened.state) = 'object'
              THEN erasable_opened.metadata -> 'erasable' ELSE '[]' END) AS name
          WHERE starts_with(name, erasable_opened.place || '.')) AS named
    LEFT JOIN awgp.audit_erasable_values AS held
           ON held.tenant_id = erasable_opened.tenant_id
          AND held.commitment = erasable_opened.state #>> ARRAY[named.member, 'erasable', 'hmac'];
$$;
COMMENT ON FUNCTION awgp.erasable_opened(uuid, text, jsonb, jsonb) IS 'A state of an event with its erasable values in place of the commitments, as far as the caller may read them. In place of a value that was erased stands {"erased": {"at": …, "event": …}}.
tenant_id: the tenant of the event
place: before_state, after_state or metadata
state: that part of the event
metadata: the metadata of the event, which names its erasable values';
REVOKE ALL ON FUNCTION awgp.erasable_opened(uuid, text, jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.erasable_opened(uuid, text, jsonb, jsonb) TO awgp_app, awgp_auditor;
