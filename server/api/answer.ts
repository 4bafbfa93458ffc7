import type { Packet } from "@/lib/contracts/run";
import { EngineError } from "../engine/error";
import { parseJson } from "./body";
import { answerPacket } from "./payload";

/**
 * What a callback's body is, as the answer of its token. Whoever calls back cannot be told what to send, and often names no type or
 * the wrong one, so an object or a list of JSON is taken for what it is under any. Else a form is its fields, and text (XML too) is
 * text. What is none of these, or is not what it says, is refused: an answer must not turn into nothing.
 */
export function readAnswer(body: Buffer, contentType: string | undefined): Packet {
  const [type = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim());
  const name = type.toLowerCase();
  const text = decode(body, parameters);
  if (text.trim() === "") return answerPacket({});
  if (isJson(name)) return answerPacket(parseJson(text));
  const found = jsonIn(text);
  if (found !== undefined && (typeof found === "object" || name === "")) return answerPacket(found);
  if (name === "application/x-www-form-urlencoded") return answerPacket(fieldsOf(text));
  if (name === "" || name.startsWith("text/") || isXml(name)) return answerPacket(text);
  throw new EngineError(
    400,
    `The body is of type ${JSON.stringify(name.slice(0, 60))}, which no answer is read from. Send JSON, a form (application/x-www-form-urlencoded), text or XML.`,
  );
}

const isJson = (name: string) => name === "application/json" || name === "text/json" || name.endsWith("+json");
const isXml = (name: string) => name === "application/xml" || name.endsWith("+xml");

/** Null counts as a value; undefined: it is no JSON. */
function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** A field that comes several times is a list. */
function fieldsOf(text: string): Record<string, string | string[]> {
  const all = new URLSearchParams(text);
  const names = [...new Set(all.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = all.getAll(name);
      const [only] = values;
      return [name, values.length === 1 && only !== undefined ? only : values];
    }),
  );
}

function decode(body: Buffer, parameters: readonly string[]): string {
  const charset =
    parameters
      .find((parameter) => /^charset=/i.test(parameter))
      ?.slice(8)
      .replaceAll('"', "") ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    throw new EngineError(400, `The body is not text in ${JSON.stringify(charset.slice(0, 40))}. Send it in UTF-8, or name its charset.`);
  }
}
