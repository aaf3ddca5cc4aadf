import { accountRoutes } from "./routes/accounts.ts";
import { appRoutes } from "./routes/apps.ts";
import { burstJobRoutes } from "./routes/burst-jobs.ts";
import { burstMoneyRoutes } from "./routes/burst-money.ts";
import { centerRoutes } from "./routes/center.ts";
import { incidentRoutes } from "./routes/incidents.ts";
import { objectRoutes } from "./routes/objects.ts";
import { recordRoutes } from "./routes/records.ts";
import { signInRoutes } from "./routes/sign-in.ts";

/** Every route that is not made from a kind. */
export const fixedRoutes = {
  ...signInRoutes,
  ...accountRoutes,
  ...recordRoutes,
  ...centerRoutes,
  ...appRoutes,
  ...objectRoutes,
  ...incidentRoutes,
  ...burstJobRoutes,
  ...burstMoneyRoutes,
};
export type FixedRoutes = typeof fixedRoutes;
export type FixedRouteId = keyof FixedRoutes;
