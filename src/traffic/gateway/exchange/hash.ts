/** FNV-1a of 32 bits (draft-eastlake-fnv). For spreading, never for secrets. */
export function fnv1a(text: string, seed = 0x811c9dc5): number {
  let hash = seed | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Names a member in a sticky cookie without saying its id. */
export function memberKey(poolId: string, memberId: string): string {
  const first = fnv1a(`${poolId} ${memberId}`);
  const second = fnv1a(`${memberId} ${poolId}`, first ^ 0x9e3779b9);
  return first.toString(36).padStart(7, "0") + second.toString(36).padStart(7, "0");
}
