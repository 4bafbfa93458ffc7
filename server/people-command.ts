import { Email } from "@/lib/contracts/people";
import { Role, roles } from "@/lib/contracts/dashboard";
import { newId } from "@/lib/ids/ids";
import { localOrigin, type Config } from "./config";
import type { Database } from "./db/database";
import type { Logger } from "./log";
import { CommandError, openStored } from "./open-stored";
import { invite, offerReset, type Maker, type NewLink } from "./people/links";
import { findPerson, listPeople, removePerson, setRole, type PersonChange } from "./people/people";

const usage = `signalbox people                         everybody who can sign in
signalbox people invite <e-mail> <role>  a link with which a person joins (${roles.join(", ")})
signalbox people reset <e-mail>          a link for a new password
signalbox people role <e-mail> <role>    another role
signalbox people remove <e-mail>         signed out everywhere, and gone`;

/** For who is locked out: asks nobody, because who may run this may read the database anyway. Answers what to print. */
export async function peopleCommand(options: { args: readonly string[]; config: Config; root: string; log: Logger }): Promise<string> {
  const { args, config } = options;
  const [verb = "list", address = "", role = ""] = args;
  const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (act === undefined) throw new CommandError(`unknown command: people ${verb}.\n\n${usage}`);
  const input = { email: address, role, origin: config.publicUrl ?? localOrigin(config.host, config.port) };
  const { db, close } = await openStored(options);
  try {
    return await act(db, input);
  } finally {
    await close();
  }
}

interface Input {
  email: string;
  role: string;
  /** Where the links lead. */
  origin: string;
}
const by: Maker = { name: "the server's command line" };

const verbs: Record<string, (db: Database, input: Input) => Promise<string>> = {
  async list(db) {
    const people = await listPeople(db);
    if (people.length === 0) return "Nobody can sign in yet. Start the server: it prints a link that makes the first admin.";
    return people.map((person) => `${person.role.padEnd(9)} ${person.email}  ${person.name}`).join("\n");
  },
  async invite(db, input) {
    const email = readEmail(input.email);
    const role = readRole(input.role);
    const link = await invite(db, { email, role, by });
    if (link === null) throw new CommandError(`${email} can sign in already. For another role: signalbox people role ${email} ${role}`);
    await note(db, { action: "person.invite", target: email, detail: role });
    return shown(`${input.origin}/join`, link);
  },
  async reset(db, input) {
    const email = readEmail(input.email);
    const link = await offerReset(db, { email, by });
    if (link === null) throw nobody(email);
    await note(db, { action: "password.offer-reset", target: email });
    return shown(`${input.origin}/reset`, link);
  },
  async role(db, input) {
    const email = readEmail(input.email);
    const role = readRole(input.role);
    settled(await setRole(db, await idOf(db, email), role), email);
    await note(db, { action: "person.role", target: email, detail: role });
    return `${email} is ${role} now.`;
  },
  async remove(db, input) {
    const email = readEmail(input.email);
    settled(await removePerson(db, await idOf(db, email)), email);
    await note(db, { action: "person.remove", target: email });
    return `${email} is removed.`;
  },
};

const shown = (page: string, { code, expiresAt }: NewLink) => `${page}#code=${code}\nworks once, until ${expiresAt}, on the running server`;

function readEmail(text: string): string {
  const email = Email.safeParse(text.trim());
  if (!email.success)
    throw new CommandError(`${text === "" ? "an e-mail address is missing" : `${JSON.stringify(text)} is no e-mail address`}.\n\n${usage}`);
  return email.data;
}

function readRole(text: string): Role {
  const role = Role.safeParse(text);
  if (!role.success)
    throw new CommandError(`${text === "" ? "a role is missing" : `${JSON.stringify(text)} is no role`}: one of ${roles.join(", ")}.`);
  return role.data;
}

const nobody = (email: string) => new CommandError(`nobody has the address ${email}. Everybody: signalbox people`);

async function idOf(db: Database, email: string): Promise<string> {
  const person = await findPerson(db, { email });
  if (person === null) throw nobody(email);
  return person.id;
}

function settled({ outcome }: PersonChange, email: string): void {
  if (outcome === "unknown") throw nobody(email);
  if (outcome === "last admin") throw new CommandError(`${email} is the last admin. Make somebody else an admin first.`);
}

async function note(
  db: Database,
  { action, target, detail = null }: { action: string; target: string; detail?: string | null },
): Promise<void> {
  await db.query("insert into audit_entry (id, actor, action, target, detail) values ($1, $2, $3, $4, $5)", [
    newId("audit"),
    by.name,
    action,
    target,
    detail,
  ]);
}
