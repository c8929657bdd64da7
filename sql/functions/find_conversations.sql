CREATE OR REPLACE FUNCTION awgp.find_conversations(
    query text,
    assistant_id uuid DEFAULT NULL,
    max_rows bigint DEFAULT 50
) RETURNS SETOF awgp.conversation_list
LANGUAGE sql STABLE SECURITY INVOKER ROWS 50
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT listed.*
    FROM awgp.search_conversations(find_conversations.query, find_conversations.assistant_id,
                                   find_conversations.max_rows) WITH ORDINALITY AS found
    JOIN awgp.conversation_list AS listed ON listed.id = found.id
    ORDER BY found.ordinality;
$$;
COMMENT ON FUNCTION awgp.find_conversations(text, uuid, bigint) IS 'The conversations that search_conversations() finds, in the same order, as rows of conversation_list: without their messages, and with the slug of the assistant.
query: as for search_conversations()
assistant_id: only of this assistant; NULL: all
max_rows: 1 to 1000; NULL is refused
Errors: 42501 no_tenant_context; 22023 out_of_range';
REVOKE ALL ON FUNCTION awgp.find_conversations(text, uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.find_conversations(text, uuid, bigint) TO awgp_app;
