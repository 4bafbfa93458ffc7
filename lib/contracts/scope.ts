import { z } from "zod";
import { limits } from "./limits";

export { parseScope, scopeAllows, type Action, type Resource, type Scope } from "./scope-match";

/** Whose end is the end of what was minted: a key (its id), a person (id), another public token (SHA-256 of its text, hex). */
export const MintedBy = z.object({ key: z.string().optional(), user: z.string().optional(), token: z.string().optional() });
export type MintedBy = z.infer<typeof MintedBy>;

/** Claims of a public token as the published clients sign and read them. */
export const PublicTokenClaims = z.object({
  sub: z.string(),
  pub: z.literal(true),
  scopes: z.array(z.string()).optional(),
  otu: z.boolean().optional(),
  realtime: z.object({ skipColumns: z.array(z.string()).optional() }).optional(),
  by: MintedBy.optional(),
  /** Id under which a token is recorded. */
  jti: z.string().optional(),
  iat: z.number().optional(),
  exp: z.number(),
});
export type PublicTokenClaims = z.infer<typeof PublicTokenClaims>;
export const tokenIssuer = "https://id.trigger.dev";
export const tokenAudience = "https://api.trigger.dev";

const storable = z.string().regex(/^[^\0\p{Surrogate}]*$/u, "may not contain NUL or unpaired surrogates");
export const Scopes = z
  .array(storable.min(1))
  .min(1)
  .max(limits.tokenScopes)
  .overwrite((scopes) => [...new Set(scopes)]);

export const MintBody = z.strictObject({
  scopes: Scopes,
  expirationTime: z.union([z.string(), z.number()]).optional(),
  oneTimeUse: z.boolean().optional(),
  realtime: z.object({ skipColumns: z.array(z.string()) }).optional(),
});
export type MintBody = z.infer<typeof MintBody>;
