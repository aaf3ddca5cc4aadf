const maxNames = 100;

/** `name`, or `name-2`, `name-3`, … */
export async function freeName(name: string, isTaken: (name: string) => Promise<boolean>): Promise<string> {
  for (let number = 1; number <= maxNames; number += 1) {
    const candidate = number === 1 ? name : `${name.slice(0, 59)}-${number}`;
    // One after the other: the first free one is wanted, and it is nearly always the first.
    if (!(await isTaken(candidate))) return candidate;
  }
  throw new Error(`all names from ${name} to ${name}-${maxNames} are taken`);
}
