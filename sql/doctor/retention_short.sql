-- A retention under six months: nothing is retired unless that is meant.
SELECT 'awgp.audit_retention',
       CASE current_setting('awgp.audit_retention_short')
            WHEN 'on' THEN 'months are retired before six months are over, which the EU AI Act asks for'
            ELSE 'it is under six months, so nothing is retired' END,
       format('ALTER DATABASE %I SET awgp.audit_retention = 400; SET awgp.audit_retention = 400;', current_database())
WHERE current_setting('awgp.audit_retention')::integer < 184
