import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { start } from "../lib/start.ts";
import { forgetAnswers } from "./kept-answers.ts";
import { forgetOriginals } from "./originals.ts";
import { ownServer, SignedOut, type Me } from "./own-server.ts";
import { forgetPreviews } from "./previews.ts";
import { forgetRuns } from "../merge/run-records.ts";

/** Undefined: without a network, or not asked yet; the page works with what lies here. */
const Session = createContext<Me | undefined>(undefined);

export function useMe(): Me | undefined {
  return useContext(Session);
}

/**
 * Who uses the page. Whoever is not signed in is sent to the data center's console once; without a network the page opens all the same, and says so.
 */
export function SessionGate(props: { readonly children: ReactNode; readonly loading: ReactNode }) {
  const [me, setMe] = useState<Me>();
  const [isSettled, setSettled] = useState(false);
  useEffect(() => {
    let isGone = false;
    const look = async (): Promise<void> => {
      try {
        const found = await ownServer.me();
        await keepOnlyOf(found.user);
        if (!isGone) setMe(found);
      } catch (error) {
        if (error instanceof SignedOut) return signIn();
      }
      if (!isGone) setSettled(true);
    };
    start("Darkroom could not ask who you are", look);
    return () => {
      isGone = true;
    };
  }, []);
  return <Session value={me}>{isSettled ? props.children : props.loading}</Session>;
}

export function signIn(): void {
  const to = window.location.pathname + window.location.search;
  window.location.assign(`/sign-in?to=${encodeURIComponent(to)}`);
}

/** Ends the session here: what this browser kept goes with it. */
export async function signOut(): Promise<void> {
  await ownServer.signOut();
  await keepOnlyOf("");
  window.location.assign("/");
}

const lastUserKey = "darkroom-user";

/** What the browser keeps belongs to one user: another one finds nothing of it. */
async function keepOnlyOf(user: string): Promise<void> {
  if (localStorage.getItem(lastUserKey) === user) return;
  forgetRuns();
  await Promise.all([forgetAnswers(), forgetPreviews(), forgetOriginals()]);
  localStorage.setItem(lastUserKey, user);
}
