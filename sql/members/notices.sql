-- Notices.

COMMENT ON FUNCTION awgp.claim_notices(text, integer, integer) IS 'For awgp notify: claims notices of a target that are due, oldest first, and returns them: id, attempt, kind, tenant_id, tenant (its slug), entity_type, entity_id, code, expires_at and created_at. Nobody else gets them before the lease is over; then they are due again. Call notice_delivered() or notice_failed() for each before that.
target: the name of the target
most: how many at most, 1 to 1000
lease_seconds: for how long, 5 to 3600
Errors: 22023 out_of_range; 55000 installation_is_copy';
GRANT EXECUTE ON FUNCTION awgp.claim_notices(text, integer, integer) TO awgp_notifier;

COMMENT ON FUNCTION awgp.notice_delivered(uuid) IS 'For awgp notify: the notice has arrived. Returns false if it was settled before.
notice_id: the notice
Errors: 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.notice_delivered(uuid) TO awgp_notifier;

COMMENT ON FUNCTION awgp.notice_failed(uuid, integer, text, integer, boolean) IS 'For awgp notify: an attempt has failed. The notice waits, 10 seconds after the first attempt, twice as long after each further one, at most an hour; after 32 attempts it is a dead letter. Returns its status; NULL if it was settled or claimed again meanwhile.
notice_id: the notice
attempt: the number of the attempt, from claim_notices()
error: why, a code of lower-case letters, digits and _
retry_after_seconds: the receiver has asked to wait this long; at most an hour counts
is_final: true if no further attempt can help: it is a dead letter at once
Errors: 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.notice_failed(uuid, integer, text, integer, boolean) TO awgp_notifier;

COMMENT ON FUNCTION awgp.retry_notices(text) IS 'Makes dead letters due again, with all their attempts, and returns how many.
target: only those of this target; NULL: of all
Errors: 55000 installation_is_copy';
GRANT EXECUTE ON FUNCTION awgp.retry_notices(text) TO awgp_notifier, awgp_maintainer;

COMMENT ON FUNCTION awgp.remind_of_approvals(timestamptz) IS 'Writes notices of the open approvals of every tenant that expire soon, as notices.remind_before_seconds of the tenant''s settings says, each once, and returns how many.
at: what is due at this moment; NULL or a future moment: now';
GRANT EXECUTE ON FUNCTION awgp.remind_of_approvals(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.tell_of_errors(timestamptz) IS 'Asks the doctor, at most once an hour, and writes a notice for each code of an error that it did not find before: {errors, new, looked_at}. It does nothing while awgp.doctor_targets is empty.
at: what is due at this moment; NULL or a future moment: now';
GRANT EXECUTE ON FUNCTION awgp.tell_of_errors(timestamptz) TO awgp_maintainer;
-- JIT seldom saves what it costs in statements that run once.
ALTER FUNCTION awgp.tell_of_errors(timestamptz) SET jit = off;

COMMENT ON FUNCTION awgp.forget_notices(timestamptz) IS 'Deletes notices that were settled awgp.notice_retention days ago, and makes dead letters of those that have waited as long: {deleted, dead}.
at: what is over at this moment; NULL or a future moment: now';
GRANT EXECUTE ON FUNCTION awgp.forget_notices(timestamptz) TO awgp_maintainer;
