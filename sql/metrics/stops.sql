-- Stops in force, by what they cover, and how long the oldest of them stands.
SELECT 'awgp_stops_in_force', NULL, 'Stops in force: nothing begins in their scope',
       jsonb_build_object('scope', kind.scope), count(stops.id)::numeric
FROM (VALUES ('assistant'), ('tenant'), ('holding'), ('installation')) AS kind (scope)
LEFT JOIN awgp.stops ON stops.scope = kind.scope AND stops.resumed_at IS NULL
GROUP BY kind.scope
UNION ALL
SELECT 'awgp_stops_oldest_age_seconds', 'seconds', 'How long the oldest stop in force stands; 0 without one',
       jsonb_build_object('scope', kind.scope),
       round(COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(stops.stopped_at)), 0), 3)
FROM (VALUES ('assistant'), ('tenant'), ('holding'), ('installation')) AS kind (scope)
LEFT JOIN awgp.stops ON stops.scope = kind.scope AND stops.resumed_at IS NULL
GROUP BY kind.scope
