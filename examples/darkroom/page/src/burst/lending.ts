const key = "darkroom.lends";

/** Whether the user said once that this browser may work along at merges; it is asked anew in every browser. */
export function lendsCores(): boolean {
  return localStorage.getItem(key) === "yes";
}

export function keepLending(isLent: boolean): void {
  if (isLent) localStorage.setItem(key, "yes");
  else localStorage.removeItem(key);
}
