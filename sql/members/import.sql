-- Coming from the tables of the schema that AWGP was made from.

COMMENT ON FUNCTION awgp.import_seed(text, boolean, bigint) IS 'Imports the rows of an application that has the tables of the schema that AWGP was made from: under their ids, with their states, the old audit rows chained and marked. All or nothing: it is refused where a row does not fit. Only a superuser or the owner of the extension calls it. One row for each rule and row of the sample: severity (error: does not fit; warning: is imported in another form; info: counted), table, id, column, reason (docs/import.md), the number of such rows, and detail.
from_schema: the schema of the application''s tables
dry_run: true lists what would be imported and what does not fit, and writes nothing
sample: the most rows that are listed of one rule, 0 to 10000
Errors: 42501 import_not_allowed; P0002 seed_not_found; 55000 seed_unreadable, already_imported; 23514 seed_misfits; 22023 out_of_range';

COMMENT ON FUNCTION awgp.import_settings_problem(jsonb) IS 'For AWGP itself, in an import: what is wrong with a tenant''s settings, as reason and message; NULL where nothing is.
settings: settings of a tenant';

COMMENT ON FUNCTION awgp.import_knows_setting(text) IS 'For AWGP itself, in an import: whether there is such a key at the top of a tenant''s settings.
key: the key';

COMMENT ON FUNCTION awgp.import_policy_problem(text[], text[], text[], integer, jsonb, jsonb) IS 'For AWGP itself, in an import: what is wrong with a communication policy, as column, reason and message; NULL where nothing is.
from_types: from_assistant_types
to_types: to_assistant_types
channels: allowed_channels
rate_limit_per_hour: as in the table
content_rules: as in the table
messaging: the messaging settings of the tenant';

COMMENT ON FUNCTION awgp.import_messages_problem(jsonb) IS 'For AWGP itself, in an import: what is wrong with the messages of a conversation, as reason and message; NULL where nothing is.
messages: messages of a conversation';

COMMENT ON FUNCTION awgp.import_knows_provider(text, jsonb) IS 'For AWGP itself, in an import: whether a pool can be made for a provider.
provider: the provider
named: the list of providers in the tenant''s settings';

COMMENT ON FUNCTION awgp.import_period(text, integer, text, timestamptz) IS 'For AWGP itself, in an import: the first moment and the end of a budget''s period; NULL where there is none.
division: day or month
reset_day: the day on which a month begins
zone: a time zone, UTC where it is empty
at: a moment of the period';
