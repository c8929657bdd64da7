-- The tenants whose events are here without their values: of a family that moved away, and of one whose trail
-- is still arriving.
SELECT DISTINCT tenant_id
FROM awgp.tenant_moves AS move CROSS JOIN LATERAL unnest(move.tenants) AS tenant_id
WHERE move.side = 'target' AND move.state = 'preparing'
   OR move.side = 'source' AND move.state = 'cleared'
      AND NOT EXISTS (SELECT FROM awgp.tenant_moves AS back
                      WHERE back.side = 'target' AND back.state IN ('verified', 'active')
                        AND tenant_id = ANY (back.tenants) AND back.began_at > move.began_at)
