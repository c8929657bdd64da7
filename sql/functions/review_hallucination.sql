-- The time is written too, though the trigger keeps it: so a review that finds its status there
-- already, because another was quicker, is refused and does not pass for one.
CREATE OR REPLACE FUNCTION awgp.review_hallucination(flag_id uuid, status text, notes text DEFAULT NULL) RETURNS awgp.hallucination_flags
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT awgp.own_flag(review_hallucination.flag_id);
    UPDATE awgp.hallucination_flags AS flag
    SET status = review_hallucination.status, reviewed_at = clock_timestamp(),
        notes = COALESCE(review_hallucination.notes, flag.notes)
    WHERE flag.id = review_hallucination.flag_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.review_hallucination(uuid, text, text) IS 'Reviews a flag of the tenant in context, and returns the row. docs/hallucinations.md says who may review, and which changes of the status are possible.
flag_id: the flag
status: reviewed (looked at, undecided), false_positive or confirmed
notes: what was found; replaces notes that are there. NULL keeps them
User role: reviewer_role of hallucination_policy (manager if it is not set); overturn_role (admin) to change a conclusion
Errors: 42501 no_tenant_context, human_needed, role_not_sufficient, creator_alone; P0002 unknown_flag; 22023 out_of_range; 55000 review_transition, conversation_erased; 23502 for NULL in status; 23514 hallucination_flags_status_check';
REVOKE ALL ON FUNCTION awgp.review_hallucination(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.review_hallucination(uuid, text, text) TO awgp_app;
