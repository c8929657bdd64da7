// Reads a row of every model of Prisma, with its references both ways. Prints how many models there are.

import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from './generated/index.js';

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });
const { models } = Prisma.dmmf.datamodel;
try {
  for (const model of models) {
    const relations = model.fields.filter((field) => field.kind === 'object').map((field) => [field.name, true]);
    const name = model.name[0].toLowerCase() + model.name.slice(1);
    const include = relations.length > 0 ? { include: Object.fromEntries(relations) } : {};
    if (await prisma[name].findFirst(include) === null) throw new Error(`${model.name} has no row`);
  }
  console.log(models.length);
} finally {
  await prisma.$disconnect();
}
