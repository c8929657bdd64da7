CREATE OR REPLACE FUNCTION awgp.import_settings(
    settings jsonb
) RETURNS jsonb
LANGUAGE sql IMMUTABLE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN import_settings.settings IS NULL THEN '{}'
        WHEN jsonb_typeof(import_settings.settings) <> 'object' THEN import_settings.settings
        ELSE (
            SELECT COALESCE(jsonb_object_agg(own.key, own.value) FILTER (WHERE awgp.import_knows_setting(own.key)), '{}')
                   || CASE WHEN bool_and(awgp.import_knows_setting(own.key)) IS NOT FALSE THEN '{}'
                      ELSE jsonb_build_object('application', CASE jsonb_typeof(import_settings.settings -> 'application')
                               WHEN 'object' THEN import_settings.settings -> 'application'
                               ELSE jsonb_strip_nulls(jsonb_build_object('application', import_settings.settings -> 'application')) END
                           || jsonb_object_agg(own.key, own.value) FILTER (WHERE NOT awgp.import_knows_setting(own.key)))
                      END
            FROM jsonb_each(import_settings.settings) AS own)
        END;
$$;
COMMENT ON FUNCTION awgp.import_settings(jsonb) IS 'For AWGP itself, in an import: the settings of a tenant with the keys that AWGP does not know below application.
settings: settings of a tenant';
REVOKE ALL ON FUNCTION awgp.import_settings(jsonb) FROM PUBLIC;
