import type { Method, Route } from "#api/route.ts";

/** The methods that the contract has for a path: none means that there is no such address. */
export function methodsOf(routes: readonly Route[], path: string): readonly Method[] {
  const segments = path.split("/");
  return routes.filter((route) => matches(route.path.split("/"), segments)).map((route) => route.method);
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, at) => (part.startsWith("{") ? segments[at] !== "" : part === segments[at]));
}
