import { z } from "zod";
import { Role } from "./dashboard";
import { IsoDate } from "./run";

export const passwordLength = { min: 10, max: 128 } as const;
export const PersonName = z.string().trim().min(1, "Enter a name").max(100);
export const Email = z
  .email("Enter an e-mail address")
  .max(254)
  .transform((email) => email.toLowerCase());
export const NewPassword = z
  .string()
  .min(passwordLength.min, `At least ${passwordLength.min} characters`)
  .max(passwordLength.max, `At most ${passwordLength.max} characters`);

export const PersonRow = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: Role,
  createdAt: IsoDate,
  lastSignInAt: IsoDate.optional(),
});
export type PersonRow = z.infer<typeof PersonRow>;
export const InvitationRow = z.object({
  id: z.string(),
  email: z.string(),
  role: Role,
  createdBy: z.string(),
  createdAt: IsoDate,
  expiresAt: IsoDate,
});
export type InvitationRow = z.infer<typeof InvitationRow>;

/** GET /api/dashboard/people. Invitations only for admins. */
export const PeoplePage = z.object({ people: z.array(PersonRow), invitations: z.array(InvitationRow) });
export type PeoplePage = z.infer<typeof PeoplePage>;
/** POST /api/dashboard/people/invite {email, role}; POST /api/dashboard/people/:id/reset. The link is in the answer once. */
export const InviteBody = z.object({ email: Email, role: Role });
export const LinkMade = z.object({ link: z.string(), email: z.string(), expiresAt: IsoDate });
export type LinkMade = z.infer<typeof LinkMade>;
/** POST /api/dashboard/people/:id/role; also POST …/:id/remove and POST /api/dashboard/people/invitations/:id/withdraw */
export const RoleBody = z.object({ role: Role });

const code = z.string().min(1, "The link is not whole: copy all of it").max(200);
/** POST /api/person-link: what a link is for, before it is used. */
export const LinkBody = z.object({ code });
export const LinkMeaning = z.object({ kind: z.enum(["join", "reset"]), email: z.string(), role: Role.optional(), createdBy: z.string() });
export type LinkMeaning = z.infer<typeof LinkMeaning>;
/** POST /api/join and POST /api/reset-password; both answer `SignedIn`, with the session's cookie. */
export const JoinBody = z.object({ code, name: PersonName, password: NewPassword });
export const ResetBody = z.object({ code, password: NewPassword });
export const SignedIn = z.object({ user: z.object({ name: z.string(), email: z.string() }), signedIn: z.boolean() });

/** GET /api/dashboard/sessions: where this person is signed in. POST …/sessions/:id/end, POST …/sessions/end-others. */
export const SessionRow = z.object({
  id: z.string(),
  current: z.boolean(),
  createdAt: IsoDate,
  expiresAt: IsoDate,
  address: z.string().optional(),
  agent: z.string().optional(),
});
export type SessionRow = z.infer<typeof SessionRow>;
export const SessionsPage = z.object({ sessions: z.array(SessionRow) });
/** POST /api/auth/change-password: ends every other session. */
export const PasswordBody = z.object({
  currentPassword: z.string().min(1, "Enter your password").max(passwordLength.max),
  newPassword: NewPassword,
});
