import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/client";

/** Client of the nouns that people edit. A few connections of its own: what machines write has the other pool. */
export function openPrisma(options: { url: string; connections?: number }): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: options.url, max: options.connections ?? 4 }) });
}
