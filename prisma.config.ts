import { defineConfig } from "prisma/config";

// No datasource: migrations are applied by server/db/migrate.ts, and the client gets its connection from the server's pool.
export default defineConfig({ schema: "prisma/schema.prisma" });
