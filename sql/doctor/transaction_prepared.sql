-- Transactions that were prepared a quarter of an hour ago and hold the trail: only a person ends them.
-- Whoever prepares one and ends it at once is not found.
SELECT format('prepared transaction %s', gid),
       format('prepared at %s and not ended: no month of the trail is made, moved, sealed or retired meanwhile', prepared),
       format('ROLLBACK PREPARED %L; -- or COMMIT PREPARED: whoever prepared it says which', gid)
FROM pg_prepared_xacts AS x
WHERE prepared < clock_timestamp() - interval '15 minutes'
  AND EXISTS (
      SELECT FROM pg_locks AS own
      JOIN pg_locks AS held ON held.virtualtransaction = own.virtualtransaction
      WHERE own.locktype = 'transactionid' AND own.transactionid = x.transaction
        AND held.locktype = 'relation' AND held.pid IS NULL AND held.relation = to_regclass('awgp.audit_logs')
        AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY gid
