import { useOutletContext } from "react-router";
import type { App, Package } from "#console/data/app-queries.ts";

export interface ShownApp {
  readonly app: App;
  /** The package that its spec names; absent while it is being read, and when it is gone. */
  readonly of: Package | undefined;
  readonly project: string;
  readonly mayChange: boolean;
}

/** The app whose page is shown. Only in its tabs. */
export function useShownApp(): ShownApp {
  return useOutletContext<ShownApp>();
}
