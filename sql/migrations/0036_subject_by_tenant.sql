-- Who says that a subject is this user's: an administrator, or people of the tenant, who may claim a stranger's.

-- Who set the subjects that are there, nobody knows: they count as the tenant's until an administrator vouches for them.
ALTER TABLE awgp.users ADD COLUMN subject_by_tenant boolean NOT NULL DEFAULT true;
ALTER TABLE awgp.users ALTER COLUMN subject_by_tenant SET DEFAULT false;
COMMENT ON COLUMN awgp.users.subject_by_tenant IS 'The subject was set by people of the tenant: the user comes in only by a token that names the tenant. Kept by trigger; an administrator who vouches for the user sets it to false.';
