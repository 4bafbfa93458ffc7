import { z } from "zod";
import type { ApiRequestOptions } from "@/lib/client/http";
import { requestPages } from "@/lib/client/pages";
import { apiClient } from "./api";

const ApiDeployment = z.object({
  id: z.string(),
  createdAt: z.coerce.date(),
  shortCode: z.string(),
  version: z.string(),
  runtime: z.string().nullable(),
  runtimeVersion: z.string().nullable(),
  status: z.enum(["PENDING", "BUILDING", "DEPLOYING", "DEPLOYED", "FAILED", "CANCELED", "TIMED_OUT"]),
  deployedAt: z.coerce.date().optional(),
  git: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ name: z.string(), message: z.string(), stack: z.string().optional(), stderr: z.string().optional() }).optional(),
  externalId: z.string().nullish(),
});
export type ApiDeploymentListResponseItem = z.infer<typeof ApiDeployment>;
export type RetrieveCurrentDeploymentResponseBody = ApiDeploymentListResponseItem;

export interface ListDeploymentsParams {
  status?: ApiDeploymentListResponseItem["status"] | undefined;
  /** ISO date. */
  from?: string | undefined;
  to?: string | undefined;
  /** Duration up to now. */
  period?: string | undefined;
  /** Id of the last one seen. */
  cursor?: string | undefined;
  /** Default 20, at most 100. */
  limit?: number | undefined;
}

export const deployments = {
  /** The version on which runs start now. */
  retrieveCurrent: (options?: ApiRequestOptions) => apiClient().request(ApiDeployment, "/api/v1/deployments/current", { options }),
  /** Newest first. */
  list: ({ cursor, limit, ...filter }: ListDeploymentsParams = {}, options?: ApiRequestOptions) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value);
    return requestPages(apiClient(), {
      path: "/api/v1/deployments",
      item: ApiDeployment,
      query,
      params: { limit, after: cursor },
      options,
    });
  },
};
