import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import {
  AlertCondition,
  AlertMuteBody,
  AlertRuleBody,
  ChannelCreateBody,
  type AlertsPage,
  type ChannelCreated,
} from "@/lib/contracts/alerts";
import { createChannel, deleteChannel, listChannels } from "../../engine/alerts/channels";
import { preview } from "../../engine/alerts/measure";
import { acknowledgeRule, createRule, deleteRule, listEvents, listRules, muteRule, updateRule } from "../../engine/alerts/rules";
import { EngineError } from "../../engine/error";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { describe } from "../principal";
import { requires } from "../requires";

const PreviewBody = z.strictObject({ condition: AlertCondition });

/** The Alerts page. Rules are for operators, channels, which hold credentials, for admins. */
export function alertRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, keys, alerts } = context;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });
  const operator = requires(context, { allow: "session", role: "operator" });
  const admin = requires(context, { allow: "session", role: "admin" });

  app.get("/api/dashboard/alerts", viewer, async (c) => {
    const [rules, channels, events] = await Promise.all([listRules(engine), listChannels(engine), listEvents(engine)]);
    const page: AlertsPage = { rules, channels, events };
    return c.json(page);
  });

  app.post("/api/dashboard/alerts/preview", viewer, async (c) => {
    const { condition } = await readJson(c, PreviewBody);
    return c.json(await preview(engine.db, engine.env.id, condition, new Date(engine.clock.now())));
  });

  app.post("/api/dashboard/alerts", operator, async (c) => {
    const rule = await createRule(engine, await readJson(c, AlertRuleBody), describe(principalOf(c)));
    await audit(context, { actor: principalOf(c), action: "alert.create", target: rule.id, detail: rule.name });
    return c.json({ rule });
  });

  app.post("/api/dashboard/alerts/:alertId", operator, async (c) => {
    const rule = await updateRule(engine, c.req.param("alertId"), await readJson(c, AlertRuleBody));
    await audit(context, { actor: principalOf(c), action: "alert.update", target: rule.id, detail: rule.name });
    return c.json({ rule });
  });

  app.post("/api/dashboard/alerts/:alertId/mute", operator, async (c) => {
    const { until } = await readJson(c, AlertMuteBody);
    const rule = await muteRule(engine, c.req.param("alertId"), until);
    await audit(context, {
      actor: principalOf(c),
      action: until === null ? "alert.unmute" : "alert.mute",
      target: rule.id,
      detail: until ?? rule.name,
    });
    return c.json({ rule });
  });

  app.post("/api/dashboard/alerts/:alertId/acknowledge", operator, async (c) => {
    const rule = await acknowledgeRule(engine, c.req.param("alertId"), describe(principalOf(c)));
    await audit(context, { actor: principalOf(c), action: "alert.acknowledge", target: rule.id, detail: rule.name });
    return c.json({ rule });
  });

  app.post("/api/dashboard/alerts/:alertId/delete", operator, async (c) => {
    await deleteRule(engine, c.req.param("alertId"));
    await audit(context, { actor: principalOf(c), action: "alert.delete", target: c.req.param("alertId") });
    return c.json({ ok: true });
  });

  app.post("/api/dashboard/alert-channels", admin, async (c) => {
    const { name, target } = await readJson(c, ChannelCreateBody);
    const secret = target.kind === "webhook" && target.secret === undefined ? `whsec_${randomBytes(24).toString("base64url")}` : undefined;
    const whole = target.kind === "webhook" && secret !== undefined ? { ...target, secret } : target;
    const channel = await createChannel(engine, keys.vault, { name, target: whole, by: describe(principalOf(c)) });
    await audit(context, { actor: principalOf(c), action: "alert.channel-create", target: channel.id, detail: `${name} (${target.kind})` });
    const created: ChannelCreated = { channel, ...(secret !== undefined && { secret }) };
    return c.json(created);
  });

  app.post("/api/dashboard/alert-channels/:channelId/test", admin, async (c) => {
    const by = describe(principalOf(c));
    const problem = await alerts.test(c.req.param("channelId"), by);
    await audit(context, {
      actor: principalOf(c),
      action: "alert.channel-test",
      target: c.req.param("channelId"),
      detail: problem ?? "taken",
    });
    if (problem !== null) throw new EngineError(422, `It was not taken. ${problem}`);
    return c.json({ ok: true });
  });

  app.post("/api/dashboard/alert-channels/:channelId/delete", admin, async (c) => {
    await deleteChannel(engine, c.req.param("channelId"));
    await audit(context, { actor: principalOf(c), action: "alert.channel-delete", target: c.req.param("channelId") });
    return c.json({ ok: true });
  });

  return app;
}
