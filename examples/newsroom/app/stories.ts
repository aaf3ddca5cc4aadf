export const sections = ["Politics", "City", "Business", "Science", "Culture"] as const;
export type Section = (typeof sections)[number];

export interface Story {
  readonly slug: string;
  readonly section: Section;
  readonly headline: string;
  readonly lead: string;
  readonly byline: string;
  readonly minutesAgo: number;
  /** What the picture shows; see art.ts. */
  readonly scene: "harbour" | "hall" | "market" | "sky" | "stage" | "street" | "field";
  readonly caption: string;
  readonly body: readonly string[];
}

export const stories: readonly Story[] = [
  {
    slug: "polls-close-on-the-islands",
    section: "Politics",
    headline: "Polls close on the islands as the count begins",
    lead: "Ballot boxes left the outer islands by boat before sunset. The first districts are already counted, and it will be a long night.",
    byline: "Mara Lindqvist",
    minutesAgo: 12,
    scene: "harbour",
    caption: "The last ballot boat enters the inner harbour.",
    body: [
      "The ferry that carries the ballot boxes is the same one that carries the milk. At six in the evening it left the outermost pier with eleven sealed boxes, two election officers and, as every year, a dog that belongs to nobody in particular.",
      "Turnout is the highest in twenty years. In the northern district, people stood in line along the sea wall well past the hour, and the officers let in everybody who had been in the line when the bell rang.",
      "The question of the night is the new tidal works. The Harbour List wants to build it on the east mole; the Greens want it off the point, where the current is stronger and the herring are not. The Citizens want to ask again in two years.",
      "Each district reports when it is done, and not before. Results arrive on our results page the moment they are signed.",
    ],
  },
  {
    slug: "old-fish-hall-becomes-library",
    section: "City",
    headline: "The old fish hall becomes a library",
    lead: "For a century it smelled of herring. From spring on it will smell of paper: the council bought the building for one symbolic coin.",
    byline: "Teo Alvarez",
    minutesAgo: 47,
    scene: "hall",
    caption: "Cast iron, north light, and room for two hundred thousand books.",
    body: [
      "The hall's iron columns were cast in the same year as the lighthouse lamp. They are hollow: rain from the roof runs through them into cisterns below the floor, which once kept the fish cool and will now keep the archive at fourteen degrees.",
      "“We did not have to invent anything,” says the architect. “We had to stop other people from inventing things.” The auctioneer's clock stays. So does the bell.",
      "The move begins in March, with a human chain from the old reading room. Volunteers can put down their names at the harbour office.",
    ],
  },
  {
    slug: "small-yards-order-books-full",
    section: "Business",
    headline: "Small yards have full order books again",
    lead: "Electric pilot boats, wooden ferries, a floating sauna: the waterfront's four shipyards are hiring for the first time in a decade.",
    byline: "Ines Okafor",
    minutesAgo: 95,
    scene: "street",
    caption: "A new pilot boat leaves the shed, sideways, as the slip is too short.",
    body: [
      "A year ago there were nineteen people on the payroll of the oldest yard. Today there are fifty-two, and the foreman keeps a list of retired riggers whom he telephones on Sundays.",
      "The orders are small ones. Nobody here builds tankers; what they build is finished by hand and repaired for forty years. That, the owners say, is the business: not the launch, but the winters after it.",
      "The bottleneck is oak. The forest that was planted for the navy two centuries ago is ripe now, and the navy no longer asks for it.",
    ],
  },
  {
    slug: "comet-over-the-roofs",
    section: "Science",
    headline: "A comet over the roofs, without a telescope",
    lead: "It is brighter than expected and rises just after supper. Look west, above the cranes, and wait for your eyes.",
    byline: "Dr. Pema Norbu",
    minutesAgo: 150,
    scene: "sky",
    caption: "The tail points away from the sun, whichever way the comet flies.",
    body: [
      "It was found in spring by a school class that compared two photographs and asked why one star had moved. For most of the summer it was a smudge. Then it passed the sun, lost some of its ice, and grew a tail of eleven degrees.",
      "The best hour is the one after dusk. The harbour authority switches off the quay lights on the east side until Sunday; the ships do not mind, they have been told.",
      "It will be back in 6,200 years. The observatory is open until midnight, and has cocoa.",
    ],
  },
  {
    slug: "an-opera-for-foghorns",
    section: "Culture",
    headline: "An opera for foghorns and one soprano",
    lead: "Seven ships, a choir on the breakwater and a score that is read by flag. The audience brings blankets.",
    byline: "Jun Watanabe",
    minutesAgo: 210,
    scene: "stage",
    caption: "Rehearsal: the tugs tune to the lighthouse, which is slightly flat.",
    body: [
      "A foghorn has one note and takes four seconds to begin it. So the composer wrote the piece backwards: first the echoes, which she measured from the sea wall, and then the horns that make them.",
      "The soprano stands in the lantern room of the lighthouse. She is heard without amplification, because the score leaves silence for her: ninety-one seconds, in which seven captains keep their hands in their pockets.",
      "Two performances, weather permitting. Fog would be ideal.",
    ],
  },
  {
    slug: "market-returns-to-the-quay",
    section: "City",
    headline: "The market returns to the quay",
    lead: "After three years of building work, stalls stand by the water again: apples, ropes, second-hand radios and the famous cardamom buns.",
    byline: "Teo Alvarez",
    minutesAgo: 280,
    scene: "market",
    caption: "Forty stalls, and a queue for only one of them.",
    body: [
      "The new paving drains in a minute, which was tested on opening day by the sky itself. Nobody left.",
      "Rents are set by the length of the stall and paid in the evening, in coins, into a wooden box. The council tried an app for it. The box won.",
    ],
  },
  {
    slug: "rye-that-drinks-salt",
    section: "Science",
    headline: "The rye that drinks salt",
    lead: "On fields that the sea took back, an old variety grows as if nothing had happened. A seed bank kept eleven grains of it.",
    byline: "Dr. Pema Norbu",
    minutesAgo: 340,
    scene: "field",
    caption: "Third harvest on the flooded polder.",
    body: [
      "The envelope said “do not bother” in pencil. A student bothered. From eleven grains came four plants, from four plants a row, and this autumn the row is nine hectares.",
      "It yields half of what modern rye does on good soil, and all of what anything does on this one. The bread tastes faintly of the shore; bakers say that they can save the salt.",
    ],
  },
];

export function storyBySlug(slug: string): Story | undefined {
  return stories.find((story) => story.slug === slug);
}
