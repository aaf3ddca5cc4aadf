import { useState } from "react";
import type { Package } from "#console/data/app-queries.ts";
import { cx } from "#console/kit/class-names.ts";
import { blobAddress } from "#console/lib/app-view.ts";

/** The package's icon, or its first letter where it has none or the file cannot be shown. Beside a name, so it says nothing itself. */
export function PackageIcon(props: {
  readonly of: Package | undefined;
  readonly name: string;
  readonly className?: string;
}) {
  const [broken, setBroken] = useState(false);
  const icon = props.of?.spec.presentation.icon;
  const size = cx("shrink-0 rounded-md", props.className ?? "size-8");
  if (props.of === undefined || icon === undefined || broken)
    return (
      <span
        aria-hidden="true"
        className={cx(size, "grid place-items-center bg-sunken text-sm font-semibold text-dim uppercase")}
      >
        {props.name.slice(0, 1)}
      </span>
    );
  return <img src={blobAddress(props.of, icon)} alt="" className={size} onError={() => setBroken(true)} />;
}
