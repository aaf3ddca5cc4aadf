import { VdcError } from "#api/errors.ts";
import type { Services } from "#server/services.ts";

type Part = Pick<Services, "apps" | "packages" | "secrets" | "traffic">;

/** Apps, packages, secrets and traffic as the server's handlers see them. */
export function appServices(): Part {
  const absent = () => Promise.reject(new VdcError("unavailable", "Apps are not yet part of this control."));
  const none = () => {
    throw new VdcError("unavailable", "Traffic is not yet part of this control.");
  };
  return {
    apps: {
      check: () => Promise.resolve([]),
      plan: absent,
      rollback: absent,
      restart: absent,
      backup: absent,
      restore: absent,
      backups: absent,
      logs: absent,
      top: absent,
      exec: absent,
      engines: absent,
    },
    packages: { upload: absent, blob: absent },
    secrets: { set: absent },
    traffic: { samples: none, requests: none, gateways: absent },
  };
}
