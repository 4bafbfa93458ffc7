"use client";
import type { TokenRow } from "@/lib/contracts/token";
import { CodeBlock } from "../ui/code-block";

/** The same answer from a script, another service or an application. */
export const Elsewhere = ({ token, url, origin }: { token: TokenRow; url: string; origin: string }) => (
  <details className="border-t border-line pt-3">
    <summary className="cursor-pointer font-medium">Answer from elsewhere</summary>
    <div className="mt-2 flex flex-col gap-3">
      <div>
        <p className="mb-1 text-sm text-faint">
          Callback URL. Whoever has it can answer, once: give it to a service as its webhook, and to nobody else.
        </p>
        <CodeBlock code={url} label="Copy callback URL" />
      </div>
      <div>
        <p className="mb-1 text-sm text-faint">curl</p>
        <CodeBlock
          code={`curl -X POST '${url}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"approved": true}'`}
          label="Copy curl"
        />
      </div>
      <div>
        <p className="mb-1 text-sm text-faint">SDK, with TRIGGER_API_URL={origin} and a secret key</p>
        <CodeBlock
          code={`import { wait } from "@trigger.dev/sdk";\n\nawait wait.completeToken(${JSON.stringify(token.id)}, { approved: true });`}
          label="Copy SDK code"
        />
      </div>
    </div>
  </details>
);
