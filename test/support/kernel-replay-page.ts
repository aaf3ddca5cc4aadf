// The script of a page that makes recorded calls again: a test bundles it, and asks for `replayed`.
import { replayCalls } from "./kernel-replay.ts";

Object.assign(globalThis, {
  replayed: replayCalls(async (name) => {
    const answer = await fetch(`/${name}`);
    if (!answer.ok) throw new Error(`${name} answered ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }),
});
