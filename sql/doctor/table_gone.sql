-- Tables of AWGP that are not there. $5: the parts of the structure, each with its statement.
SELECT format('awgp.%I', part."table"),
       'the table is not there: this makes it without its rows, which only a backup has',
       part.statement || ' SELECT awgp.install(force => true);'
FROM jsonb_to_recordset($5::text::jsonb) AS part (kind text, "table" text, statement text)
WHERE kind = 'TABLE' AND to_regclass(format('awgp.%I', part."table")) IS NULL
ORDER BY 1
