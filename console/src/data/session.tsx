import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, type ComponentType, type ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import type { Me } from "#api/accounts.ts";
import { VdcError } from "#api/errors.ts";
import { api, onSignedOut } from "#console/data/api.ts";
import { queryClient } from "#console/data/cache.ts";
import { createFeedControl } from "#console/data/feed-control.ts";
import { meQuery, projectsQuery } from "#console/data/queries.ts";
import { createStore, useStore } from "#console/lib/store.ts";

/** The feed tells of projects won and lost, but not of an account that was changed: that is asked for this often. */
const rightsMs = 60_000;

/** True from the moment when the server says that the session is over until somebody signed in again. */
const expired = createStore(false);
export const feed = createFeedControl();

export function useSessionExpired(): boolean {
  return useStore(expired);
}

const MeContext = createContext<Me | undefined>(undefined);

/** Who is signed in. Only under `SessionGate`. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === undefined) throw new Error("useMe is called under SessionGate");
  return me;
}

/** Where to go after sign-in: a path of ours and nothing else, so that a link cannot lead to another site. */
export function safeReturnTo(wanted: string | null): string {
  if (wanted === null || !wanted.startsWith("/") || /^\/[/\\]/.test(wanted)) return "/";
  return wanted.startsWith("/signin") || wanted.startsWith("/v1/") ? "/" : wanted;
}

/** After a sign-in: the same person goes on where they were, another one starts with an empty cache. */
export async function signedIn(me: Me): Promise<void> {
  const before = queryClient.getQueryData<Me>(meQuery.queryKey);
  if (before !== undefined && before.name !== me.name) queryClient.clear();
  queryClient.setQueryData(meQuery.queryKey, me);
  expired.set(false);
  await queryClient.invalidateQueries({ predicate: (query) => query.state.status === "error" });
  feed.restart();
}

export async function signOut(): Promise<void> {
  await api.call(api.routes["auth.sign-out"]);
  forgetSession();
}

/** Leaves by loading the sign-in page anew: nothing of the session stays in memory. */
function forgetSession(): void {
  window.location.assign("/signin");
}

/** Lets its children be seen by those who are signed in, and runs the feed for them. */
export function SessionGate(props: {
  children: ReactNode;
  loading: ReactNode;
  Failed: ComponentType<{ readonly error: unknown }>;
}) {
  const location = useLocation();
  const me = useQuery({ ...meQuery, refetchInterval: rightsMs });
  // The first list also says at which revision the feed begins, so no change falls between reading and watching.
  const first = useQuery({ ...projectsQuery, enabled: me.isSuccess });
  useEffect(
    () => onSignedOut(() => queryClient.getQueryData(meQuery.queryKey) !== undefined && expired.set(true)),
    [],
  );
  // Who lost a project has it still in the list; who won one has it by the feed or gets it here.
  const rights = me.data === undefined ? "" : Object.keys(me.data.projects).toSorted().join();
  const before = useRef(rights);
  useEffect(() => {
    if (before.current === rights) return;
    const had = before.current !== "";
    before.current = rights;
    if (had) void queryClient.invalidateQueries({ queryKey: projectsQuery.queryKey });
  }, [rights]);
  const revision = first.data?.revision;
  const ready = me.data !== undefined && revision !== undefined;
  useEffect(() => {
    if (!ready) return;
    feed.start(revision);
    return () => feed.stop();
    // The feed begins once; later reads of the list do not move it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [ready]);

  if (me.data === undefined && me.error instanceof VdcError && me.error.code === "unauthenticated") {
    const here = location.pathname + location.search;
    return <Navigate to={here === "/" ? "/signin" : `/signin?to=${encodeURIComponent(here)}`} replace />;
  }
  const error = me.data === undefined ? me.error : first.data === undefined ? first.error : null;
  if (error !== null) return <props.Failed error={error} />;
  if (!ready) return props.loading;
  return <MeContext value={me.data}>{props.children}</MeContext>;
}
