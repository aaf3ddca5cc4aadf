// In this order: later names also say the earlier ones' for compatibility.
const browsers = [
  { pattern: /Edg\/(\d+)/, name: "Edge" },
  { pattern: /OPR\/(\d+)/, name: "Opera" },
  { pattern: /Firefox\/(\d+)/, name: "Firefox" },
  { pattern: /(?:Headless)?Chrome\/(\d+)/, name: "Chrome" },
  { pattern: /Version\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari/, name: "Safari" },
] as const;

const systems = [
  { pattern: /Android/, name: "Android" },
  { pattern: /iPhone|iPad/, name: "iOS" },
  { pattern: /Windows/, name: "Windows" },
  { pattern: /Mac OS X/, name: "macOS" },
  { pattern: /Linux/, name: "Linux" },
] as const;

/** `Chrome 140 on Linux`, for people; what it does not know it shows as it came. */
export function browserName(userAgent: string): string {
  if (userAgent === "") return "Unknown browser";
  for (const { pattern, name } of browsers) {
    const match = pattern.exec(userAgent);
    if (match === null) continue;
    const system = systems.find((candidate) => candidate.pattern.test(userAgent));
    return `${name} ${match[1] ?? ""}${system === undefined ? "" : ` on ${system.name}`}`;
  }
  return userAgent.slice(0, 60);
}
