-- Moves of families that began an hour ago and have not ended.
SELECT format('move of %s', slug),
       format('%s at this side (%s) since %s', state, side, coalesce(stopped_at, began_at)),
       CASE WHEN state = 'left' THEN '-- call awgp fleet move again with the same options: it goes on'
            ELSE format('SELECT awgp.move_back(%L); -- or call awgp fleet move again with the same options: it goes on', id) END
FROM awgp.tenant_moves
WHERE state IN ('preparing', 'stopped', 'verified', 'left')
  AND coalesce(stopped_at, began_at) < clock_timestamp() - interval '1 hour'
ORDER BY began_at, id
