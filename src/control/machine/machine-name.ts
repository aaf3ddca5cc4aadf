/** The name of the machine resource of a host: its host name made an RFC 1123 label; `this-host` when nothing is left. */
export function machineName(hostname: string): string {
  const label = hostname
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 64)
    .replace(/^-/, "")
    .slice(0, 63)
    .replace(/-$/, "");
  return label === "" ? "this-host" : label;
}
