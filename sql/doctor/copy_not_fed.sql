-- A copy of another installation whose trail does not arrive, or will not arrive whole.
WITH copy (subscription) AS (
    SELECT installation.subscription FROM awgp.installation WHERE is_copy
), fed (subscription, oid, is_enabled) AS (
    SELECT copy.subscription, pg_subscription.oid, subenabled
    FROM copy LEFT JOIN pg_subscription
      ON subname = copy.subscription AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT format('subscription %I', subscription),
       CASE WHEN oid IS NULL THEN 'this database is a copy that the subscription writes, and there is no such subscription'
            ELSE 'it is disabled: nothing arrives in this copy' END,
       CASE WHEN oid IS NULL
            THEN format('CREATE SUBSCRIPTION %I CONNECTION ''…'' PUBLICATION awgp_trail, awgp_trail_proofs;', subscription)
            ELSE format('ALTER SUBSCRIPTION %I ENABLE;', subscription) END
FROM fed
WHERE oid IS NULL OR NOT is_enabled
UNION ALL
SELECT format('subscription %I', subscription),
       'it replicates the months of the trail one by one: rows of a month that is made later do not arrive',
       format('ALTER SUBSCRIPTION %I REFRESH PUBLICATION; -- after, in the original: ALTER PUBLICATION awgp_trail SET (publish_via_partition_root = true);',
              subscription)
FROM fed
WHERE EXISTS (SELECT FROM pg_subscription_rel JOIN pg_inherits ON inhrelid = srrelid
              WHERE srsubid = fed.oid AND inhparent = to_regclass('awgp.audit_logs'))
UNION ALL
SELECT format('subscription %I', subscription),
       format('it also writes %s: then it may not write the trail', string_agg(srrelid::regclass::text, ', ' ORDER BY srrelid::regclass::text)),
       format('ALTER SUBSCRIPTION %I SET PUBLICATION awgp_trail, awgp_trail_proofs;', subscription)
FROM fed JOIN pg_subscription_rel ON srsubid = fed.oid JOIN pg_class ON pg_class.oid = srrelid
WHERE relnamespace <> 'awgp'::regnamespace
   OR relname <> ALL (ARRAY['audit_logs', 'audit_checkpoints', 'audit_tree_lanes', 'audit_tree_tiles',
       'audit_log_integrity', 'audit_chain_anchors', 'audit_retired_partitions', 'audit_adoptions',
       'audit_adopted_lanes', 'tenants'])
      AND NOT relispartition
GROUP BY subscription
ORDER BY 2
