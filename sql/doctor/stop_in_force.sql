-- Stops in force: nothing begins in their scope.
SELECT CASE stop.scope WHEN 'installation' THEN 'installation'
                       WHEN 'assistant' THEN format('assistant %s of tenant %s', assistant.slug, tenant.slug)
                       ELSE format('%s %s', stop.scope, tenant.slug) END,
       format('stopped since %s', stop.stopped_at),
       format('SELECT awgp.resume(%L, ''…''); -- once the cause is gone; docs/stop.md says who may', stop.id)
FROM awgp.stops AS stop
LEFT JOIN awgp.tenants AS tenant ON tenant.id = stop.tenant_id
LEFT JOIN awgp.assistants AS assistant ON assistant.tenant_id = stop.tenant_id AND assistant.id = stop.assistant_id
WHERE stop.resumed_at IS NULL
ORDER BY stop.stopped_at, stop.id
