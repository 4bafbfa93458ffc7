"use client";
// `@trigger.dev/sdk/chat/react`: hooks of chats. None of it is built; the names are those of the published SDK.
import { absentCall } from "./absent/absent";

export const seedTranscriptCursor = absentCall("seedTranscriptCursor");
export const useLoadTranscript = absentCall("useLoadTranscript");
export const useTriggerChatTransport = absentCall("useTriggerChatTransport");
export const useMultiTabChat = absentCall("useMultiTabChat");
export const usePendingMessages = absentCall("usePendingMessages");
export const useChatActions = absentCall("useChatActions");
export const useSubAgentMessages = absentCall("useSubAgentMessages");
export const isInjectionPart = absentCall("isInjectionPart");
export const injectedMessageIdsOf = absentCall("injectedMessageIdsOf");
export const injectedMessagesOf = absentCall("injectedMessagesOf");
export const collectInjectedMessageIds = absentCall("collectInjectedMessageIds");
export type {
  Open as UseTriggerChatTransportOptions,
  Open as LoadTranscriptResult,
  Open as UseLoadTranscriptOptions,
  Open as PendingMessage,
  Open as UsePendingMessagesOptions,
  Open as InjectedMessage,
  Open as UsePendingMessagesReturn,
  Open as InferChatUIMessage,
  Open as ChatTransportEvent,
  Open as ChatTransportSendSource,
} from "./absent/absent";
