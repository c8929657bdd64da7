-- The index is asked by conversation_hits(), past row-level security and for the visible tenants
-- alone; the rows are read here, under it.
CREATE OR REPLACE FUNCTION awgp.search_conversations(
    query text,
    assistant_id uuid DEFAULT NULL,
    max_rows bigint DEFAULT 50
) RETURNS SETOF awgp.conversation_logs
LANGUAGE sql STABLE SECURITY INVOKER ROWS 50
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.*
    FROM awgp.conversation_hits(search_conversations.query, search_conversations.assistant_id,
                                search_conversations.max_rows) WITH ORDINALITY AS hit (id, place)
    JOIN awgp.conversation_logs AS log ON log.id = hit.id
    ORDER BY hit.place;
$$;
COMMENT ON FUNCTION awgp.search_conversations(text, uuid, bigint) IS 'The conversations visible to the caller that have a message with these words, with all their messages, the newest first. For lists use find_conversations().
query: as for a web search, 1 to 1000 bytes: all words in one message, in any order and case; quotes for words in a row; or between alternatives; - before what must not be there. A query without a word is refused
assistant_id: only of this assistant; NULL: all
max_rows: 1 to 1000; NULL is refused
Errors: 42501 no_tenant_context; 22023 out_of_range';
REVOKE ALL ON FUNCTION awgp.search_conversations(text, uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.search_conversations(text, uuid, bigint) TO awgp_app;
