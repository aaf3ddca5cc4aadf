import { NavLink } from "react-router";
import { cx } from "#console/kit/class-names.ts";

/** Tabs that are pages: each has its address. */
export function Tabs(props: {
  readonly label: string;
  readonly items: readonly { readonly to: string; readonly label: string; readonly end?: boolean }[];
}) {
  return (
    <nav aria-label={props.label} className="-mt-2 overflow-x-auto border-b border-line">
      <ul className="flex gap-1">
        {props.items.map((item) => (
          <li key={item.to}>
            <NavLink
              to={item.to}
              end={item.end === true}
              className={({ isActive }) =>
                cx(
                  "flex h-10 items-center border-b-2 px-3 whitespace-nowrap transition-colors focus-visible:-outline-offset-2",
                  isActive
                    ? "border-accent font-medium text-ink"
                    : "border-transparent text-dim hover:text-ink",
                )
              }
            >
              {item.label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
