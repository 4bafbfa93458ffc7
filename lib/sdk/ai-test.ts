// `@trigger.dev/sdk/ai/test`: tools for tests of agents. None of it is built; the names are those of the published SDK.
import { absentCall } from "./absent/absent";

export const mockChatAgent = absentCall("mockChatAgent");
export const runTranscriptStorageTests = absentCall("runTranscriptStorageTests");
export const recordingChannelConnector = absentCall("recordingChannelConnector");
export const runInMockTaskContext = absentCall("runInMockTaskContext");
export const DEFAULT_TEST_CONNECTOR_ID = "test-channel";
export type {
  Open as MockChatAgentOptions,
  Open as MockChatAgentHarness,
  Open as MockChatAgentTurn,
  Open as SeededChannelDelivery,
  Open as TranscriptStorageTestOptions,
  Open as RecordingChannelConnector,
  Open as RecordingChannelConnectorOptions,
  Open as RecordedSend,
  Open as RecordedReaction,
  Open as RecordedFinalize,
  Open as RecordedLifecycle,
  Open as RecordedReplyStream,
  Open as RecordedCancel,
  Open as TestChannelEvent,
  Open as TestChannelHandle,
  Open as MockTaskContextDrivers,
  Open as MockTaskContextOptions,
} from "./absent/absent";
