import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { AwsClient } from "aws4fetch";
import { Unavailable } from "./errors";
import { PacketExists, type PacketStore } from "./packets";

export interface S3Settings {
  /** Such as `https://s3.eu-central-1.amazonaws.com`, without a trailing slash; the bucket is the first part of the path. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Where clients reach the same bucket themselves. None: they read through this server. */
  publicEndpoint: string | undefined;
}

/** The bucket did not answer, or not as one: nothing was stored, and what is there is still there. */
export class StorageUnavailable extends Unavailable {}

export interface S3Packets extends PacketStore {
  /** Writes, reads and removes a packet. Throws `StorageUnavailable` with what the bucket said. */
  check(): Promise<void>;
}

const attempts = 4;
const firstPauseMs = 200;
const answerMs = 20_000;
const addressSeconds = 3_600;

/**
 * Packets in an S3-compatible bucket, under `packets/` and their keys. What `put` has answered the bucket has confirmed. `former`: the
 * store of before, of which what it has is still read.
 */
export function openS3Packets(settings: S3Settings, former: PacketStore): S3Packets {
  const { accessKeyId, secretAccessKey, region, bucket, publicEndpoint } = settings;
  // Its own tries leave out connections that broke.
  const aws = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 0 });
  const urlOf = (endpoint: string, key: string) => `${endpoint}/${bucket}/packets/${key.split("/").map(encodeURIComponent).join("/")}`;

  /** A 2xx, 404 or 412; anything else is `StorageUnavailable`, after some tries where another may help. */
  async function ask(
    method: "GET" | "HEAD" | "PUT" | "DELETE",
    key: string,
    sent: { body?: Buffer<ArrayBuffer>; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const answer = await aws
        .fetch(urlOf(settings.endpoint, key), { method, ...sent, signal: AbortSignal.timeout(answerMs) })
        .catch(toError);
      if (answer instanceof Response && (answer.ok || answer.status === 404 || answer.status === 412)) return answer;
      const said = answer instanceof Error ? reasonOf(answer) : `${answer.status} ${codeIn(await answer.text())}`;
      const mayPass = answer instanceof Error || answer.status >= 500 || answer.status === 429 || answer.status === 409;
      if (attempt === attempts || !mayPass)
        throw new StorageUnavailable(`The bucket ${bucket} at ${settings.endpoint} does not serve ${method}: ${said}.`);
      await new Promise((resolve) => setTimeout(resolve, firstPauseMs * 2 ** (attempt - 1)));
    }
  }

  async function read(key: string): Promise<{ data: Buffer; dataType: string } | null> {
    const answer = await ask("GET", key);
    const data = Buffer.from(await answer.arrayBuffer());
    return answer.ok ? { data, dataType: typeOf(answer) } : null;
  }

  const isThere = async (key: string) => (await ask("HEAD", key)).ok;

  /** False: something is there. */
  async function write(key: string, data: Buffer<ArrayBuffer>, dataType: string): Promise<boolean> {
    // Buckets that know the condition are exact about it, the others ignore it.
    if (await isThere(key)) return false;
    const sum = createHash("sha256").update(data).digest("hex");
    const answer = await ask("PUT", key, {
      body: data,
      headers: { "content-type": dataType, "content-disposition": "attachment", "if-none-match": "*", "x-amz-content-sha256": sum },
    });
    await answer.body?.cancel();
    if (answer.status === 404) throw new StorageUnavailable(`There is no bucket ${bucket} at ${settings.endpoint}.`);
    return answer.ok;
  }

  const store: PacketStore = {
    async put(key, content, dataType) {
      const data = Buffer.from(content);
      if (await write(key, data, dataType)) return;
      const there = await read(key);
      if (there?.dataType !== dataType || !there.data.equals(data)) throw new PacketExists(`packet ${key} has been written already`);
    },
    async get(key) {
      const found = await read(key);
      return found === null ? former.get(key) : { data: found.data.toString("utf8"), dataType: found.dataType };
    },
    async open(key) {
      const answer = await ask("GET", key);
      const { body } = answer;
      if (answer.ok && body !== null) {
        // Node's and the DOM's stream types differ in name only.
        return {
          stream: Readable.fromWeb(body as ReadableStream),
          dataType: typeOf(answer),
          size: Number(answer.headers.get("content-length")),
        };
      }
      await body?.cancel();
      return former.open(key);
    },
    async remove(key) {
      await (await ask("DELETE", key)).body?.cancel();
      await former.remove(key);
    },
    async address(key) {
      if (publicEndpoint === undefined || !(await isThere(key))) return null;
      const { url } = await aws.sign(`${urlOf(publicEndpoint, key)}?X-Amz-Expires=${addressSeconds}`, {
        method: "GET",
        aws: { signQuery: true },
      });
      return url;
    },
  };

  return {
    ...store,
    async check() {
      const [key, text] = [`check/${randomBytes(16).toString("hex")}`, "Signalbox can write here."];
      await store.put(key, text, "text/plain");
      const there = await store.get(key);
      await store.remove(key);
      if (there?.data !== text || there.dataType !== "text/plain")
        throw new StorageUnavailable(`The bucket ${bucket} at ${settings.endpoint} does not give back what it was given.`);
    },
  };
}

const typeOf = (answer: Response): string => answer.headers.get("content-type")?.split(";")[0]?.trim() ?? "";
const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
/** `fetch` says only that it failed; what failed is its cause. */
const reasonOf = (error: Error): string => (error.cause instanceof Error ? error.cause.message || error.message : error.message);
/** Of the XML that buckets answer with. */
const codeIn = (text: string): string => /<Code>(\w{1,60})<\/Code>/.exec(text)?.[1] ?? "";
