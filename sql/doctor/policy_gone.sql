-- Policies that AWGP's scripts make and that are not there. $1: all of them, as schema-less table.policy.
SELECT format('awgp.%I', split_part(declared, '.', 1)),
       format('the policy %s is not there', split_part(declared, '.', 2)),
       'SELECT awgp.install(force => true);'
FROM unnest($1::text[]) AS declared
WHERE NOT EXISTS (
    SELECT FROM pg_policy
    WHERE polrelid = to_regclass(format('awgp.%I', split_part(declared, '.', 1))) AND polname = split_part(declared, '.', 2))
ORDER BY declared
