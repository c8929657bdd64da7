-- What maintenance did last: the doctor looks here whether it runs at all.

CREATE TABLE awgp.maintenance_steps (
    step text NOT NULL,
    last_run_at timestamptz NOT NULL,
    last_success_at timestamptz,
    last_outcome jsonb NOT NULL,
    CONSTRAINT maintenance_steps_pkey PRIMARY KEY (step)
);

COMMENT ON TABLE awgp.maintenance_steps IS 'The last outcome of each step of maintenance. The function awgp.maintenance_steps() lists the names of the steps.';
COMMENT ON COLUMN awgp.maintenance_steps.step IS 'Name of the step.';
COMMENT ON COLUMN awgp.maintenance_steps.last_run_at IS 'When it last ran.';
COMMENT ON COLUMN awgp.maintenance_steps.last_success_at IS 'When it last did all that was due; NULL: never.';
COMMENT ON COLUMN awgp.maintenance_steps.last_outcome IS 'What it did when it last ran, or why it failed.';
COMMENT ON CONSTRAINT maintenance_steps_pkey ON awgp.maintenance_steps IS 'A step has one row.';
