/** What stood in the form of an answer. */
export interface AnswerDraft {
  way: "form" | "custom";
  text: string;
  custom: string;
  note: string;
}

/** By token: what was answered and has not been taken by the server, for the case that it is taken back. */
export const undoneAnswers = new Map<string, AnswerDraft>();
