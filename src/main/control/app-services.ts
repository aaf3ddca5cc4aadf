import { VdcError } from "#api/errors.ts";
import type { Services } from "#server/services.ts";
import type { OpenedApps } from "./apps-here.ts";

type AppServices = Pick<Services, "apps" | "packages" | "secrets">;

/** Apps, packages and secrets as the server's handlers see them; all are refused where control has no place to keep them. */
export function appServices(opened: OpenedApps | undefined): AppServices {
  if (opened === undefined) return withoutApps();
  const { apps, packages } = opened;
  return {
    apps: apps.service,
    packages,
    secrets: {
      set: async ({ project, name }, value, by) => ({
        version: await apps.secrets.set({ project, name, value }, by),
      }),
    },
  };
}

function withoutApps(): AppServices {
  const refuse = () =>
    Promise.reject(new VdcError("unsupported", "This control has no data directory to keep apps in."));
  return {
    apps: {
      check: async () => await refuse(),
      plan: refuse,
      rollback: refuse,
      restart: refuse,
      backup: refuse,
      restore: refuse,
      backups: refuse,
      logs: refuse,
      top: refuse,
      exec: refuse,
      engines: refuse,
    },
    packages: { upload: refuse, blob: refuse },
    secrets: { set: refuse },
  };
}
