import { useState } from "react";
import type { ObjectDetail } from "#api/objects.ts";
import { Button } from "#console/kit/button.tsx";
import { cx } from "#console/kit/class-names.ts";
import { State, StateMark, type Tone } from "#console/kit/state.tsx";
import { countOf, formatBytes } from "#console/lib/format.ts";
import { shardHealth } from "#console/lib/shard-health.ts";

/** Extents drawn before somebody asks for all of them. */
const usualExtents = 6;

const looks = {
  good: { tone: "good", className: "border-good" },
  missing: { tone: "bad", className: "border-bad" },
  damaged: { tone: "bad", className: "border-bad" },
  unknown: { tone: "rest", className: "border-line-strong" },
} as const satisfies Record<string, { tone: Tone; className: string }>;

/** Each extent with a tile for each shard: on which drive it lies, and what was found there. */
export function ShardMap(props: { readonly object: ObjectDetail }) {
  const { extents, storedAs } = props.object;
  const [all, setAll] = useState(false);
  if (extents.length === 0) return <p className="text-dim">It is empty: there is nothing to store.</p>;
  const { tone, text } = shardHealth(extents);
  const shown = all ? extents : extents.slice(0, usualExtents);
  return (
    <div className="flex w-full flex-col gap-3">
      <State tone={tone} className="whitespace-normal">
        {text}
      </State>
      {shown.map((extent, at) => (
        <div key={extent.id} className="flex flex-col gap-1.5">
          <p className="text-xs text-dim tabular">
            {storedAs === "inline"
              ? `In the journal, ${countOf(extent.shards.length, "copy", "copies")}`
              : `Extent ${at + 1} of ${extents.length} · ${formatBytes(extent.size)} · ${extent.k} data + ${extent.m} parity`}
          </p>
          <ul className="grid grid-cols-[repeat(auto-fill,minmax(7rem,1fr))] gap-1.5">
            {extent.shards.map((shard) => (
              <Tile key={shard.shard} shard={shard} k={extent.k} isCopy={storedAs === "inline"} />
            ))}
          </ul>
        </div>
      ))}
      {shown.length < extents.length && (
        <Button onClick={() => setAll(true)}>{`Show all ${countOf(extents.length, "extent")}`}</Button>
      )}
    </div>
  );
}

function Tile(props: {
  readonly shard: ObjectDetail["extents"][number]["shards"][number];
  readonly k: number;
  readonly isCopy: boolean;
}) {
  const { shard, k, isCopy } = props;
  const { tone, className } = looks[shard.state];
  const role = isCopy
    ? "copy"
    : shard.shard < k
      ? `data ${shard.shard + 1}`
      : `parity ${shard.shard - k + 1}`;
  return (
    <li className={cx("rounded-sm border-l-2 bg-sunken px-2 py-1 text-xs", className)}>
      <span className="flex items-center gap-1.5 text-ink">
        <StateMark tone={tone} />
        {shard.drive < 0 ? "nowhere" : `Drive ${shard.drive}`}
      </span>
      <span className="block text-dim">{`${role} · ${shard.state === "unknown" ? "not checked" : shard.state}`}</span>
    </li>
  );
}
