-- Subscriptions that write AWGP's tables: the trail takes rows from its own chain alone, so their
-- apply worker stops there. In a copy of another installation its own subscription may.
SELECT format('subscription %I', subname),
       format('it replicates into %s: the trail refuses it, and it stops', string_agg(srrelid::regclass::text, ', ' ORDER BY srrelid::regclass::text)),
       format('ALTER SUBSCRIPTION %I DISABLE;', subname)
FROM pg_subscription
JOIN pg_subscription_rel ON srsubid = pg_subscription.oid
JOIN pg_class ON pg_class.oid = srrelid
WHERE relnamespace = 'awgp'::regnamespace AND subenabled
  AND NOT EXISTS (SELECT FROM awgp.installation WHERE is_copy AND installation.subscription = subname)
GROUP BY subname
ORDER BY subname
