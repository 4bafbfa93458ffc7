import { absentCall } from "./absent";

// Exports of the published SDK that its own tests use. They are names that can be imported, so they exist.
export const __setTranscriptStorageForTests = absentCall("__setTranscriptStorageForTests");
export const __readChatSnapshotProductionPathForTests = absentCall("__readChatSnapshotProductionPathForTests");
export const __setReadChatSnapshotImplForTests = absentCall("__setReadChatSnapshotImplForTests");
export const __setWriteChatSnapshotImplForTests = absentCall("__setWriteChatSnapshotImplForTests");
export const __writeChatSnapshotProductionPathForTests = absentCall("__writeChatSnapshotProductionPathForTests");
export const __mergeByIdReplaceWinsForTests = absentCall("__mergeByIdReplaceWinsForTests");
export const __setReplaySessionOutTailImplForTests = absentCall("__setReplaySessionOutTailImplForTests");
export const __replaySessionOutTailProductionPathForTests = absentCall("__replaySessionOutTailProductionPathForTests");
export const __setReplaySessionInTailImplForTests = absentCall("__setReplaySessionInTailImplForTests");
export const __replaySessionInTailProductionPathForTests = absentCall("__replaySessionInTailProductionPathForTests");
export const __resetChatInputRouterForTests = absentCall("__resetChatInputRouterForTests");
export const __chatInputCheckpointForTests = absentCall("__chatInputCheckpointForTests");
export const __findLatestSessionInCheckpointForTests = absentCall("__findLatestSessionInCheckpointForTests");
export const __buildManagedStreamTextOptionsForTests = absentCall("__buildManagedStreamTextOptionsForTests");
export const __makeChannelStreamEditorForTests = absentCall("__makeChannelStreamEditorForTests");
export const __makeChannelStreamTapForTests = absentCall("__makeChannelStreamTapForTests");
export const __makeChannelProgressObserverForTests = absentCall("__makeChannelProgressObserverForTests");
export const __makeChannelLifecycleReporterForTests = absentCall("__makeChannelLifecycleReporterForTests");
export const __waitForChannelEgressForTests = absentCall("__waitForChannelEgressForTests");
