-- Providers that vouch for users of every tenant without saying of which, where tenants have admins who make users.
SELECT format('awgp.identity_providers %s', quote_literal(name)),
       'its tokens name no tenant, and tenants have admins of their own, who could claim the subject of a stranger: whose subject their tenant has set is refused',
       format('UPDATE awgp.identity_providers SET tenant_claim = ''…'' WHERE issuer = %L; -- or only_tenant_id, where it has the users of one tenant alone', issuer)
FROM awgp.identity_providers
WHERE is_active AND tenant_claim IS NULL AND only_tenant_id IS NULL
  AND EXISTS (SELECT FROM awgp.users JOIN awgp.tenants ON tenants.id = users.tenant_id
              WHERE users.is_active AND tenants.is_active AND users.role IN ('admin', 'super_admin'))
ORDER BY name
