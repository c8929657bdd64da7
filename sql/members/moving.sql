-- Moving a family to another installation. docs/moving.md explains it; awgp fleet move calls them in order.

COMMENT ON FUNCTION awgp.tenants_away() IS 'The tenants for which nothing is done here: they are being moved to or from another installation, or have moved.';
GRANT EXECUTE ON FUNCTION awgp.tenants_away() TO awgp_maintainer, awgp_admin, awgp_auditor, awgp_notifier;

COMMENT ON FUNCTION awgp.family_facts(uuid) IS 'What another installation must know before it can take a family: {install_id, family_id, slug, version, encoding, shape, tenants, slugs, subjects, providers, shared_providers, templates, months, not_moved, rows}. not_moved are tracked tables of applications.
family_id: the tenant at the top of the family
Errors: 42501 unknown_tenant; 55000 tenant_move_refused; 22023 out_of_range
SECURITY DEFINER: it reads all tables';
GRANT EXECUTE ON FUNCTION awgp.family_facts(uuid) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_begin(uuid, text, uuid, uuid, text, jsonb) IS 'Begins a move at one side, and returns its id. At the target everything that would keep the family from arriving is refused.
move_id: a new id, the same on both sides
side: source or target
family_id: the tenant at the top of the family
peer_id: the install id of the other side
peer: what the other side is called; refusals tell it later
facts: at the target what family_facts() says at the source; NULL at the source
Errors: 55000 tenant_move_refused, tenant_moved, installation_is_copy; 40001 tenant_moving; 42501 unknown_tenant; 22023 out_of_range; 23505 idx_tenant_moves_open
SECURITY DEFINER: only the functions of moves write the record';
GRANT EXECUTE ON FUNCTION awgp.move_begin(uuid, text, uuid, uuid, text, jsonb) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_rows(uuid, text, text[]) IS 'Some of a moving family''s rows in a table, each with its key and as a line, in the order in which they can be taken.
move_id: the move
table_name: the table
after: the key of the last row before; NULL: from the first
Errors: P0002 unknown_move; 22023 out_of_range
SECURITY DEFINER: it reads all tables';
GRANT EXECUTE ON FUNCTION awgp.move_rows(uuid, text, text[]) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_take(uuid, text, bytea[]) IS 'Target: takes lines of move_rows(), and returns how many are new.
move_id: the move
table_name: the table
lines: the lines
Errors: P0002 unknown_move; 55000 tenant_move_unclear, tenant_move_differs; 22023 out_of_range
SECURITY DEFINER: nobody else may write them';
GRANT EXECUTE ON FUNCTION awgp.move_take(uuid, text, bytea[]) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_lanes(uuid) IS 'The last link of each lane of a moving family''s trail: at the source of all rows, at the target of those that have arrived.
move_id: the move
Errors: P0002 unknown_move; 22023 out_of_range
SECURITY DEFINER: it reads the trail of all tenants';
GRANT EXECUTE ON FUNCTION awgp.move_lanes(uuid) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_trail(uuid, uuid, smallint, bigint) IS 'Up to 10000 rows of a lane of a moving family, each with its chain_seq and as a line.
move_id: the move
tenant_id: a tenant of the family
chain_lane: the lane
after: chain_seq of the last row before; 0: from the first
Errors: P0002 unknown_move; 22023 out_of_range
SECURITY DEFINER: it reads the trail of all tenants';
GRANT EXECUTE ON FUNCTION awgp.move_trail(uuid, uuid, smallint, bigint) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_take_trail(uuid, bytea[]) IS 'Target: takes lines of move_trail(), hashes each row after the one before it, seals sealed months again that got rows, and returns how many lines there were. Lines that are there already change nothing.
move_id: the move
lines: the lines
Errors: P0002 unknown_move; 55000 tenant_move_unclear, tenant_move_differs, audit_findings; 22023 out_of_range
SECURITY DEFINER: nobody else may write them';
GRANT EXECUTE ON FUNCTION awgp.move_take_trail(uuid, bytea[]) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_digests(uuid) IS 'For each table that is compared: how many rows a moving family has in it here, and a digest over them.
move_id: the move
Errors: P0002 unknown_move; 22023 out_of_range
SECURITY DEFINER: it reads all tables';
GRANT EXECUTE ON FUNCTION awgp.move_digests(uuid) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_stop(uuid) IS 'Source: from the commit on every write of the family is refused with tenant_moving, also in transactions that began before. Waits up to ten seconds for those that have written. Reading goes on.
move_id: the move
Errors: P0002 unknown_move; 55000 tenant_move_unclear, tenant_move_differs; 55P03; 22023 out_of_range
SECURITY DEFINER: only the functions of moves write the record';
GRANT EXECUTE ON FUNCTION awgp.move_stop(uuid) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_rest(uuid) IS 'Target: call it first in the transaction that takes the rest of a family and verifies it.
move_id: the move
Errors: P0002 unknown_move; 55000 tenant_move_unclear; 22023 out_of_range
SECURITY DEFINER: only the functions of moves write these tables';
GRANT EXECUTE ON FUNCTION awgp.move_rest(uuid) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_verify(uuid, jsonb) IS 'Target: verifies what has arrived: the last link of each lane is the source''s, the trees and the ledger are right. Returns for each table its rows and their digest. The family does not work here yet.
move_id: the move
source_lanes: what move_lanes() says at the source, as a list
Errors: P0002 unknown_move; 55000 tenant_move_unclear, tenant_move_differs; 22023 out_of_range
SECURITY DEFINER: only the functions of moves write the record';
GRANT EXECUTE ON FUNCTION awgp.move_verify(uuid, jsonb) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_leave(uuid, jsonb) IS 'Source: compares each table''s digest with the target''s, and lets go of the family for good. Returns the last link of each lane.
move_id: the move
target_digests: what move_verify() has returned
Errors: P0002 unknown_move; 55000 tenant_move_unclear, tenant_move_differs; 22023 out_of_range
SECURITY DEFINER: only the functions of moves write the record';
GRANT EXECUTE ON FUNCTION awgp.move_leave(uuid, jsonb) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_arrive(uuid, jsonb) IS 'Target: the family works here from the commit on. Call it after move_leave() was committed at the source.
move_id: the move
source_lanes: what move_leave() has returned
Errors: P0002 unknown_move; 55000 tenant_move_unclear, tenant_move_differs; 22023 out_of_range
SECURITY DEFINER: only the functions of moves write the record';
GRANT EXECUTE ON FUNCTION awgp.move_arrive(uuid, jsonb) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_clear(uuid) IS 'Source: deletes the rows of a family that works elsewhere, and returns how many of each table. Its trail and the record of the move stay.
move_id: the move
Errors: P0002 unknown_move; 55000 tenant_move_unclear; 22023 out_of_range
SECURITY DEFINER: nobody else may delete them';
GRANT EXECUTE ON FUNCTION awgp.move_clear(uuid) TO awgp_admin;

COMMENT ON FUNCTION awgp.move_back(uuid) IS 'Undoes a move, first at the target, which deletes what has arrived, then at the source, where the family works on. Refused once the source has let go.
move_id: the move
Errors: P0002 unknown_move; 55000 tenant_move_unclear; 22023 out_of_range
SECURITY DEFINER: only the functions of moves write the record';
GRANT EXECUTE ON FUNCTION awgp.move_back(uuid) TO awgp_admin;
