import { Hono } from "hono";
import type { ApiContext, ApiEnv } from "../context";
import { shapeRoutes } from "./shape-routes";
import { streamReadRoutes } from "./stream-read-routes";
import { streamWriteRoutes } from "./stream-write-routes";

/** `/realtime/v1/*`: runs as shapes over long polls, streams as server-sent events and their writing, as the published clients speak them. */
export function realtimeRoutes(context: ApiContext): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.route("/", shapeRoutes(context));
  // Before the reading ones, whose paths would match `…/self/key` of no other method.
  app.route("/", streamWriteRoutes(context));
  app.route("/", streamReadRoutes(context));
  return app;
}
