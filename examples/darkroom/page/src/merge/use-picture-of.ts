import { useState } from "react";
import type { Picture } from "./picture.ts";

/**
 * The full-size picture for as long as it is what was chosen: after a change the previews beneath it are seen, and when the change is taken back, it is there again.
 * `isReady`: the parameters are those that the user sees.
 */
export function usePictureOf(
  parameters: object,
  picture: Picture | undefined,
  isReady: boolean,
): Picture | undefined {
  const [made, setMade] = useState<{ readonly picture: Picture; readonly of: object }>();
  if (picture !== undefined && isReady && made?.picture !== picture) setMade({ picture, of: parameters });
  const isOther = made?.picture === picture && !isSame(made?.of, parameters);
  return isOther ? undefined : picture;
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
