// `@trigger.dev/sdk/oidc/aws`: credentials of AWS for a run. Not built; the names are those of the published SDK.
import { absentDefinition } from "./absent/absent";

export const awsCredentialProvider = absentDefinition(
  "awsCredentialProvider",
  "Give the AWS client its keys from process.env, set in the project's .env file",
);
export type { Open as AWSCredentialProviderOptions, Open as AWSCredentials } from "./absent/absent";
