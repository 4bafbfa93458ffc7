// `@trigger.dev/sdk/ai`: agents and chats. None of it is built; the names are those of the published SDK.
import { absentCall, absentDefinition, absentMembers } from "./absent/absent";

const definitions = ["agent", "customAgent", "event", "withUIMessage", "withClientData", "createStartSessionAction", "createLoadTranscriptAction", "local"] as const;
const calls = [
  "pipe", "turn", "createAccessToken", "createWatchToken", "setTurnTimeout", "setTurnTimeoutInSeconds", "setIdleTimeoutInSeconds",
  "setUIMessageStreamOptions", "isStopped",
  "surface", "requestUpgrade", "endAndContinue", "endRun", "close", "cleanupAbortedParts", "defer", "deferBeforeOutput", "inject",
  "forwardSubAgent", "session", "channel",
  "createStopSignal", "writeTurnComplete", "pipeAndCapture", "MessageAccumulator", "createSession", "waitForHandover",
  "toStreamTextOptions", "setMessages", "isCompactionSafe",
  "compactionStep", "compact", "getCompactionState",
] as const;

export const chat = {
  ...absentMembers("chat", definitions, { make: absentDefinition }),
  ...absentMembers("chat", calls),
  channels: { custom: absentDefinition("chat.channels.custom") },
  stream: { id: "chat", ...absentMembers("chat.stream", ["pipe", "read", "append", "writer"]) },
  response: absentMembers("chat.response", ["write"]),
  messages: absentMembers("chat.messages", ["on", "once", "next", "peek", "wait", "waitWithIdleTimeout", "send"]),
  prompt: Object.assign(absentCall("chat.prompt"), { set: absentCall("chat.prompt.set") }),
  skills: Object.assign(absentCall("chat.skills"), { set: absentCall("chat.skills.set") }),
  history: absentMembers("chat.history", ["all", "getChain", "findMessage", "getPendingToolCalls", "getResolvedToolCalls", "extractNewToolResults", "set", "remove", "rollbackTo", "replace", "slice"]),
  get sessionId(): string {
    return absentCall("chat.sessionId")() as never; // it throws
  },
};
export const ai = {
  tool: absentDefinition("ai.tool", "Give the model a tool whose execute calls triggerAndWait"),
  toolExecute: absentDefinition("ai.toolExecute", "Call triggerAndWait in the tool's execute"),
  ...absentMembers("ai", ["currentToolOptions", "toolCallId", "chatContext", "chatContextOrThrow"]),
};
export const chatChannelCustom = absentDefinition("chatChannelCustom");
export const buildSkillTools = absentCall("buildSkillTools");
export const resolveReactionChoice = absentCall("resolveReactionChoice");
export const upsertIncomingMessage = absentCall("upsertIncomingMessage");
export const defaultStorage = absentMembers("defaultStorage", ["load", "loadContext", "save"]);
export const memoryTranscriptStorage = absentDefinition("memoryTranscriptStorage");
export const snapshotTranscriptStorage = absentDefinition("snapshotTranscriptStorage");
export const reduceTranscriptChanges = absentCall("reduceTranscriptChanges");
export const CHANNEL_TURN_ERROR_MESSAGE = "Something went wrong answering this. Try again.";
export const PENDING_MESSAGE_INJECTED_TYPE = "data-pending-message-injected";
export * from "./absent/ai-hooks";
export type { TaskRunContext } from "./context";
export type {
  Open as ToolCallExecutionOptions, Open as ToolOptions, Open as ForwardSubAgentOptions, Open as ChatWriter, Open as ChatTaskPayload,
  Open as ChatTaskSignals, Open as ChatTaskRunPayload, Open as ChatMessageRecord, Open as ChatMessages, Open as HandoverSignal,
  Open as ChatTurnUsage, Open as ChatToolCallRef, Open as ChatNewToolResult, Open as SummarizeEvent, Open as CompactMessagesEvent,
  Open as ChatAgentCompactionOptions, Open as PendingMessagesBatchEvent, Open as PendingMessageReceivedEvent,
  Open as PendingMessagesInjectedEvent, Open as PendingMessagesOptions, Open as PrepareMessagesEvent, Open as ResolveToolsEvent,
  Open as CompactionChunkData, Open as CompactedEvent, Open as ShouldCompactEvent, Open as CompactionOptions, Open as CompactionStep,
  Open as CompactResult, Open as CompactOptions, Open as ChatPromptValue, Open as SetChatPromptOptions,
  Open as ToStreamTextOptionsOptions, Open as SystemCacheControl, Open as ChatStreamText, Open as PipeChatOptions,
  Open as ChatUIMessageStreamOptions, Open as ActionTurn, Open as PreloadEvent, Open as BootEvent, Open as RecoveryPendingToolCall,
  Open as RecoveryBootEvent, Open as RecoveryBootResult, Open as ChatStartEvent, Open as HydrateMessagesEvent,
  Open as ValidateMessagesEvent, Open as ActionEvent, Open as ChannelActionSource, Open as TurnStartEvent, Open as TurnCompleteEvent,
  Open as BeforeTurnCompleteEvent, Open as ChatSuspendEvent, Open as ChatResumeEvent, Open as ChannelMessageInput,
  Open as ChannelInbound, Open as ChannelMessageMetadata, Open as ChannelSeedMessage, Open as ChannelSeedCtx,
  Open as ChannelDownloadedFile, Open as ChannelBinding, Open as ChannelMessage, Open as ChannelReply, Open as ChannelSendCtx,
  Open as ChannelAckCtx, Open as ChannelPendingToolCall, Open as ChannelInteractionResolution, Open as ChannelInteractionCtx,
  Open as ChannelReaction, Open as ChannelReactCtx, Open as ChannelReactionChoice, Open as ChannelReactions, Open as ChannelRunSurface,
  Open as ChannelTurnCtx, Open as ChannelControl, Open as ChannelProgressEvent, Open as ChannelLifecycleState,
  Open as ChannelLifecycleCtx, Open as ChannelReplyStreamEnd, Open as ChannelReplyStream, Open as ChannelStreamCtx,
  Open as ChannelCancelledToolCall, Open as ResolveChannelToken, Open as ChannelConnector, Open as AnyChannelConnector,
  Open as ChannelErrorContext, Open as ChannelErrorMessage, Open as ChatAgentOptions, Open as ChatWithUIMessageConfig,
  Open as ChatBuilder, Open as PipeAndCaptureResult, Open as ChatSessionOptions, Open as ChatTurn, Open as ChatLocal,
  Open as ChatStartSessionEndpoint, Open as ChatStartSessionEndpointContext, Open as ChatStartSessionBaseURLResolver,
  Open as ChatStartSessionFetchOverride, Open as CreateChatStartSessionActionOptions, Open as ChatStartSessionParams,
  Open as ChatStartSessionResult, Open as CreateChatLoadTranscriptActionOptions, Open as ChatLoadTranscriptParams,
  Open as LoadContextEvent, Open as MemoryTranscriptStorage, Open as TranscriptChange, Open as TranscriptChangeReason,
  Open as TranscriptChangeset, Open as TranscriptCursors, Open as TranscriptLoadOptions, Open as TranscriptLoadResult,
  Open as TranscriptScope, Open as TranscriptState, Open as TranscriptStorage, Open as TranscriptStorageContext,
  Open as InferChatClientData, Open as InferChatUIMessage, Open as InferChatUIMessageFromTools,
} from "./absent/absent";
