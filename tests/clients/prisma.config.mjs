// The configuration of docs/clients/prisma, with Prisma's schema engine in WebAssembly, which comes with the package:
// the other one is a download. It asks the catalog for types that the driver adapter of 6.19 does not know: "char"
// and name. They are passed on as what it expects.

import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { defineConfig } from 'prisma/config';
import own from './prisma.config.mjs';

const CHAR = 18;
const NAME = 19;
const TEXT = 25;
const characters = new Set();

const { handleRowDescription } = pg.Query.prototype;
pg.Query.prototype.handleRowDescription = function described(message) {
  for (const field of message.fields) {
    if (field.dataTypeID === CHAR) characters.add(field.name);
    if ([CHAR, NAME].includes(field.dataTypeID)) field.dataTypeID = TEXT;
  }
  return handleRowDescription.call(this, message);
};

function withCharacters(adapter) {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    result.columnTypes = result.columnTypes.map((type, place) =>
      (characters.has(result.columnNames[place]) ? ColumnTypeEnum.Character : type));
    return result;
  };
  return adapter;
}

export default defineConfig({
  experimental: { ...own.experimental, adapter: true },
  tables: own.tables,
  engine: 'js',
  adapter: async () => {
    const factory = new PrismaPg({ connectionString: process.env.DATABASE_URL });
    const connect = factory.connect.bind(factory);
    factory.connect = async () => withCharacters(await connect());
    return factory;
  },
});
