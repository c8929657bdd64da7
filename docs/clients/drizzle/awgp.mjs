// The tables and views of schema awgp that the application reads or writes, with the columns that it uses. drizzle-kit
// never sees this file: what it sees, it would create.

import { integer, numeric, pgSchema, text, uuid } from 'drizzle-orm/pg-core';

const awgp = pgSchema('awgp');

export const assistants = awgp.table('assistants', {
  id: uuid().primaryKey().defaultRandom(),
  slug: text().notNull(),
});

export const workItems = awgp.table('work_items', {
  id: uuid().primaryKey().defaultRandom(),
  assistantId: uuid('assistant_id').notNull(),
  title: text().notNull(),
  status: text().notNull().default('backlog'),
  priority: integer().notNull().default(3),
  riskLevel: integer('risk_level'),
  estimatedCost: numeric('estimated_cost', { precision: 18, scale: 6 }),
});
