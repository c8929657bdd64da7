-- Stops in force, by what they cover.
SELECT 'awgp_stops_in_force', NULL, 'Stops in force: nothing begins in their scope',
       jsonb_build_object('scope', kind.scope), count(stops.id)::numeric
FROM (VALUES ('assistant'), ('tenant'), ('holding'), ('installation')) AS kind (scope)
LEFT JOIN awgp.stops ON stops.scope = kind.scope AND stops.resumed_at IS NULL
GROUP BY kind.scope
