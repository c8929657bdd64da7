-- Moves of families that have not ended, by how far they are at this side, and for how long the oldest of
-- them is.
SELECT 'awgp_moves_open', NULL, 'Moves of families that have not ended, by how far they are at this side',
       jsonb_build_object('state', kind.state), count(move.id)::numeric
FROM (VALUES ('preparing'), ('stopped'), ('verified'), ('left')) AS kind (state)
LEFT JOIN awgp.tenant_moves AS move ON move.state = kind.state
GROUP BY kind.state
UNION ALL
SELECT 'awgp_moves_oldest_age_seconds', 'seconds', 'How long the oldest of these moves is in its state; 0 without one',
       jsonb_build_object('state', kind.state),
       round(COALESCE(EXTRACT(epoch FROM clock_timestamp() - min(COALESCE(move.settled_at, move.stopped_at, move.began_at))), 0), 3)
FROM (VALUES ('preparing'), ('stopped'), ('verified'), ('left')) AS kind (state)
LEFT JOIN awgp.tenant_moves AS move ON move.state = kind.state
GROUP BY kind.state
