// `@trigger.dev/sdk/ai/skills-runtime`: files and commands of an agent's skills. Not built; the names are those of the published SDK.
import { absentCall } from "./absent/absent";

export const readFileInSkill = absentCall("readFileInSkill");
export const runBashInSkill = absentCall("runBashInSkill");
export type {
  Open as BashSkillInput,
  Open as BashSkillResult,
  Open as ReadFileInSkillInput,
  Open as ReadFileInSkillResult,
} from "./absent/absent";
