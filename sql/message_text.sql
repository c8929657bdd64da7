-- What a message says, for searching it: content itself, or the text of its parts.

CREATE FUNCTION awgp.message_text(message jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE jsonb_typeof(message -> 'content')
            WHEN 'string' THEN message ->> 'content'
            WHEN 'array' THEN (SELECT string_agg(part ->> 'text', E'\n' ORDER BY place)
                               FROM jsonb_array_elements(message -> 'content') WITH ORDINALITY AS parts (part, place))
        END;
    $$;
COMMENT ON FUNCTION awgp.message_text(jsonb) IS 'What a message says: its content, or the text of its content''s parts, a line each. message: an element of conversation_logs.messages.';
