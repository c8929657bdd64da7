-- conversation_logs: who may write, what may not change, and when it last did.
--
-- They fire in this order:
--   before a statement: guard_statement, refuse_truncate
--   before a row: bounds, forget_messages, guard_row, keep_conversation, touch_updated_at
--   after a row: capture, erase_traces, index_messages

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.conversation_logs
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('conversation_logs', 'but=messages');
COMMENT ON TRIGGER bounds ON awgp.conversation_logs IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.conversation_logs
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('conversation_logs');
COMMENT ON TRIGGER guard_statement ON awgp.conversation_logs IS 'A write needs a tenant in context. A user in context also needs a role that allows it: docs/permissions.md.';

CREATE OR REPLACE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.conversation_logs
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('conversation_logs', 'own');
COMMENT ON TRIGGER guard_row ON awgp.conversation_logs IS 'A row belongs to a tenant that the caller may write to, and stays with that tenant.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.conversation_logs
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('conversation_logs');
COMMENT ON TRIGGER touch_updated_at ON awgp.conversation_logs IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.conversation_logs
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('conversation_logs', 'exclude=messages,external_id,content_salt');
COMMENT ON TRIGGER capture ON awgp.conversation_logs IS 'Every change is recorded in the audit trail, with a digest instead of the content.';

CREATE OR REPLACE TRIGGER keep_conversation BEFORE INSERT OR UPDATE ON awgp.conversation_logs
    FOR EACH ROW EXECUTE FUNCTION awgp.keep_conversation('conversation_logs');
COMMENT ON TRIGGER keep_conversation ON awgp.conversation_logs IS 'Messages have a known form and are only added; content is removed only by erasing.';

CREATE OR REPLACE TRIGGER index_messages AFTER INSERT OR UPDATE ON awgp.conversation_logs
    FOR EACH ROW EXECUTE FUNCTION awgp.index_messages('conversation_logs');
COMMENT ON TRIGGER index_messages ON awgp.conversation_logs IS 'The words of new messages are kept for searching.';

CREATE OR REPLACE TRIGGER forget_messages BEFORE DELETE ON awgp.conversation_logs
    FOR EACH ROW EXECUTE FUNCTION awgp.index_messages('conversation_logs');
COMMENT ON TRIGGER forget_messages ON awgp.conversation_logs IS 'Before a conversation is deleted, its words for searching are. No role has the grant to delete one; a superuser may.';

CREATE OR REPLACE TRIGGER erase_traces AFTER UPDATE ON awgp.conversation_logs
    FOR EACH ROW EXECUTE FUNCTION awgp.erase_traces('conversation_logs');
COMMENT ON TRIGGER erase_traces ON awgp.conversation_logs IS 'What is erased is also erased from search and from flags, and that is recorded.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.conversation_logs
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('conversation_logs');
COMMENT ON TRIGGER refuse_truncate ON awgp.conversation_logs IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
