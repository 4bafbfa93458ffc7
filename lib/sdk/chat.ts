// `@trigger.dev/sdk/chat`: the browser's side of chats. None of it is built; the names are those of the published SDK.
import { absentCall, absentClass, type Open } from "./absent/absent";

export const TriggerChatTransport = absentClass("TriggerChatTransport");
export type TriggerChatTransport = Open;
export const AgentChat = absentClass("AgentChat");
export type AgentChat<TAgent = unknown> = Open<TAgent>;
export const ChatStream = absentClass("ChatStream");
export type ChatStream<TMessage = unknown> = Open<TMessage>;
export const createChatTransport = absentCall("createChatTransport");
export const createSubAgentMessages = absentCall("createSubAgentMessages");
export const SUB_AGENT_DATA_TYPE = "data-subagent";
export type {
  Open as ChatTaskWirePayload,
  Open as ChatInputChunk,
  Open as ChatTransportEndpoint,
  Open as ChatTransportEndpointContext,
  Open as ChatBaseURLResolver,
  Open as ChatFetchOverride,
  Open as ChatTransportSendSource,
  Open as ChatActionSettlement,
  Open as ChatActionOptions,
  Open as ChatTransportEvent,
  Open as AccessTokenParams,
  Open as StartSessionParams,
  Open as StartSessionResult,
  Open as ChatSessionPersistedState,
  Open as TriggerChatTransportOptions,
  Open as SubAgentChunkBatch,
  Open as SubAgentDataChunk,
  Open as SubAgentMessages,
  Open as SubAgentMessagesOptions,
  Open as AgentChatOptions,
  Open as ChatSession,
  Open as ChatStreamResult,
  Open as ChatToolCall,
  Open as ChatToolResult,
  Open as InferChatClientData,
  Open as InferChatUIMessage,
} from "./absent/absent";
