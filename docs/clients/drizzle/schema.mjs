// The application's own tables: what drizzle-kit creates and changes. A column may hold the id of a row of AWGP, but
// no foreign key: nobody is granted REFERENCES on AWGP's tables.

import { bigint, pgTable, text, uuid } from 'drizzle-orm/pg-core';

export const invoices = pgTable('invoices', {
  number: bigint({ mode: 'number' }).primaryKey(),
  supplier: text().notNull(),
  workItemId: uuid('work_item_id'),
});
