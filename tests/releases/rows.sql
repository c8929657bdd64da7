-- Rows that a database has before it is upgraded: what a work item needs, of the present shape.

SET session_replication_role = replica;
INSERT INTO awgp.installation (id) VALUES ('00000000-0000-0000-0000-0000000000ff');
INSERT INTO awgp.tenants (id, name, slug, type) VALUES ('00000000-0000-0000-0000-000000000001', 'North', 'north', 'subsidiary');
INSERT INTO awgp.users (id, tenant_id, email, role)
    VALUES ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', 'a@north.example', 'manager');
INSERT INTO awgp.assistants (id, tenant_id, name, slug, type, status, created_by)
    VALUES ('00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', 'Helper', 'helper', 'custom', 'active',
            '00000000-0000-0000-0000-000000000002');
INSERT INTO awgp.work_items (id, tenant_id, assistant_id, title, risk_level)
    VALUES ('00000000-0000-0000-0000-000000000004', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000003',
            'Before', 0);
INSERT INTO awgp.communication_policies (id, tenant_id, name)
    VALUES ('00000000-0000-0000-0000-000000000006', '00000000-0000-0000-0000-000000000001', 'All');
RESET session_replication_role;
