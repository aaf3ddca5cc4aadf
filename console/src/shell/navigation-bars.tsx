import { Ellipsis } from "lucide-react";
import { NavLink, useNavigate } from "react-router";
import type { Me } from "#api/accounts.ts";
import { feedState } from "#console/data/feed-control.ts";
import { useSignInMethods } from "#console/data/queries.ts";
import { cx } from "#console/kit/class-names.ts";
import { Wordmark } from "#console/kit/glyph.tsx";
import { Menu, MenuItem } from "#console/kit/menu.tsx";
import { State } from "#console/kit/state.tsx";
import { useStore } from "#console/lib/store.ts";
import { placesFor, type Place } from "#console/shell/navigation.ts";

const groups = [
  { id: "work", title: "Data center" },
  { id: "watch", title: "What happens" },
  { id: "access", title: "Access" },
] as const;

export function Sidebar(props: { readonly me: Me }) {
  const methods = useSignInMethods();
  const places = placesFor(props.me);
  return (
    <nav
      aria-label="Main"
      className="sticky top-0 flex h-dvh flex-col gap-6 overflow-y-auto border-r border-line bg-ground px-3 py-4 max-md:hidden"
    >
      <NavLink to="/" className="flex h-8 items-center px-2.5">
        <Wordmark {...(methods.data === undefined ? {} : { name: methods.data.dataCenter })} />
        <span className="sr-only">, overview</span>
      </NavLink>
      <div className="flex flex-col gap-5">
        {groups.map((group) => (
          <div key={group.id}>
            <p className="mb-1 px-2.5 text-xs text-faint" id={`nav-${group.id}`}>
              {group.title}
            </p>
            <ul aria-labelledby={`nav-${group.id}`} className="flex flex-col gap-px">
              {places
                .filter((place) => place.group === group.id)
                .map((place) => (
                  <li key={place.to}>
                    <SideLink place={place} />
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </div>
      <LineState />
    </nav>
  );
}

const lineStates = {
  connecting: { tone: "rest", text: "Connecting" },
  live: { tone: "good", text: "Live" },
  lost: { tone: "warn", text: "Reconnecting" },
} as const;

/** Whether the page follows the data center right now. The banner speaks; this is only seen. */
function LineState() {
  const state = lineStates[useStore(feedState)];
  return (
    <p
      className="mt-auto px-2.5 text-xs text-faint"
      title="Whether this page follows the data center by itself"
    >
      <State tone={state.tone}>{state.text}</State>
    </p>
  );
}

function SideLink(props: { readonly place: Place }) {
  const { to, label, icon: Icon } = props.place;
  return (
    <NavLink
      to={to}
      end={to === "/"}
      className={({ isActive }) =>
        cx(
          "relative flex h-8 items-center gap-2.5 rounded-md px-2.5 transition-colors coarse:h-10",
          isActive
            ? "bg-hover font-medium text-ink before:absolute before:inset-y-2 before:-left-3 before:w-0.5 before:rounded-full before:bg-accent"
            : "text-dim hover:bg-hover hover:text-ink",
        )
      }
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden="true" className="shrink-0" />
      {label}
    </NavLink>
  );
}

/** Places beside "More" in the bar of narrow pages. */
const barPlaces = 4;

export function BottomBar(props: { readonly me: Me }) {
  const navigate = useNavigate();
  const places = placesFor(props.me);
  const rest = places.slice(barPlaces);
  const item =
    "flex h-14 w-full flex-col items-center justify-center gap-1 text-2xs transition-colors focus-visible:-outline-offset-2";
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <ul className="mx-auto grid max-w-xl auto-cols-fr grid-flow-col">
        {places.slice(0, barPlaces).map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <NavLink
              to={to}
              end={to === "/"}
              className={({ isActive }) => cx(item, isActive ? "font-medium text-accent" : "text-dim")}
            >
              <Icon size={20} strokeWidth={1.75} aria-hidden="true" />
              {label}
            </NavLink>
          </li>
        ))}
        {rest.length > 0 && (
          <li>
            <Menu
              side="top"
              trigger={
                <button type="button" className={cx(item, "text-dim")}>
                  <Ellipsis size={20} strokeWidth={1.75} aria-hidden="true" />
                  More
                </button>
              }
            >
              {rest.map(({ to, label, icon: Icon }) => (
                <MenuItem
                  key={to}
                  icon={<Icon size={16} strokeWidth={1.75} aria-hidden="true" />}
                  onClick={() => void navigate(to)}
                >
                  {label}
                </MenuItem>
              ))}
            </Menu>
          </li>
        )}
      </ul>
    </nav>
  );
}
