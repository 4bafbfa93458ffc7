import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";
import type { S3Settings } from "@/server/db/s3-packets";

/** A server that speaks S3, with one bucket. It knows one access key, and does not look at who may what. */
export interface TestBucket {
  settings: S3Settings;
  /** As long as it is down its address refuses connections. */
  down(): Promise<void>;
  close(): Promise<void>;
}

export async function openTestBucket(): Promise<TestBucket> {
  const directory = await mkdtemp(join(tmpdir(), "signalbox-s3-"));
  const bucket = "my-packets";
  const server = new S3rver({ port: 0, address: "127.0.0.1", silent: true, directory, configureBuckets: [{ name: bucket }] });
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  let isUp = true;
  async function down(): Promise<void> {
    if (!isUp) return;
    isUp = false;
    server.httpServer.closeAllConnections();
    await server.close();
  }
  return {
    settings: { endpoint, bucket, region: "us-east-1", accessKeyId: "S3RVER", secretAccessKey: "S3RVER", publicEndpoint: endpoint },
    down,
    async close() {
      await down();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
