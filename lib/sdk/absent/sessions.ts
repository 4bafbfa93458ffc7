import { absentCall, absentClass, absentDefinition, absentMembers, type Open } from "./absent";

export const sessions = {
  ...absentMembers("sessions", ["start", "retrieve", "update", "close", "list", "open"]),
  defineChannel: absentDefinition("sessions.defineChannel"),
};
export const SessionHandle = absentClass("SessionHandle");
export type SessionHandle = Open;
export const SessionInputChannel = absentClass("SessionInputChannel");
export type SessionInputChannel<T = unknown> = Open<T>;
export const SessionOutputChannel = absentClass("SessionOutputChannel");
export type SessionOutputChannel<T = unknown> = Open<T>;
export const __setSessionOpenImplForTests = absentCall("__setSessionOpenImplForTests");
export const __setSessionStartImplForTests = absentCall("__setSessionStartImplForTests");
export const __setSessionCloseImplForTests = absentCall("__setSessionCloseImplForTests");
export const markChatAgentRunForStreamsWarning = absentCall("markChatAgentRunForStreamsWarning");
export const chatEvent = absentDefinition("chatEvent");

/** Nothing here throws it; code may ask for it. */
export class ChatChunkTooLargeError extends Error {
  readonly chunkSize: number;
  readonly maxSize: number;
  readonly chunkType: string | undefined;
  constructor(chunkSize: number, maxSize: number, chunkType?: string) {
    super(`A chunk of ${chunkSize} bytes is over the limit of ${maxSize}`);
    this.name = "ChatChunkTooLargeError";
    this.chunkSize = chunkSize;
    this.maxSize = maxSize;
    this.chunkType = chunkType;
  }
}
export const isChatChunkTooLargeError = (error: unknown): error is ChatChunkTooLargeError => error instanceof ChatChunkTooLargeError;
