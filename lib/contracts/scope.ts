import { z } from "zod";

export { parseScope, scopeAllows, type Action, type Resource, type Scope } from "./scope-match";

/** Claims of a public token as the published clients sign and read them. */
export const PublicTokenClaims = z.object({
  sub: z.string(),
  pub: z.literal(true),
  scopes: z.array(z.string()).optional(),
  otu: z.boolean().optional(),
  realtime: z.object({ skipColumns: z.array(z.string()).optional() }).optional(),
  iat: z.number().optional(),
  exp: z.number(),
});
export type PublicTokenClaims = z.infer<typeof PublicTokenClaims>;
export const tokenIssuer = "https://id.trigger.dev";
export const tokenAudience = "https://api.trigger.dev";

export const MintBody = z.strictObject({
  scopes: z.array(z.string().min(1)).min(1),
  expirationTime: z.union([z.string(), z.number()]).optional(),
  oneTimeUse: z.boolean().optional(),
  realtime: z.object({ skipColumns: z.array(z.string()) }).optional(),
});
export type MintBody = z.infer<typeof MintBody>;
