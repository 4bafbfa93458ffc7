// `@trigger.dev/sdk/chat-server`: chats that start in an application's server. None of it is built; the names are those of the published SDK.
import { absentDefinition, absentMembers } from "./absent/absent";

export const chat = {
  headStart: absentDefinition("chat.headStart"),
  toNodeListener: absentDefinition("chat.toNodeListener"),
  ...absentMembers("chat", ["startHeadStart", "openSession"]),
};
export type {
  Open as HeadStartStreamTextOptions,
  Open as HeadStartRunArgs,
  Open as HeadStartChatHelper,
  Open as HeadStartSession,
  Open as HeadStartHandlerOptions,
  Open as StartHeadStartOptions,
  Open as StartHeadStartResult,
} from "./absent/absent";
