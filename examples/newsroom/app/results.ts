/**
 * The count of an election that never ends: a function of time alone, so that every copy of the server tells the same
 * numbers without talking to the others. One count takes ten minutes; then the next begins.
 */
export interface Results {
  readonly countedPercent: number;
  readonly districts: readonly {
    readonly name: string;
    readonly leader: string;
    readonly counted: boolean;
  }[];
  readonly parties: readonly {
    readonly name: string;
    readonly key: string;
    readonly votes: number;
    readonly percent: number;
  }[];
  readonly votes: number;
}

const countMs = 600_000;

const parties = [
  { name: "Harbour List", key: "harbour", lean: 0.34 },
  { name: "Greens of the Point", key: "greens", lean: 0.31 },
  { name: "Citizens", key: "citizens", lean: 0.22 },
  { name: "The Lighthouse Party", key: "lighthouse", lean: 0.13 },
] as const;

const districts = [
  "Inner Harbour",
  "North Wall",
  "Ropewalk",
  "Fish Market",
  "Old Town",
  "East Mole",
  "Saltmarsh",
  "Pilots' Hill",
  "Cannery",
  "Lantern Street",
  "Outer Skerries",
  "West Point",
];

export function resultsAt(now: number): Results {
  const round = Math.floor(now / countMs);
  const progress = (now % countMs) / countMs;
  const counted = districts.map((name, at) => {
    const begins = (noise(round, at, 99) * 0.8 + at / districts.length) / 2;
    const share = Math.min(1, Math.max(0, (progress - begins * 0.9) / 0.18));
    const voters = 1800 + Math.floor(noise(round, at, 7) * 5200);
    const leans = parties.map((party, which) => party.lean * (0.6 + noise(round, at, which) * 0.8));
    const sum = leans.reduce((a, b) => a + b, 0);
    return { name, share, votes: leans.map((lean) => Math.floor((lean / sum) * voters * share)) };
  });
  const votes = parties.map((_, which) =>
    counted.reduce((sum, district) => sum + (district.votes[which] ?? 0), 0),
  );
  const all = votes.reduce((a, b) => a + b, 0);
  return {
    countedPercent: Math.round((counted.reduce((sum, { share }) => sum + share, 0) / districts.length) * 100),
    votes: all,
    parties: parties.map(({ name, key }, which) => ({
      name,
      key,
      votes: votes[which] ?? 0,
      percent: all === 0 ? 0 : Math.round(((votes[which] ?? 0) / all) * 1000) / 10,
    })),
    districts: counted.map(({ name, share, votes: own }) => ({
      name,
      counted: share === 1,
      leader: share === 0 ? "" : (parties[own.indexOf(Math.max(...own))]?.key ?? ""),
    })),
  };
}

/** Uniform in [0, 1), the same for the same three numbers. */
function noise(a: number, b: number, c: number): number {
  let x =
    Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^
    Math.imul(b + 0x165667b1, 0xc2b2ae35) ^
    Math.imul(c + 1, 0x27d4eb2f);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}
