/**
 * Text of others for people's eyes. What draws nothing, or draws something else than what is there, is made visible or taken
 * away; line breaks and tabs stay.
 */

/** Escape sequences of terminals: colours and cursor (CSI), titles and links (OSC and its kin, up to BEL or ST), and two-character ones. */
const terminalSequence =
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  /[\u001b\u009b](?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?<=\u009b)[0-?]*[ -/]*[@-~]|[ -/]*[0-~])?/g;

/** Control characters but tab and line break; marks that turn the order of letters round; spaces without width, lone halves of pairs. */
const unseen =
  // oxlint-disable-next-line no-control-regex -- as above
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** `\u202e`, as JSON writes it: for data, in which every character counts. */
export const visibleText = (text: string): string =>
  text.replaceAll("\r\n", "\n").replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Without the colours that programs write for a terminal: for logs, errors, names and notes. */
export const readableText = (text: string): string => visibleText(text.replace(terminalSequence, ""));
