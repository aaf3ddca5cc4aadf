import type { Config, Context } from "#cli/contexts/config.ts";
import { UsageError } from "#cli/usage-error.ts";
import { nearest } from "#lib/nearest.ts";

/** The context that needs no configuration: the control socket of the default data directory. */
export const localContext = "local";

/** Which data center a call talks to, and what it shows there. */
export type Choice =
  | { readonly by: "data"; readonly name: string; readonly data: string | undefined }
  | {
      readonly by: "url";
      readonly name: string;
      readonly url: string;
      readonly token?: string;
      readonly caFingerprint?: string;
      readonly user?: string;
    };

/**
 * The nearest word decides: --data or --context, then VDC_URL or VDC_CONTEXT, then the configuration's current
 * context, then this machine's own data center. VDC_TOKEN stands in for the stored token of whatever was chosen.
 */
export function chooseContext(
  words: { readonly context?: string | undefined; readonly data?: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
  config: Config,
): Choice {
  const given = (name: string) => (env[name] === "" ? undefined : env[name]);
  const token = given("VDC_TOKEN");
  if (words.context !== undefined && words.data !== undefined)
    throw new UsageError("--context and --data name two data centers", "give one of them");
  if (words.data !== undefined) return { by: "data", name: words.data, data: words.data };
  const url = given("VDC_URL");
  if (words.context === undefined && url !== undefined) {
    if (!/^https?:\/\//.test(url)) throw new UsageError("VDC_URL is not an http or https address");
    return { by: "url", name: "VDC_URL", url, ...(token === undefined ? {} : { token }) };
  }
  const name = words.context ?? given("VDC_CONTEXT") ?? config.current ?? localContext;
  const context = config.contexts.find((one) => one.name === name);
  if (context !== undefined) return choiceOf(context, token);
  if (name === localContext) return { by: "data", name, data: undefined };
  throw unknownContext(name, config);
}

export function unknownContext(name: string, config: Config): UsageError {
  const known = [...new Set([...config.contexts.map((context) => context.name), localContext])];
  const meant = nearest(name, known);
  return new UsageError(
    `no context is called '${name}'`,
    meant === undefined ? `there are: ${known.join(", ")}` : `did you mean '${meant}'?`,
  );
}

function choiceOf(context: Context, token: string | undefined): Choice {
  if (context.url === undefined) return { by: "data", name: context.name, data: context.data };
  const { name, url, user, caFingerprint } = context;
  const secret = token ?? context.token;
  return {
    by: "url",
    name,
    url,
    ...(secret === undefined ? {} : { token: secret }),
    ...(caFingerprint === undefined ? {} : { caFingerprint }),
    ...(user === undefined ? {} : { user }),
  };
}
