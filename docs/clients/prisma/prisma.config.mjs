import { readFileSync } from 'node:fs';
import { defineConfig } from 'prisma/config';

// The tables of schema awgp, as schema.prisma names them.
const models = readFileSync(new URL('./schema.prisma', import.meta.url), 'utf8');
const external = [...models.matchAll(/@@map\("(\w+)"\)\s+@@schema\("awgp"\)/g)].map(([, table]) => `awgp.${table}`);

export default defineConfig({
  experimental: { externalTables: true },
  tables: { external },
});
