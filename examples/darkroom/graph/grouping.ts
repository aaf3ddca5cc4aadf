/** What grouping looks at: of each photo when it was taken, and how. */
export interface GroupedPhoto {
  readonly hash: string;
  readonly width: number;
  readonly height: number;
  /** ISO 8601, local or with offset. */
  readonly takenAt?: string | undefined;
  readonly camera?: string | undefined;
  readonly exposureSeconds?: number | undefined;
  readonly aperture?: number | undefined;
  readonly iso?: number | undefined;
  readonly focalLength?: number | undefined;
}

export interface FoundGroup {
  readonly kind: "bracket" | "panorama" | "hdr-panorama";
  readonly photos: readonly string[];
}

/** From the end of one photo to the next of the same bracket; a camera on a slow card needs a second or two. */
const bracketGapMs = 2_500;
/** A photographer turns and shoots on within this. */
const panoramaGapMs = 12_000;
/** Steps of a bracket are larger; less is the camera metering anew, as it does in a panorama. */
const leastStops = 0.6;
const maxBracket = 15;

/**
 * Finds brackets (the same view at different exposures, in quick succession), panoramas (views at about one exposure, turned from one to the next) and panoramas of brackets (equal brackets one
 * after another). Photos are taken in the order of their times; what has no time or no exposure belongs to no group. Pure.
 */
export function findGroups(photos: readonly GroupedPhoto[]): readonly FoundGroup[] {
  const timed = inTime(photos);
  const brackets = splitBrackets(timed);
  return joinPanoramas(brackets);
}

/**
 * The views of an HDR panorama: photos one after another, of which each so many are the same exposures again. In the order of their times; undefined when they are no such set. Pure.
 */
export function viewsOf(photos: readonly GroupedPhoto[]): readonly (readonly string[])[] | undefined {
  const timed = inTime(photos);
  if (timed.length !== photos.length) return undefined;
  for (let size = 2; size <= Math.min(maxBracket, timed.length / 2); size += 1) {
    if (timed.length % size !== 0) continue;
    const views = Array.from({ length: timed.length / size }, (_, view) =>
      timed.slice(view * size, (view + 1) * size),
    );
    if (areEqualBrackets(views)) return views.map((view) => view.map(({ hash }) => hash));
  }
  return undefined;
}

/** Whether each is a bracket, and all are of about the same steps: an automatic camera may choose another exposure for each view to begin with. */
function areEqualBrackets(views: readonly (readonly Timed[])[]): boolean {
  const [first = []] = views;
  return views.every((view) =>
    view.every((photo, index) => {
      const before = view.slice(0, index);
      const step = photo.stops - (view[0]?.stops ?? 0);
      const asked = (first[index]?.stops ?? 0) - (first[0]?.stops ?? 0);
      return (
        before.every((other) => Math.abs(other.stops - photo.stops) >= leastStops) &&
        before.every((other) => isOneSetting(other, photo)) &&
        Math.abs(step - asked) < leastStops
      );
    }),
  );
}

/** Those whose time and exposure are known, in the order of their times. */
function inTime(photos: readonly GroupedPhoto[]): readonly Timed[] {
  return photos
    .flatMap((photo) => {
      const at = Date.parse(photo.takenAt ?? "");
      const stops = stopsOf(photo);
      return Number.isNaN(at) || stops === undefined ? [] : [{ ...photo, at, stops }];
    })
    .toSorted((one, other) => one.at - other.at || (one.hash < other.hash ? -1 : 1));
}

interface Timed extends GroupedPhoto {
  readonly at: number;
  /** Exposure value: log2 of the light that the picture got. */
  readonly stops: number;
}

function stopsOf({ exposureSeconds, aperture, iso }: GroupedPhoto): number | undefined {
  if (exposureSeconds === undefined) return undefined;
  return Math.log2((exposureSeconds * (iso ?? 100)) / (aperture ?? 8) ** 2);
}

/** Runs of photos that could be one bracket: quick succession, one lens setting, exposures that do not repeat. Single photos stay alone. */
function splitBrackets(photos: readonly Timed[]): readonly (readonly Timed[])[] {
  const runs: Timed[][] = [];
  for (const photo of photos) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const goesOn =
      run !== undefined &&
      last !== undefined &&
      run.length < maxBracket &&
      isOneSetting(last, photo) &&
      photo.at - last.at - (last.exposureSeconds ?? 0) * 1000 <= bracketGapMs &&
      run.every(({ stops }) => Math.abs(stops - photo.stops) >= leastStops);
    if (goesOn) run.push(photo);
    else runs.push([photo]);
  }
  return runs;
}

function isOneSetting(one: Timed, other: Timed): boolean {
  return (
    one.camera === other.camera &&
    one.width === other.width &&
    one.height === other.height &&
    one.focalLength === other.focalLength
  );
}

/** Neighbours that look alike (single photos of one exposure, or brackets of the same steps) are the views of a panorama. */
function joinPanoramas(runs: readonly (readonly Timed[])[]): readonly FoundGroup[] {
  const groups: FoundGroup[] = [];
  for (let at = 0; at < runs.length;) {
    let end = at + 1;
    while (end < runs.length && isNextView(runs[end - 1], runs[end])) end += 1;
    const views = runs.slice(at, end);
    const first = views[0] ?? [];
    const hashes = views.flat().map(({ hash }) => hash);
    if (views.length > 1)
      groups.push({ kind: first.length > 1 ? "hdr-panorama" : "panorama", photos: hashes });
    else if (first.length > 1) groups.push({ kind: "bracket", photos: hashes });
    at = end;
  }
  return groups;
}

/** Panoramas are shot at one exposure, or nearly: an automatic camera varies by a stop and a half as it turns. */
const mostStopsBetweenViews = 1.5;

function isNextView(before: readonly Timed[] | undefined, after: readonly Timed[] | undefined): boolean {
  const last = before?.at(-1);
  const first = after?.[0];
  if (before === undefined || after === undefined || last === undefined || first === undefined) return false;
  if (before.length !== after.length || !isOneSetting(last, first)) return false;
  if (first.at - last.at > panoramaGapMs) return false;
  return before.every(
    (photo, index) => Math.abs(photo.stops - (after[index]?.stops ?? Infinity)) <= mostStopsBetweenViews,
  );
}
