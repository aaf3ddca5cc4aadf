import { picture } from "./art.ts";
import { getObject, placeFrom, putIfAbsent } from "./s3.ts";
import { stories, type Story } from "./stories.ts";

/**
 * The pictures of the paper lie in its bucket, one object for each story: put another there (in the console, or with `vdc object put`), and the paper prints that one.
 * Without a bucket, or while it cannot be reached, each copy draws them itself.
 */
const place = placeFrom(process.env);
const maxShownBytes = 8 * 1024 * 1024;

/** Types that a page may show; anything else in the bucket is not printed. */
const shown = new Set(["image/svg+xml", "image/png", "image/jpeg", "image/webp", "image/avif"]);

const keyOf = (story: Story) => `pictures/${story.slug}`;

/** Fills the bucket at the start; what is there already stays. */
export async function hangPictures(): Promise<void> {
  if (place === undefined) return;
  for (const story of stories) await putIfAbsent(place, keyOf(story), "image/svg+xml", picture(story).text);
}

export async function pictureOf(story: Story): Promise<{ readonly type: string; readonly body: Buffer }> {
  const drawn = { type: "image/svg+xml", body: Buffer.from(picture(story).text) };
  if (place === undefined) return drawn;
  try {
    const kept = await getObject(place, keyOf(story));
    return kept !== undefined && shown.has(kept.type) && kept.body.length <= maxShownBytes ? kept : drawn;
  } catch (error) {
    console.error("the bucket was not reached", error);
    return drawn;
  }
}
